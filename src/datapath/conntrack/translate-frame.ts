import type { FlowKey } from "#flow/key.js";
import { W } from "#flow/layout.js";
import { put16, put32, u16, u32 } from "#util/big-endian.js";
import { finishSum, patchChecksum16, patchChecksum32, pseudoSum6, sumBytes } from "#wire/checksum.js";
import { IpProtocol } from "#wire/ip-protocol.js";
import { VNET_NEEDS_CSUM } from "#wire/virtio-net.js";
import type { Frame } from "../userspace/frames/frame.js";
import { type Rewrite, type RewriteLayer, rewrite } from "../userspace/frames/rewrite.js";
import { PORTS } from "./connection-layout.js";
import { replaceBytes } from "./replace-bytes.js";
import type { TrackedPacket } from "./tracked-packet.js";
import { isIcmp, TUPLE_ID, type Tuple } from "./tuple.js";

/** A change of `count` 16-bit words of a header from `offset` on, whose values are set before each use. */
function changeOf(layer: RewriteLayer, offset: number, count: number): Rewrite {
  const words = new Uint16Array(count * 3);
  for (let i = 0; i < count; i++) {
    words[3 * i] = offset + 2 * i;
    words[3 * i + 2] = 0xffff;
  }
  return { layer, words, end: offset + 2 * count };
}

const sides = [0, 1] as const;
const ipv4 = sides.map((side) => changeOf("ipv4", 12 + 4 * side, 2));
const ipv6 = sides.map((side) => changeOf("ipv6", 8 + 16 * side, 8));
const tcp = sides.map((side) => changeOf("tcp", 2 * side, 1));
const udp = sides.map((side) => changeOf("udp", 2 * side, 1));
const icmpId = changeOf("icmp", 4, 1);
const icmpv6Id = changeOf("icmpv6", 4, 1);

/** Gives a packet the addresses of `to` (a tuple at `at` of `words`), on one side: 0 source, 1 destination; and its key. */
export function translateAddress(
  frame: Frame,
  key: FlowKey,
  p: TrackedPacket,
  side: 0 | 1,
  words: Uint32Array,
  at: number,
): void {
  const from = at + 4 * side;
  if ((p.tuple[TUPLE_ID]! & 1) === 0) {
    const word = side === 0 ? W.nwSrc : W.nwDst;
    const address = words[from]!;
    if (key[word] === address) return;
    const change = ipv4[side]!;
    change.words[1] = address >>> 16;
    change.words[4] = address;
    rewrite(frame, change);
    key[word] = address;
    return;
  }
  const word = side === 0 ? W.ipv6Src : W.ipv6Dst;
  const change = ipv6[side]!;
  let differs = false;
  for (let i = 0; i < 4; i++) {
    const value = words[from + i]!;
    if (key[word + i] !== value) differs = true;
    key[word + i] = value;
    change.words[6 * i + 1] = value >>> 16;
    change.words[6 * i + 4] = value;
  }
  if (differs) rewrite(frame, change);
}

/** Gives a packet the addresses and ports of the tuple at `at` of `words`; and its key. */
export function translatePacket(frame: Frame, key: FlowKey, p: TrackedPacket, words: Uint32Array, at: number): void {
  translateAddress(frame, key, p, 0, words, at);
  translateAddress(frame, key, p, 1, words, at);
  const ports = words[at + PORTS]!;
  if (isIcmp(p.protocol)) {
    if (p.tuple[PORTS]! >>> 16 === ports >>> 16) return;
    const change = p.protocol === IpProtocol.icmp ? icmpId : icmpv6Id;
    change.words[1] = ports >>> 16;
    rewrite(frame, change);
    return;
  }
  if (key[W.tp] === ports || (p.protocol !== IpProtocol.tcp && p.protocol !== IpProtocol.udp)) return;
  const changes = p.protocol === IpProtocol.tcp ? tcp : udp;
  if ((key[W.tp]! ^ ports) >>> 16 !== 0) {
    changes[0]!.words[1] = ports >>> 16;
    rewrite(frame, changes[0]!);
  }
  if (((key[W.tp]! ^ ports) & 0xffff) !== 0) {
    changes[1]!.words[1] = ports;
    rewrite(frame, changes[1]!);
  }
  key[W.tp] = ports;
}

/** Gives the packet that an ICMP error is about the addresses and ports of `inner`, with all checksums. The frame gets memory of its own. */
export function translateInner(frame: Frame, p: TrackedPacket, inner: Tuple): void {
  const b = frame.bytes();
  const offload = frame.offload;
  const isIpv4 = (p.tuple[TUPLE_ID]! & 1) === 0;
  const protocol = (inner[TUPLE_ID]! >>> 8) & 0xff;
  const l4 = innerTransport(b, p.inner, isIpv4);
  const checksum = l4 + checksumOffset(protocol);
  const isCovered = checksum + 2 <= p.end && !(protocol === IpProtocol.udp && u16(b, checksum) === 0) && checksum > l4;
  const put = (at: number, value: number, inPseudoHeader: boolean): void => {
    const old = u32(b, at);
    put32(b, at, value);
    if (isIpv4 && inPseudoHeader) patchChecksum32(b, p.inner + 10, old, value);
    if (isCovered && (!inPseudoHeader || protocol !== IpProtocol.icmp)) patchChecksum32(b, checksum, old, value);
  };
  const words = isIpv4 ? 1 : 4;
  for (let side = 0; side < 2; side++) {
    const at = p.inner + (isIpv4 ? 12 + 4 * side : 8 + 16 * side);
    for (let i = 0; i < words; i++) put(at + 4 * i, inner[4 * side + i]!, true);
  }
  if (protocol === IpProtocol.tcp || protocol === IpProtocol.udp) put(l4, inner[PORTS]!, false);
  else if (isIcmp(protocol)) {
    const old = u16(b, l4 + 4);
    put16(b, l4 + 4, inner[PORTS]! >>> 16);
    if (isCovered) patchChecksum16(b, checksum, old, inner[PORTS]! >>> 16);
  }
  const isPartial = (offload.flags & VNET_NEEDS_CSUM) !== 0 && offload.csumStart === p.l4;
  if (!isPartial) {
    put16(b, p.l4 + 2, 0);
    const pseudo = isIpv4 ? 0 : pseudoSum6(b, p.l3, IpProtocol.icmpv6, p.end - p.l4);
    put16(b, p.l4 + 2, finishSum(sumBytes(b, p.l4, p.end, pseudo)));
  }
  replaceBytes(frame, b);
}

function checksumOffset(protocol: number): number {
  if (protocol === IpProtocol.tcp) return 16;
  if (protocol === IpProtocol.udp) return 6;
  return isIcmp(protocol) ? 2 : 0;
}

function innerTransport(b: Uint8Array, at: number, isIpv4: boolean): number {
  if (isIpv4) return at + (b[at]! & 15) * 4;
  let protocol = b[at + 6]!;
  let l4 = at + 40;
  for (let i = 0; i < 8 && [0, 43, 60, 44].includes(protocol); i++) {
    const size = protocol === 44 ? 8 : (b[l4 + 1]! + 1) * 8;
    protocol = b[l4]!;
    l4 += size;
  }
  return l4;
}
