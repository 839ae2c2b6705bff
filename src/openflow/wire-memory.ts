/** Bytes of memory that small messages share. */
const SHARED = 1 << 14;

let shared = new ArrayBuffer(SHARED);
let used = 0;

/**
 * New bytes, all 0. Small ones lie together in one buffer, which is much cheaper than a buffer each: whoever wants the buffer must mind the offset.
 */
export function newBytes(length: number): Uint8Array {
  if (length > SHARED >> 2) return new Uint8Array(length);
  if (used + length > SHARED) {
    shared = new ArrayBuffer(SHARED);
    used = 0;
  }
  const bytes = new Uint8Array(shared, used, length);
  used += (length + 7) & ~7;
  return bytes;
}
