import { u16 } from "#util/big-endian.js";

/** Bytes of a header without options. */
export const IPV4_HEADER = 20;

/** Bits of the flags and offset field: more fragments, the offset. */
export const IPV4_MF = 0x2000;
export const IPV4_OFFSET = 0x1fff;

/** The largest number of bytes after a datagram that still count as the link's padding. */
const MAX_PADDING = 0xffff;

/**
 * 0 where an IPv4 header with its options lies within [at, end) and its lengths agree with each other; else which does not:
 * 1 header, 2 header length, 3 total length.
 */
export function ipv4Fault(b: Uint8Array, at: number, end: number): number {
  const size = end - at;
  if (size < IPV4_HEADER) return 1;
  const header = ipv4HeaderLength(b, at);
  if (header < IPV4_HEADER || header > size) return 2;
  const total = ipv4TotalLength(b, at);
  return total < header || total > size || size - total > MAX_PADDING ? 3 : 0;
}

/** Bytes of the header, options included. */
export function ipv4HeaderLength(b: Uint8Array, at: number): number {
  return (b[at]! & 0x0f) << 2;
}

/** Bytes of header and payload. */
export function ipv4TotalLength(b: Uint8Array, at: number): number {
  return u16(b, at + 2);
}

/** Flags and fragment offset, as on the wire. */
export function ipv4Fragment(b: Uint8Array, at: number): number {
  return u16(b, at + 6);
}
