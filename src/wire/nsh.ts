import { u16 } from "#util/big-endian.js";

/** Bytes of the base and service path headers (RFC 8300). */
const NSH_BASE = 8;
/** Bytes of a header with metadata type 1. */
const NSH_MD1 = 24;

/** 0 where a whole header lies within [at, end): 1 too short, 2 version, 3 length, 4 length of metadata type 1. */
export function nshFault(b: Uint8Array, at: number, end: number): number {
  if (end - at < NSH_BASE) return 1;
  if (b[at]! >>> 6 !== 0) return 2;
  const length = nshLength(b, at);
  if (length < NSH_BASE || length > end - at) return 3;
  return nshMdType(b, at) === 1 && length !== NSH_MD1 ? 4 : 0;
}

/** Bytes of the whole header. */
export function nshLength(b: Uint8Array, at: number): number {
  return (b[at + 1]! & 0x3f) << 2;
}

/** The metadata type. */
export function nshMdType(b: Uint8Array, at: number): number {
  return b[at + 2]! & 0x0f;
}

/** The flags: the two bits beside the version (O and one unassigned). */
export function nshFlags(b: Uint8Array, at: number): number {
  return (u16(b, at) >>> 12) & 3;
}

/** Time to live, six bits. */
export function nshTtl(b: Uint8Array, at: number): number {
  return (u16(b, at) >>> 6) & 0x3f;
}
