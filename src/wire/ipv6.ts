import { u16 } from "#util/big-endian.js";
import { IpProtocol } from "./ip-protocol.js";

export const IPV6_HEADER = 40;

const MAX_PADDING = 0xffff;

/** 0 where an IPv6 header lies within [at, end) and its payload too; 1 header, 2 payload length. */
export function ipv6Fault(b: Uint8Array, at: number, end: number): number {
  const size = end - at - IPV6_HEADER;
  if (size < 0) return 1;
  const payload = ipv6PayloadLength(b, at);
  return payload > size || size - payload > MAX_PADDING ? 2 : 0;
}

/** Bytes after the fixed header. */
export function ipv6PayloadLength(b: Uint8Array, at: number): number {
  return u16(b, at + 4);
}

/** True of extension headers that are skipped on the way to the transport header. */
export function isIpv6Extension(next: number): boolean {
  return (
    next === IpProtocol.hopByHop ||
    next === IpProtocol.routing ||
    next === IpProtocol.destinationOptions ||
    next === IpProtocol.ah ||
    next === IpProtocol.fragment
  );
}

/** Bytes of the extension header of type `kind` at `at`, of which the first two bytes must be there. */
export function ipv6ExtensionLength(b: Uint8Array, at: number, kind: number): number {
  if (kind === IpProtocol.fragment) return 8;
  return kind === IpProtocol.ah ? (b[at + 1]! + 2) << 2 : (b[at + 1]! + 1) << 3;
}

/** Offset (in units of 8 bytes, shifted left by 3), reserved bits and the M bit of a fragment header at `at`. */
export function ipv6Fragment(b: Uint8Array, at: number): number {
  return u16(b, at + 2);
}

export const IPV6_FRAGMENT_OFFSET = 0xfff8;
