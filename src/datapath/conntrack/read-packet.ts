import type { FlowKey } from "#flow/key.js";
import { FRAG_ANY, W } from "#flow/layout.js";
import { u16, u32 } from "#util/big-endian.js";
import { foldSum, sumBytes } from "#wire/checksum.js";
import { IpProtocol } from "#wire/ip-protocol.js";
import { VNET_DATA_VALID, VNET_NEEDS_CSUM } from "#wire/virtio-net.js";
import type { Frame } from "../userspace/frames/frame.js";
import { L3_IPV4, L3_IPV6 } from "../userspace/frames/layers.js";
import { PORTS } from "./connection-layout.js";
import type { TrackedPacket } from "./tracked-packet.js";
import { isIcmpQuery, TUPLE_ID } from "./tuple.js";

/**
 * Reads what connection tracking needs of a packet whose key is `key` into `p`. False where it is nothing to be tracked: no IP, a fragment, a header or a
 * checksum that is wrong.
 */
export function readPacket(frame: Frame, key: FlowKey, zone: number, p: TrackedPacket): boolean {
  const layers = frame.layers;
  if (!layers.valid) layers.locate(frame);
  const isIpv4 = layers.kind === L3_IPV4;
  if ((!isIpv4 && layers.kind !== L3_IPV6) || layers.l4 < 0) return false;
  const word = key[W.nw]!;
  if (word >>> 24 !== 0 && (word >>> 24) & FRAG_ANY) return false;
  const protocol = layers.protocol;
  const l3 = layers.l3;
  // Headers that lie partly in the head are brought together there, so that they can be read from one place.
  const together = Math.min(frame.length, layers.l4 + MOST_TRANSPORT);
  if (frame.headLength > 0 && frame.headLength < together) frame.writable(together);
  const b = frame.headLength > 0 ? frame.head : frame.tail;
  const start = frame.headLength > 0 ? frame.headAt : frame.tailAt;
  const at = start + l3;
  const end = isIpv4 ? l3 + u16(b, at + 2) : l3 + 40 + u16(b, at + 4);
  if (end > frame.length || layers.l4 > end) return false;
  if (isIpv4 && foldSum(sumBytes(b, at, at + (b[at]! & 15) * 4, 0)) !== 0xffff) return false;
  p.protocol = protocol;
  p.l3 = l3;
  p.l4 = layers.l4;
  p.end = end;
  p.inner = -1;
  const t = p.tuple;
  t[TUPLE_ID] = (zone << 16) | (protocol << 8) | (isIpv4 ? 0 : 1);
  t[PORTS] = 0;
  if (isIpv4) {
    t[0] = key[W.nwSrc]!;
    t[4] = key[W.nwDst]!;
    t[1] = t[2] = t[3] = t[5] = t[6] = t[7] = 0;
  } else {
    for (let i = 0; i < 4; i++) {
      t[i] = key[W.ipv6Src + i]!;
      t[4 + i] = key[W.ipv6Dst + i]!;
    }
  }
  return readTransport(frame, b, start + layers.l4, p, isIpv4);
}

/** Bytes of a TCP header at most. */
const MOST_TRANSPORT = 60;

/** Reads the header at `at` of `b`. */
function readTransport(frame: Frame, b: Uint8Array, at: number, p: TrackedPacket, isIpv4: boolean): boolean {
  const size = p.end - p.l4;
  switch (p.protocol) {
    case IpProtocol.tcp:
      return size >= 20 && readTcp(b, at, p) && isChecksumRight(frame, p, isIpv4);
    case IpProtocol.udp: {
      if (size < 8 || u16(b, at + 4) !== size) return false;
      p.tuple[PORTS] = u32(b, at);
      p.payload = p.l4 + 8;
      const isUnchecked = isIpv4 && u16(b, at + 6) === 0;
      return havePorts(p) && (isUnchecked || isChecksumRight(frame, p, isIpv4));
    }
    case IpProtocol.icmp:
      return isIpv4 && size >= 8 && isChecksumRight(frame, p, isIpv4) && readIcmp(b, at, p);
    case IpProtocol.icmpv6:
      return !isIpv4 && size >= 8 && isChecksumRight(frame, p, isIpv4) && readIcmp(b, at, p);
    default:
      return true;
  }
}

function havePorts(p: TrackedPacket): boolean {
  const ports = p.tuple[PORTS]!;
  return ports >>> 16 !== 0 && (ports & 0xffff) !== 0;
}

function readTcp(b: Uint8Array, at: number, p: TrackedPacket): boolean {
  const header = (b[at + 12]! >> 4) * 4;
  if (header < 20 || p.l4 + header > p.end) return false;
  p.tuple[PORTS] = u32(b, at);
  p.sequence = u32(b, at + 4);
  p.acknowledgment = u32(b, at + 8);
  p.flags = b[at + 13]!;
  p.window = u16(b, at + 14);
  p.payload = p.l4 + header;
  p.scale = (p.flags & 2) !== 0 && header > 20 ? scaleOption(b, at + 20, at + header) : -1;
  return havePorts(p);
}

const MOST_SCALE = 14;

/** The window scale option (RFC 7323) among the options, or -1. */
function scaleOption(b: Uint8Array, from: number, end: number): number {
  for (let at = from; at < end; ) {
    const kind = b[at]!;
    if (kind === 0) return -1;
    if (kind === 1) {
      at++;
      continue;
    }
    if (at + 1 >= end) return -1;
    const size = b[at + 1]!;
    if (size < 2 || at + size > end) return -1;
    if (kind === 3 && size === 3) return Math.min(b[at + 2]!, MOST_SCALE);
    at += size;
  }
  return -1;
}

/** ICMP errors (RFC 792, 1122): unreachable, source quench, redirect, time exceeded, parameter problem. */
const ERRORS: ReadonlySet<number> = new Set([3, 4, 5, 11, 12]);
/** RFC 4443: those below 128 that are defined. */
const ERRORS6: ReadonlySet<number> = new Set([1, 2, 3, 4]);

function readIcmp(b: Uint8Array, at: number, p: TrackedPacket): boolean {
  const type = b[at]!;
  p.payload = p.l4 + 8;
  if (isIcmpQuery(p.protocol, type)) {
    p.tuple[PORTS] = (u16(b, at + 4) << 16) | u16(b, at);
    return true;
  }
  if (!(p.protocol === IpProtocol.icmp ? ERRORS : ERRORS6).has(type)) return false;
  p.inner = p.l4 + 8;
  return true;
}

function isChecksumRight(frame: Frame, p: TrackedPacket, isIpv4: boolean): boolean {
  const { flags, csumStart } = frame.offload;
  if ((flags & VNET_DATA_VALID) !== 0 || ((flags & VNET_NEEDS_CSUM) !== 0 && csumStart === p.l4)) return true;
  const size = p.end - p.l4;
  let sum = 0;
  if (p.protocol !== IpProtocol.icmp) {
    sum = p.protocol + (size & 0xffff) + (size >>> 16);
    const t = p.tuple;
    for (let i = 0; i < (isIpv4 ? 1 : 4); i++) {
      sum += (t[i]! >>> 16) + (t[i]! & 0xffff) + (t[4 + i]! >>> 16) + (t[4 + i]! & 0xffff);
    }
  }
  return foldSum(sumFrame(frame, p.l4, p.end, sum)) === 0xffff;
}

/** The running sum of 16-bit words over [at, end) of a frame. */
function sumFrame(frame: Frame, at: number, end: number, sum: number): number {
  const head = frame.headLength;
  if (at >= head) return sumBytes(frame.tail, frame.tailAt + at - head, frame.tailAt + end - head, sum);
  if (end <= head) return sumBytes(frame.head, frame.headAt + at, frame.headAt + end, sum);
  const even = at + ((head - at) & ~1);
  let s = sumBytes(frame.head, frame.headAt + at, frame.headAt + even, sum);
  let rest = even;
  if (even < head) {
    s += frame.u16(even) - (even + 1 < end ? 0 : frame.u8(even + 1));
    rest = even + 2;
  }
  return rest >= end ? s : sumBytes(frame.tail, frame.tailAt + rest - head, frame.tailAt + end - head, s);
}

/**
 * Reads the tuple of the packet that an ICMP error is about: the IP header of the outer packet's family at `p.inner` and the first eight bytes after it.
 * The id has the outer packet's zone. False where it cannot be read.
 */
export function readInner(frame: Frame, p: TrackedPacket, out: Uint32Array): boolean {
  const isIpv4 = (p.tuple[TUPLE_ID]! & 1) === 0;
  const inner = p.inner;
  let protocol: number;
  let l4: number;
  if (isIpv4) {
    if (inner + 20 > p.end || frame.u8(inner) >> 4 !== 4) return false;
    const header = (frame.u8(inner) & 15) * 4;
    if (header < 20 || (frame.u16(inner + 6) & 0x1fff) !== 0) return false;
    protocol = frame.u8(inner + 9);
    l4 = inner + header;
    out.fill(0, 0, 9);
    out[0] = frameU32(frame, inner + 12);
    out[4] = frameU32(frame, inner + 16);
  } else {
    if (inner + 40 > p.end || frame.u8(inner) >> 4 !== 6) return false;
    protocol = frame.u8(inner + 6);
    l4 = inner + 40;
    for (let i = 0; i < 4; i++) {
      out[i] = frameU32(frame, inner + 8 + 4 * i);
      out[4 + i] = frameU32(frame, inner + 24 + 4 * i);
    }
    for (let i = 0; i < 8 && [0, 43, 60, 44].includes(protocol) && l4 + 8 <= p.end; i++) {
      if (protocol === 44 && (frame.u16(l4 + 2) & 0xfff8) !== 0) return false;
      const size = protocol === 44 ? 8 : (frame.u8(l4 + 1) + 1) * 8;
      protocol = frame.u8(l4);
      l4 += size;
    }
  }
  if (l4 + 8 > p.end) return false;
  out[TUPLE_ID] = ((p.tuple[TUPLE_ID]! & 0xffff0000) | (protocol << 8) | (isIpv4 ? 0 : 1)) >>> 0;
  if (protocol === IpProtocol.tcp || protocol === IpProtocol.udp) {
    out[PORTS] = frameU32(frame, l4);
    return true;
  }
  if (protocol === (isIpv4 ? IpProtocol.icmp : IpProtocol.icmpv6)) {
    if (!isIcmpQuery(protocol, frame.u8(l4))) return false;
    out[PORTS] = (frame.u16(l4 + 4) << 16) | frame.u16(l4);
    return true;
  }
  out[PORTS] = 0;
  return true;
}

function frameU32(frame: Frame, at: number): number {
  return ((frame.u16(at) << 16) | frame.u16(at + 2)) >>> 0;
}
