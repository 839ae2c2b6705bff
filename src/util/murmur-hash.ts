/** A step of MurmurHash3's 32-bit body: 32 more bits of data. */
export function murmurAdd(hash: number, data: number): number {
  let k = Math.imul(data, 0xcc9e2d51);
  k = (k << 15) | (k >>> 17);
  let h = hash ^ Math.imul(k, 0x1b873593);
  h = (h << 13) | (h >>> 19);
  return (Math.imul(h, 5) + 0xe6546b64) | 0;
}

/** MurmurHash3's end; `final` is usually the number of bytes. From 0 to 2^32 - 1. */
export function murmurFinish(hash: number, final: number): number {
  let h = hash ^ final;
  h ^= h >>> 16;
  h = Math.imul(h, 0x85ebca6b);
  h ^= h >>> 13;
  h = Math.imul(h, 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

/** A number hashed with a basis. */
export function murmurNumber(value: number, basis: number): number {
  return murmurFinish(murmurAdd(murmurAdd(value, 0), basis), 8);
}

/** Bytes hashed, four at a time as little-endian numbers, zeros behind the last. */
export function murmurBytes(bytes: Uint8Array, basis: number): number {
  let hash = basis;
  for (let i = 0; i < bytes.length; i += 4) {
    const [a, b = 0, c = 0, d = 0] = bytes.subarray(i, i + 4);
    hash = murmurAdd(hash, a! | (b << 8) | (c << 16) | (d << 24));
  }
  return murmurFinish(hash, bytes.length);
}

/** A 32-bit number with its bytes the other way round. */
export function swapBytes(word: number): number {
  return (word >>> 24) | ((word >>> 8) & 0xff00) | ((word << 8) & 0xff0000) | (word << 24);
}
