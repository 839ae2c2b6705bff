import { put16, put32, u16, u32 } from "#util/big-endian.js";
import { checksum, finishSum, foldSum, pseudoSum4, pseudoSum6, sumBytes } from "./checksum.js";
import type { Offload } from "./virtio-net.js";

/*
 * Cutting a GSO frame into the frames it stands for, where no virtio_net_hdr can say how: when its segmentation concerns a
 * header inside a tunnel (VXLAN, Geneve, GRE, IP in IP, also nested behind VLAN tags).
 */

const ETH_P_IP = 0x0800;
const ETH_P_IPV6 = 0x86dd;
const ETH_P_8021Q = 0x8100;
const ETH_P_8021AD = 0x88a8;
const IPPROTO_TCP = 6;
const IPPROTO_UDP = 17;
const IPPROTO_GRE = 47;
/** Extension headers that a length follows: hop-by-hop, routing, destination options. */
const IPV6_EXTENSIONS: ReadonlySet<number> = new Set([0, 43, 60]);
const UDP_HEADER = 8;
const TCP_CHECKSUM = 16;
const TCP_FIN_PSH = 0x09;
const TCP_CWR = 0x80;
const GRE_CHECKSUM = 0x80;

/** Where the outermost network header is, or -1 where it is not IP. */
function outerNetwork(b: Uint8Array, at: number): number {
  for (let type = at + 12; ; type += 4) {
    const value = u16(b, type);
    if (value === ETH_P_IP || value === ETH_P_IPV6) return type + 2;
    if (value !== ETH_P_8021Q && value !== ETH_P_8021AD) return -1;
  }
}

/** The protocol and the place of what the IP header at `ip` carries. */
function payloadOf(b: Uint8Array, ip: number): { readonly protocol: number; readonly at: number } {
  if (b[ip]! >> 4 === 4) return { protocol: b[ip + 9]!, at: ip + ((b[ip]! & 0x0f) << 2) };
  let protocol = b[ip + 6]!;
  let at = ip + 40;
  for (let i = 0; i < 8 && IPV6_EXTENSIONS.has(protocol); i++) {
    protocol = b[at]!;
    at += (b[at + 1]! + 1) << 3;
  }
  return { protocol, at };
}

/** True where the frame at `at` is to be cut at a transport header that is not its outermost: within a tunnel. */
export function isEncapsulatedGso(b: Uint8Array, at: number, offload: Readonly<Offload>): boolean {
  const ip = outerNetwork(b, at);
  return ip < 0 || payloadOf(b, ip).at !== at + offload.csumStart;
}

/** The IP header that ends at the transport header `transport` of `protocol`, or -1. */
function innerNetwork(b: Uint8Array, from: number, transport: number, protocol: number): number {
  for (let header = 20; header <= 60; header += 4) {
    const ip = transport - header;
    if (ip >= from && b[ip] === (0x40 | (header >> 2)) && b[ip + 9] === protocol) return ip;
  }
  const ip = transport - 40;
  return ip >= from && b[ip]! >> 4 === 6 && b[ip + 6] === protocol ? ip : -1;
}

/** How a frame is cut: offsets from the frame's start. */
export interface Segmentation {
  readonly isTcp: boolean;
  /** The outermost IP header, -1 for none; and what it carries. */
  readonly outer: number;
  readonly outerProtocol: number;
  readonly outerPayload: number;
  /** The IP header right before the transport header. */
  readonly inner: number;
  readonly transport: number;
  /** Length of everything that is repeated in each segment. */
  readonly headers: number;
  /** Payload bytes of each segment but the last. */
  readonly size: number;
  readonly count: number;
  /**
   * Whether the transport's checksum is left to be filled in later (as in the whole frame), its field holding the pseudo-header's sum.
   * Not so where a checksum of the tunnel covers it.
   */
  readonly leavesChecksum: boolean;
}

/** Finds out how to cut the GSO frame of `length` bytes at `at`; undefined where its headers make no sense. */
export function planSegmentation(
  b: Uint8Array,
  at: number,
  length: number,
  offload: Readonly<Offload>,
): Segmentation | undefined {
  const transport = offload.csumStart;
  const isTcp = offload.csumOffset === TCP_CHECKSUM;
  if (transport + 20 > length || offload.gsoSize === 0) return undefined;
  const headers = transport + (isTcp ? (b[at + transport + 12]! >> 4) << 2 : UDP_HEADER);
  const inner = innerNetwork(b, at + 14, at + transport, isTcp ? IPPROTO_TCP : IPPROTO_UDP);
  if (inner < 0 || headers >= length) return undefined;
  const outer = outerNetwork(b, at);
  const carried = outer < 0 ? { protocol: -1, at } : payloadOf(b, outer);
  return {
    isTcp,
    outer: outer < 0 ? -1 : outer - at,
    outerProtocol: carried.protocol,
    outerPayload: carried.at - at,
    inner: inner - at,
    transport,
    headers,
    size: offload.gsoSize,
    count: Math.ceil((length - headers) / offload.gsoSize),
    leavesChecksum: outer < 0 || outer === inner || !isCovered(b, carried),
  };
}

/** Whether the tunnel's header has a checksum over all that follows. */
function isCovered(b: Uint8Array, tunnel: { readonly protocol: number; readonly at: number }): boolean {
  if (tunnel.protocol === IPPROTO_UDP) return u16(b, tunnel.at + 6) !== 0;
  return tunnel.protocol === IPPROTO_GRE && (b[tunnel.at]! & GRE_CHECKSUM) !== 0;
}

/** Sets the lengths, the identification and the checksum of the IP header at `ip` of a frame that ends at `end`. */
function finishIp(out: Uint8Array, ip: number, end: number, index: number): void {
  if (out[ip]! >> 4 === 6) {
    put16(out, ip + 4, end - ip - 40);
    return;
  }
  put16(out, ip + 2, end - ip);
  put16(out, ip + 4, (u16(out, ip + 4) + index) & 0xffff);
  put16(out, ip + 10, 0);
  put16(out, ip + 10, checksum(out, ip, ip + ((out[ip]! & 0x0f) << 2)));
}

/** Prepares the checksum at `field` of the transport header at `at` for being filled in: its pseudo-header's sum. */
function startChecksum(out: Uint8Array, ip: number, at: number, end: number, protocol: number, field: number): void {
  const pseudo = out[ip]! >> 4 === 6 ? pseudoSum6 : pseudoSum4;
  put16(out, field, foldSum(pseudo(out, ip, protocol, end - at)));
}

/** Fills in the checksum at `field` of the transport header at `at`, over it and its pseudo-header. */
function finishChecksum(out: Uint8Array, ip: number, at: number, end: number, protocol: number, field: number): void {
  put16(out, field, 0);
  const pseudo = out[ip]! >> 4 === 6 ? pseudoSum6 : pseudoSum4;
  const sum = finishSum(sumBytes(out, at, end, pseudo(out, ip, protocol, end - at)));
  put16(out, field, sum === 0 && protocol === IPPROTO_UDP ? 0xffff : sum);
}

/**
 * Writes segment `index` (from 0) of the frame of `length` bytes at `at` to `out` at `to`, every length and checksum filled in but that
 * which the plan leaves, and returns its length: at most `headers + size`.
 */
export function writeSegment(
  b: Uint8Array,
  at: number,
  length: number,
  plan: Segmentation,
  index: number,
  out: Uint8Array,
  to: number,
): number {
  const { headers, size, isTcp } = plan;
  const from = headers + index * size;
  const payload = Math.min(size, length - from);
  out.set(b.subarray(at, at + headers), to);
  out.set(b.subarray(at + from, at + from + payload), to + headers);
  const end = to + headers + payload;
  const transport = to + plan.transport;
  finishIp(out, to + plan.inner, end, index);
  const setChecksum = plan.leavesChecksum ? startChecksum : finishChecksum;
  if (isTcp) {
    put32(out, transport + 4, (u32(out, transport + 4) + index * size) >>> 0);
    if (index > 0) out[transport + 13]! &= ~TCP_CWR;
    if (index < plan.count - 1) out[transport + 13]! &= ~TCP_FIN_PSH;
    setChecksum(out, to + plan.inner, transport, end, IPPROTO_TCP, transport + TCP_CHECKSUM);
  } else {
    put16(out, transport + 4, end - transport);
    setChecksum(out, to + plan.inner, transport, end, IPPROTO_UDP, transport + 6);
  }
  if (plan.outer >= 0 && plan.outer !== plan.inner) finishOuter(out, to, end, plan, index);
  return headers + payload;
}

/** Sets what the tunnel's own headers say of length and checksum. A UDP checksum of 0 means none, and stays. */
function finishOuter(out: Uint8Array, to: number, end: number, plan: Segmentation, index: number): void {
  const ip = to + plan.outer;
  const at = to + plan.outerPayload;
  finishIp(out, ip, end, index);
  if (plan.outerProtocol === IPPROTO_UDP) {
    put16(out, at + 4, end - at);
    if (u16(out, at + 6) !== 0) finishChecksum(out, ip, at, end, IPPROTO_UDP, at + 6);
  } else if (plan.outerProtocol === IPPROTO_GRE && (out[at]! & GRE_CHECKSUM) !== 0) {
    put16(out, at + 4, 0);
    put16(out, at + 4, checksum(out, at, end));
  }
}
