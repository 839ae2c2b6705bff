/** Network byte order in a byte array. Offsets are the caller's to check; values are unsigned. */
export function u16(b: Uint8Array, at: number): number {
  return (b[at]! << 8) | b[at + 1]!;
}

export function u32(b: Uint8Array, at: number): number {
  return ((b[at]! << 24) | (b[at + 1]! << 16) | (b[at + 2]! << 8) | b[at + 3]!) >>> 0;
}

/** As `u32`, but signed: what a typed array of 32-bit words stores just as well, without leaving small integers. */
export function i32(b: Uint8Array, at: number): number {
  return (b[at]! << 24) | (b[at + 1]! << 16) | (b[at + 2]! << 8) | b[at + 3]!;
}

export function put16(b: Uint8Array, at: number, value: number): void {
  b[at] = value >>> 8;
  b[at + 1] = value;
}

export function put32(b: Uint8Array, at: number, value: number): void {
  b[at] = value >>> 24;
  b[at + 1] = value >>> 16;
  b[at + 2] = value >>> 8;
  b[at + 3] = value;
}

/** The bytes of 32-bit words. */
export function wordBytes(words: readonly number[] | Uint32Array): Uint8Array {
  const bytes = new Uint8Array(4 * words.length);
  for (const [i, word] of words.entries()) put32(bytes, 4 * i, word);
  return bytes;
}
