const rotate = (x: number, k: number): number => (x << k) | (x >>> (32 - k));

/** Bob Jenkins' lookup3 ("hashlittle") of bytes whose number is a multiple of four. From 0 to 2^32 - 1. */
export function lookup3(bytes: Uint8Array, basis: number): number {
  let left = bytes.length;
  let a = (0xdeadbeef + left + basis) | 0;
  let b = a;
  let c = a;
  let at = 0;
  const word = (): number => {
    const i = at;
    at += 4;
    return i < bytes.length ? bytes[i]! | (bytes[i + 1]! << 8) | (bytes[i + 2]! << 16) | (bytes[i + 3]! << 24) : 0;
  };
  for (; left > 12; left -= 12) {
    a = (a + word()) | 0;
    b = (b + word()) | 0;
    c = (c + word()) | 0;
    a = (a - c) ^ rotate(c, 4);
    c = (c + b) | 0;
    b = (b - a) ^ rotate(a, 6);
    a = (a + c) | 0;
    c = (c - b) ^ rotate(b, 8);
    b = (b + a) | 0;
    a = (a - c) ^ rotate(c, 16);
    c = (c + b) | 0;
    b = (b - a) ^ rotate(a, 19);
    a = (a + c) | 0;
    c = (c - b) ^ rotate(b, 4);
    b = (b + a) | 0;
  }
  if (left === 0) return c >>> 0;
  a = (a + word()) | 0;
  b = (b + word()) | 0;
  c = (c + word()) | 0;
  c = ((c ^ b) - rotate(b, 14)) | 0;
  a = ((a ^ c) - rotate(c, 11)) | 0;
  b = ((b ^ a) - rotate(a, 25)) | 0;
  c = ((c ^ b) - rotate(b, 16)) | 0;
  a = ((a ^ c) - rotate(c, 4)) | 0;
  b = ((b ^ a) - rotate(a, 14)) | 0;
  return ((c ^ b) - rotate(b, 24)) >>> 0;
}
