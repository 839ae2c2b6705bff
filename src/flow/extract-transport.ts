import { i32, u16 } from "#util/big-endian.js";
import { IpProtocol } from "#wire/ip-protocol.js";
import { ND_OPTION_SLL, ND_OPTION_TLL, NEIGHBOUR_ADVERT, NEIGHBOUR_SOLICIT } from "#wire/nd.js";
import {
  ICMP_HEADER,
  IGMP_HEADER,
  SCTP_HEADER,
  tcpFault,
  tcpFlags,
  tcpHeaderLength,
  UDP_HEADER,
} from "#wire/transport.js";
import { ExtractFault } from "./extract-fault.js";
import type { FlowKey } from "./key.js";
import type { Layers } from "./layers.js";
import { W } from "./layout.js";

/**
 * The transport header at `at`, of an unfragmented packet or a first fragment. A truncated one leaves its words 0. The version of
 * IP before it makes no difference: ICMP in IPv6 is read too, as upstream does, though no match can name its fields.
 */
export function extractTransport(
  b: Uint8Array,
  at: number,
  end: number,
  proto: number,
  key: FlowKey,
  layers: Layers,
): number {
  layers.l4 = at;
  const size = end - at;
  if (proto === IpProtocol.tcp) {
    if (tcpFault(b, at, end) !== 0) return ExtractFault.transport;
    key[W.tp] = i32(b, at);
    key[W.l4] = tcpFlags(b, at);
    layers.payload = at + tcpHeaderLength(b, at);
    return ExtractFault.none;
  }
  if (proto === IpProtocol.udp) {
    if (size < UDP_HEADER) return ExtractFault.transport;
    key[W.tp] = i32(b, at);
    layers.payload = at + UDP_HEADER;
    return ExtractFault.none;
  }
  if (proto === IpProtocol.icmpv6) return extractIcmpv6(b, at, end, key, layers);
  return extractOther(b, at, size, proto, key, layers);
}

function extractOther(b: Uint8Array, at: number, size: number, proto: number, key: FlowKey, layers: Layers): number {
  if (proto === IpProtocol.sctp) {
    if (size < SCTP_HEADER) return ExtractFault.transport;
    key[W.tp] = i32(b, at);
    layers.payload = at + SCTP_HEADER;
  } else if (proto === IpProtocol.icmp) {
    if (size < ICMP_HEADER) return ExtractFault.transport;
    key[W.tp] = (b[at]! << 16) | b[at + 1]!;
    layers.payload = at + ICMP_HEADER;
  } else if (proto === IpProtocol.igmp) {
    if (size < IGMP_HEADER) return ExtractFault.transport;
    key[W.tp] = (b[at]! << 16) | b[at + 1]!;
    key[W.igmpGroup] = i32(b, at + 4);
    layers.payload = at + IGMP_HEADER;
  }
  return ExtractFault.none;
}

function extractIcmpv6(b: Uint8Array, at: number, end: number, key: FlowKey, layers: Layers): number {
  if (end - at < ICMP_HEADER) return ExtractFault.transport;
  const type = b[at]!;
  key[W.tp] = (type << 16) | b[at + 1]!;
  layers.payload = at + ICMP_HEADER;
  if (b[at + 1] !== 0 || (type !== NEIGHBOUR_SOLICIT && type !== NEIGHBOUR_ADVERT)) return ExtractFault.none;
  return extractNd(b, at, end, key);
}

/**
 * Reserved word, target, link-layer address options and the type of the first of them. An address given twice makes target and
 * addresses void; a malformed option only ends the reading.
 */
function extractNd(b: Uint8Array, at: number, end: number, key: FlowKey): number {
  key[W.igmpGroup] = i32(b, at + 4);
  if (end - at < 24) return ExtractFault.nd;
  for (let i = 0; i < 4; i++) key[W.ndTarget + i] = i32(b, at + 8 + 4 * i);
  let next = at + 24;
  while (end - next >= 8) {
    const kind = b[next]!;
    const length = b[next + 1]! << 3;
    if (length === 0 || length > end - next) return ExtractFault.nd;
    if (length === 8 && (kind === ND_OPTION_SLL || kind === ND_OPTION_TLL) && key[W.l4] === 0) key[W.l4] = kind << 16;
    if (length === 8 && kind === ND_OPTION_SLL) {
      if ((key[W.arpHw]! | (key[W.arpHw + 1]! >>> 16)) !== 0) return voidNd(key);
      key[W.arpHw] = i32(b, next + 2);
      key[W.arpHw + 1] = (key[W.arpHw + 1]! & 0xffff) | (u16(b, next + 6) << 16);
    } else if (length === 8 && kind === ND_OPTION_TLL) {
      if (((key[W.arpHw + 1]! & 0xffff) | key[W.arpHw + 2]!) !== 0) return voidNd(key);
      key[W.arpHw + 1] = (key[W.arpHw + 1]! & 0xffff0000) | u16(b, next + 2);
      key[W.arpHw + 2] = i32(b, next + 4);
    }
    next += length;
  }
  return ExtractFault.none;
}

function voidNd(key: FlowKey): number {
  for (let i = W.ndTarget; i < W.l4; i++) key[i] = 0;
  return ExtractFault.nd;
}
