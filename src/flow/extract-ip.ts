import { i32, u16 } from "#util/big-endian.js";
import { IpProtocol } from "#wire/ip-protocol.js";
import { IPV4_MF, IPV4_OFFSET, ipv4Fault, ipv4Fragment, ipv4HeaderLength, ipv4TotalLength } from "#wire/ipv4.js";
import {
  IPV6_FRAGMENT_OFFSET,
  IPV6_HEADER,
  ipv6ExtensionLength,
  ipv6Fault,
  ipv6Fragment,
  ipv6PayloadLength,
  isIpv6Extension,
} from "#wire/ipv6.js";
import { ExtractFault } from "./extract-fault.js";
import { extractTransport } from "./extract-transport.js";
import type { FlowKey } from "./key.js";
import type { Layers } from "./layers.js";
import { FRAG_ANY, FRAG_LATER, W } from "./layout.js";

/** An IPv4 packet from `at`; one whose lengths do not fit together has no layer 3 words at all. */
export function extractIpv4(b: Uint8Array, at: number, end: number, key: FlowKey, layers: Layers): number {
  if (ipv4Fault(b, at, end) !== 0) return ExtractFault.ipv4;
  const proto = b[at + 9]!;
  const fragment = ipv4Fragment(b, at);
  let frag = 0;
  if ((fragment & (IPV4_MF | IPV4_OFFSET)) !== 0) {
    frag = (fragment & IPV4_OFFSET) !== 0 ? FRAG_ANY | FRAG_LATER : FRAG_ANY;
  }
  key[W.nwSrc] = i32(b, at + 12);
  key[W.nwDst] = i32(b, at + 16);
  key[W.nw] = (frag << 24) | (b[at + 1]! << 16) | (b[at + 8]! << 8) | proto;
  layers.end = at + ipv4TotalLength(b, at);
  layers.proto = proto;
  if ((frag & FRAG_LATER) !== 0) return ExtractFault.none;
  return extractTransport(b, at + ipv4HeaderLength(b, at), layers.end, proto, key, layers);
}

/** An IPv6 packet from `at`; where extension headers are truncated only its addresses are known. */
export function extractIpv6(b: Uint8Array, at: number, end: number, key: FlowKey, layers: Layers): number {
  if (ipv6Fault(b, at, end) !== 0) return ExtractFault.ipv6;
  for (let i = 0; i < 8; i++) key[W.ipv6Src + i] = i32(b, at + 8 + 4 * i);
  const limit = at + IPV6_HEADER + ipv6PayloadLength(b, at);
  layers.end = limit;
  let proto = b[at + 6]!;
  let next = at + IPV6_HEADER;
  let frag = 0;
  while (isIpv6Extension(proto)) {
    if (limit - next < 8) return ExtractFault.ipv6Extension;
    const length = ipv6ExtensionLength(b, next, proto);
    if (length > limit - next) return ExtractFault.ipv6Extension;
    const kind = proto;
    proto = b[next]!;
    if (kind === IpProtocol.fragment) {
      const offset = ipv6Fragment(b, next);
      if (offset !== 0) {
        frag = FRAG_ANY;
        if ((offset & IPV6_FRAGMENT_OFFSET) !== 0) {
          frag = FRAG_ANY | FRAG_LATER;
          // What a later fragment goes on with is not the header its next-header field names.
          proto = IpProtocol.fragment;
        }
      }
    }
    next += length;
    if ((frag & FRAG_LATER) !== 0) break;
  }
  const trafficClass = (u16(b, at) >>> 4) & 0xff;
  key[W.ipv6Label] = i32(b, at) & 0x000fffff;
  key[W.nw] = (frag << 24) | (trafficClass << 16) | (b[at + 7]! << 8) | proto;
  layers.proto = proto;
  if ((frag & FRAG_LATER) !== 0) return ExtractFault.none;
  return extractTransport(b, next, limit, proto, key, layers);
}
