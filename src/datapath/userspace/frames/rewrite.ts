import { crc32c } from "#wire/checksum.js";
import type { Frame } from "./frame.js";
import { L3_ARP, L3_IPV4, L3_IPV6, L3_MPLS } from "./layers.js";

/** Headers that a `set` action changes. */
export type RewriteLayer =
  | "eth"
  | "vlan"
  | "mpls"
  | "nsh"
  | "arp"
  | "ipv4"
  | "ipv6"
  | "tcp"
  | "udp"
  | "sctp"
  | "icmp"
  | "icmpv6"
  | "nd_target"
  | "nd_sll"
  | "nd_tll";

/**
 * One header's change, as triples (offset from the header's start, value, mask) of 16-bit big-endian words: the bits
 * under the mask take the value. Word by word is also how the internet checksum follows.
 */
export interface Rewrite {
  readonly layer: RewriteLayer;
  readonly words: Uint16Array;
  /** End of the changed words, in bytes from the header's start. */
  readonly end: number;
}

const TCP = 6;
const UDP = 17;
const ICMP = 1;
const ICMPV6 = 58;
const SCTP = 132;
const NSH = 0x894f;
const NSH_BASE = 8;

/** Applies a change to a frame, with its checksums. A frame without that header stays as it is. */
export function rewrite(frame: Frame, change: Rewrite): void {
  if (change.layer === "eth") {
    if (frame.writable(12)) edit(frame, 0, change.words);
    return;
  }
  const layers = frame.layers;
  if (!layers.valid) layers.locate(frame);
  switch (change.layer) {
    case "vlan":
      if (layers.tags > 0 && frame.writable(16)) edit(frame, 12, change.words);
      return;
    case "mpls":
      if (layers.kind === L3_MPLS && frame.writable(layers.l3 + 4)) edit(frame, layers.l3, change.words);
      return;
    case "nsh":
      if (layers.etherType === NSH) rewriteNsh(frame, change);
      return;
    case "arp":
      if (layers.kind === L3_ARP && frame.writable(layers.l3 + change.end)) edit(frame, layers.l3, change.words);
      return;
    case "ipv4":
      if (layers.kind === L3_IPV4) rewriteIpv4(frame, change.words);
      return;
    case "ipv6":
      if (layers.kind === L3_IPV6) rewriteIpv6(frame, change.words);
      return;
    case "tcp":
      rewriteTransport(frame, change, TCP, 16);
      return;
    case "udp":
      rewriteTransport(frame, change, UDP, 6);
      return;
    case "sctp":
      rewriteSctp(frame, change);
      return;
    case "icmp":
      if (layers.kind === L3_IPV4) rewriteTransport(frame, change, ICMP, 2);
      return;
    case "icmpv6":
      if (layers.kind === L3_IPV6) rewriteTransport(frame, change, ICMPV6, 2);
      return;
    case "nd_target":
      if (isNeighbourDiscovery(frame)) rewriteNd(frame, layers.l4 + 8, change);
      return;
    case "nd_sll":
    case "nd_tll":
      if (isNeighbourDiscovery(frame)) {
        const option = findNdOption(frame, change.layer === "nd_sll" ? 1 : 2);
        if (option >= 0) rewriteNd(frame, option + 2, change);
      }
      return;
  }
}

/**
 * Changes words of a header at `base` and returns by how much the ones' complement sum over them grew, unfolded: the sum of
 * new + ~old. The bytes must be writable.
 */
function edit(frame: Frame, base: number, words: Uint16Array): number {
  const head = frame.head;
  const start = frame.headAt + base;
  let grown = 0;
  for (let i = 0; i < words.length; i += 3) {
    const at = start + words[i]!;
    const mask = words[i + 2]!;
    const old = (head[at]! << 8) | head[at + 1]!;
    const value = (old & ~mask) | words[i + 1]!;
    head[at] = value >> 8;
    head[at + 1] = value;
    grown += value + (~old & 0xffff);
  }
  return grown;
}

function fold(sum: number): number {
  let s = sum;
  while (s > 0xffff) s = (s & 0xffff) + (s >>> 16);
  return s;
}

/** RFC 1624 equation 3: a checksum after the sum over its data grew. */
function adjusted(checksum: number, grown: number): number {
  return ~fold((~checksum & 0xffff) + grown) & 0xffff;
}

/** The context is there only in metadata of type 1. */
function rewriteNsh(frame: Frame, change: Rewrite): void {
  const { l3 } = frame.layers;
  if (l3 + NSH_BASE > frame.length) return;
  let { words, end } = change;
  if (end > NSH_BASE && frame.u8(l3 + 2) !== 1) {
    words = words.filter((_, i) => words[i - (i % 3)]! < NSH_BASE);
    end = NSH_BASE;
  }
  if (frame.writable(l3 + end)) edit(frame, l3, words);
}

function rewriteIpv4(frame: Frame, words: Uint16Array): void {
  const l3 = frame.layers.l3;
  if (!frame.writable(l3 + 20)) return;
  let pseudo = 0;
  const head = frame.head;
  const base = frame.headAt + l3;
  let grown = 0;
  for (let i = 0; i < words.length; i += 3) {
    const offset = words[i]!;
    const at = base + offset;
    const old = (head[at]! << 8) | head[at + 1]!;
    const value = (old & ~words[i + 2]!) | words[i + 1]!;
    head[at] = value >> 8;
    head[at + 1] = value;
    const delta = value + (~old & 0xffff);
    grown += delta;
    if (offset >= 12) pseudo += delta;
  }
  frame.putU16(l3 + 10, adjusted(frame.u16(l3 + 10), grown));
  if (pseudo !== 0) adjustPseudo(frame, pseudo, false);
}

function rewriteIpv6(frame: Frame, words: Uint16Array): void {
  const l3 = frame.layers.l3;
  if (!frame.writable(l3 + 40)) return;
  const routed = frame.layers.routed;
  const head = frame.head;
  const base = frame.headAt + l3;
  let pseudo = 0;
  for (let i = 0; i < words.length; i += 3) {
    const offset = words[i]!;
    const at = base + offset;
    const old = (head[at]! << 8) | head[at + 1]!;
    const value = (old & ~words[i + 2]!) | words[i + 1]!;
    head[at] = value >> 8;
    head[at + 1] = value;
    if (offset >= 8 && !(routed && offset >= 24)) pseudo += value + (~old & 0xffff);
  }
  if (pseudo !== 0) adjustPseudo(frame, pseudo, true);
}

/** Where the transport's checksum lies, or -1: none, not the first fragment, or cut off. */
function checksumAt(frame: Frame, ipv6: boolean): number {
  const { l4, protocol } = frame.layers;
  if (l4 < 0) return -1;
  const offset = protocol === TCP ? 16 : protocol === UDP ? 6 : protocol === ICMPV6 && ipv6 ? 2 : -1;
  return offset < 0 || l4 + offset + 2 > frame.length ? -1 : l4 + offset;
}

/** True when the checksum at `at` is to be completed by whoever sends the frame: it holds the pseudo header's plain sum. */
function isPartial(frame: Frame, at: number): boolean {
  const o = frame.offload;
  return (o.flags & 1) !== 0 && o.csumStart + o.csumOffset === at;
}

/** Follows a change of addresses in the transport's checksum. */
function adjustPseudo(frame: Frame, grown: number, ipv6: boolean): void {
  const at = checksumAt(frame, ipv6);
  if (at < 0 || !frame.writable(at + 2)) return;
  const old = frame.u16(at);
  if (isPartial(frame, at)) frame.putU16(at, fold(old + grown));
  else putChecksum(frame, at, old, grown);
}

function putChecksum(frame: Frame, at: number, old: number, grown: number): void {
  const isUdp = frame.layers.protocol === UDP;
  if (isUdp && old === 0) return;
  const value = adjusted(old, grown);
  frame.putU16(at, isUdp && value === 0 ? 0xffff : value);
}

function rewriteTransport(frame: Frame, change: Rewrite, protocol: number, checksum: number): void {
  const layers = frame.layers;
  if (layers.l4 < 0 || layers.protocol !== protocol) return;
  const at = layers.l4 + checksum;
  if (!frame.writable(Math.max(at + 2, layers.l4 + change.end))) return;
  const grown = edit(frame, layers.l4, change.words);
  if (!isPartial(frame, at)) putChecksum(frame, at, frame.u16(at), grown);
}

function isNeighbourDiscovery(frame: Frame): boolean {
  const { kind, l4, protocol } = frame.layers;
  if (kind !== L3_IPV6 || protocol !== ICMPV6 || l4 < 0 || l4 + 24 > frame.length) return false;
  const type = frame.u8(l4);
  return (type === 135 || type === 136) && frame.u8(l4 + 1) === 0;
}

function findNdOption(frame: Frame, type: number): number {
  const length = frame.length;
  for (let at = frame.layers.l4 + 24; at + 8 <= length; ) {
    const size = frame.u8(at + 1) * 8;
    if (size === 0 || at + size > length) return -1;
    if (frame.u8(at) === type && size === 8) return at;
    at += size;
  }
  return -1;
}

function rewriteNd(frame: Frame, base: number, change: Rewrite): void {
  const at = frame.layers.l4 + 2;
  if (!frame.writable(base + change.end)) return;
  const grown = edit(frame, base, change.words);
  if (!isPartial(frame, at)) putChecksum(frame, at, frame.u16(at), grown);
}

/** SCTP's checksum is a CRC32c over the whole packet; an error already in it is kept in it. */
function rewriteSctp(frame: Frame, change: Rewrite): void {
  const layers = frame.layers;
  const l4 = layers.l4;
  if (l4 < 0 || layers.protocol !== SCTP || !frame.writable(l4 + 12)) return;
  if (isPartial(frame, l4 + 8)) {
    edit(frame, l4, change.words);
    return;
  }
  const before = sctpCrc(frame, l4);
  edit(frame, l4, change.words);
  const after = sctpCrc(frame, l4);
  const head = frame.head;
  const at = frame.headAt + l4 + 8;
  const wrong = before ^ after;
  for (let i = 0; i < 4; i++) head[at + i]! ^= (wrong >>> (8 * i)) & 255;
}

/** CRC32c of the SCTP packet at `l4` with its checksum field as zero (RFC 9260 appendix A); least significant byte first on the wire. */
function sctpCrc(frame: Frame, l4: number): number {
  const bytes = frame.bytes();
  bytes.fill(0, l4 + 8, l4 + 12);
  return crc32c(bytes, l4, sctpEnd(frame, l4));
}

/** The end of the IP packet, since an Ethernet frame may be padded. */
function sctpEnd(frame: Frame, l4: number): number {
  const { l3, kind } = frame.layers;
  const end = kind === L3_IPV4 ? l3 + frame.u16(l3 + 2) : l3 + 40 + frame.u16(l3 + 4);
  return end <= l4 + 12 || end > frame.length ? frame.length : end;
}
