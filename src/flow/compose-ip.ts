import { put16, put32 } from "#util/big-endian.js";
import { checksum, finishSum, pseudoSum4, pseudoSum6, sumBytes } from "#wire/checksum.js";
import { EtherType } from "#wire/ethernet.js";
import { IpProtocol } from "#wire/ip-protocol.js";
import { IPV4_HEADER, IPV4_MF } from "#wire/ipv4.js";
import { IPV6_HEADER } from "#wire/ipv6.js";
import { ND_OPTION_SLL, ND_OPTION_TLL } from "#wire/nd.js";
import { readFieldBytes, readWords } from "./access.js";
import { field } from "./fields/table.js";
import type { FlowKey } from "./key.js";
import { FRAG_LATER, W } from "./layout.js";

/** Where a composed later fragment lies in its datagram, in units of 8 bytes. */
const LATER_OFFSET = 100;

/** An IPv4 or IPv6 packet of a key, from the IP header on. */
export function composeIp(key: FlowKey, payload: Uint8Array): Uint8Array {
  return key[W.ethType] === EtherType.ipv4 ? composeIpv4(key, payload) : composeIpv6(key, payload);
}

function composeIpv4(key: FlowKey, payload: Uint8Array): Uint8Array {
  const nw = key[W.nw]!;
  const frag = nw >>> 24;
  const later = (frag & FRAG_LATER) !== 0;
  const l4 = later ? payload : transport(key, payload);
  const b = new Uint8Array(IPV4_HEADER + l4.length);
  b[0] = 0x45;
  b[1] = nw >>> 16;
  put16(b, 2, b.length);
  put16(b, 6, frag === 0 ? 0 : later ? IPV4_MF | LATER_OFFSET : IPV4_MF);
  b[8] = nw >>> 8;
  b[9] = nw;
  readWords(key, W.nwSrc, 2, b, 12);
  put16(b, 10, checksum(b, 0, IPV4_HEADER));
  b.set(l4, IPV4_HEADER);
  if (!later) fillChecksum(b, IPV4_HEADER, nw & 0xff, pseudoSum4(b, 0, nw & 0xff, l4.length));
  return b;
}

function composeIpv6(key: FlowKey, payload: Uint8Array): Uint8Array {
  const nw = key[W.nw]!;
  const frag = nw >>> 24;
  const later = (frag & FRAG_LATER) !== 0;
  const l4 = later ? payload : transport(key, payload);
  const start = IPV6_HEADER + (frag === 0 ? 0 : 8);
  const b = new Uint8Array(start + l4.length);
  put32(b, 0, (0x60000000 | (((nw >>> 16) & 0xff) << 20) | (key[W.ipv6Label]! & 0xfffff)) >>> 0);
  put16(b, 4, b.length - IPV6_HEADER);
  b[6] = frag === 0 ? nw : IpProtocol.fragment;
  b[7] = nw >>> 8;
  readWords(key, W.ipv6Src, 8, b, 8);
  if (frag !== 0) {
    b[IPV6_HEADER] = later ? IpProtocol.noNext : nw;
    put16(b, IPV6_HEADER + 2, later ? (LATER_OFFSET << 3) | 1 : 1);
  }
  b.set(l4, start);
  if (!later) fillChecksum(b, start, nw & 0xff, pseudoSum6(b, 0, nw & 0xff, l4.length));
  return b;
}

/** The transport header of a key with its payload; the checksum is left 0. */
function transport(key: FlowKey, payload: Uint8Array): Uint8Array {
  switch (key[W.nw]! & 0xff) {
    case IpProtocol.tcp: {
      const b = ports(key, 20, payload);
      put16(b, 12, 0x5000 | (key[W.l4]! & 0x0fff));
      return b;
    }
    case IpProtocol.udp: {
      const b = ports(key, 8, payload);
      put16(b, 4, b.length);
      return b;
    }
    case IpProtocol.sctp:
      return ports(key, 12, payload);
    case IpProtocol.icmp:
      return typeAndCode(key, 8, payload);
    case IpProtocol.igmp: {
      const b = typeAndCode(key, 8, payload);
      put32(b, 4, key[W.igmpGroup]!);
      return b;
    }
    case IpProtocol.icmpv6:
      return icmpv6(key, payload);
    default:
      return payload;
  }
}

function ports(key: FlowKey, header: number, payload: Uint8Array): Uint8Array {
  const b = new Uint8Array(header + payload.length);
  put32(b, 0, key[W.tp]!);
  b.set(payload, header);
  return b;
}

function typeAndCode(key: FlowKey, header: number, payload: Uint8Array): Uint8Array {
  const b = new Uint8Array(header + payload.length);
  b[0] = key[W.tp]! >>> 16;
  b[1] = key[W.tp]!;
  b.set(payload, header);
  return b;
}

function icmpv6(key: FlowKey, payload: Uint8Array): Uint8Array {
  if (key[W.tp] !== 135 << 16 && key[W.tp] !== 136 << 16) return typeAndCode(key, 8, payload);
  const sll = option(key, "nd_sll", ND_OPTION_SLL);
  const tll = option(key, "nd_tll", ND_OPTION_TLL);
  const options = key[W.l4]! >>> 16 === ND_OPTION_TLL ? [...tll, ...sll] : [...sll, ...tll];
  const b = typeAndCode(key, 24 + options.length, payload);
  put32(b, 4, key[W.igmpGroup]!);
  readWords(key, W.ndTarget, 4, b, 8);
  b.set(options, 24);
  return b;
}

/** A link-layer address option; none for an address of zeros, unless the key says that one is there. */
function option(key: FlowKey, name: string, type: number): number[] {
  const b = new Uint8Array(8);
  b[0] = type;
  b[1] = 1;
  readFieldBytes(key, field(name), b, 2);
  return b.subarray(2).some((x) => x !== 0) || key[W.l4]! >>> 16 === type ? [...b] : [];
}

/** Fills in the checksum of the transport header at `at`, reaching to the end. SCTP's is left 0, as upstream leaves it. */
function fillChecksum(b: Uint8Array, at: number, proto: number, pseudo: number): void {
  const sum = (start: number): number => finishSum(sumBytes(b, at, b.length, start));
  if (proto === IpProtocol.tcp) put16(b, at + 16, sum(pseudo));
  // A UDP checksum of 0 would say that there is none (RFC 768).
  else if (proto === IpProtocol.udp) put16(b, at + 6, sum(pseudo) || 0xffff);
  else if (proto === IpProtocol.icmpv6) put16(b, at + 2, sum(pseudo));
  else if (proto === IpProtocol.icmp || proto === IpProtocol.igmp) put16(b, at + 2, sum(0));
}
