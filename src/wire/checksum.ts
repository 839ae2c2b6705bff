import { u16 } from "#util/big-endian.js";

/** The Internet checksum's running sum (RFC 1071) over [at, end), added to `sum`; not folded. An odd last byte counts as the upper half. */
export function sumBytes(b: Uint8Array, at: number, end: number, sum = 0): number {
  let s = sum;
  let i = at;
  for (; i + 1 < end; i += 2) s += (b[i]! << 8) | b[i + 1]!;
  return i < end ? s + (b[i]! << 8) : s;
}

/** Folds a running sum into 16 bits. */
export function foldSum(sum: number): number {
  let s = sum;
  while (s > 0xffff) s = (s & 0xffff) + Math.floor(s / 0x10000);
  return s;
}

/** The checksum field's value for a running sum. */
export function finishSum(sum: number): number {
  return ~foldSum(sum) & 0xffff;
}

/** The Internet checksum of [at, end). */
export function checksum(b: Uint8Array, at: number, end: number): number {
  return finishSum(sumBytes(b, at, end));
}

/** The pseudo-header's running sum for a payload of `length` bytes of protocol `proto` behind the IPv4 header at `ip`. */
export function pseudoSum4(b: Uint8Array, ip: number, proto: number, length: number): number {
  return sumBytes(b, ip + 12, ip + 20, proto + length);
}

/** The same for the IPv6 header at `ip` (RFC 8200, 8.1). */
export function pseudoSum6(b: Uint8Array, ip: number, proto: number, length: number): number {
  return sumBytes(b, ip + 8, ip + 40, proto + (length >>> 16) + (length & 0xffff));
}

/** A checksum after a 16-bit value it covers changed from `from` to `to` (RFC 1624, equation 3). */
function updateChecksum16(sum: number, from: number, to: number): number {
  return ~foldSum((~sum & 0xffff) + (~from & 0xffff) + to) & 0xffff;
}

/** A checksum after a 32-bit value it covers changed. */
function updateChecksum32(sum: number, from: number, to: number): number {
  return updateChecksum16(updateChecksum16(sum, from >>> 16, to >>> 16), from & 0xffff, to & 0xffff);
}

/** Corrects the checksum at `field` in the frame for a 16-bit change of what it covers. */
export function patchChecksum16(b: Uint8Array, field: number, from: number, to: number): void {
  store(b, field, updateChecksum16(u16(b, field), from, to));
}

/** Corrects the checksum at `field` in the frame for a 32-bit change. */
export function patchChecksum32(b: Uint8Array, field: number, from: number, to: number): void {
  store(b, field, updateChecksum32(u16(b, field), from, to));
}

function store(b: Uint8Array, at: number, value: number): void {
  b[at] = value >>> 8;
  b[at + 1] = value;
}

const crc32cTable: Uint32Array = Uint32Array.from({ length: 256 }, (_, n) => {
  let c = n;
  for (let k = 0; k < 8; k++) c = c & 1 ? 0x82f63b78 ^ (c >>> 1) : c >>> 1;
  return c;
});

/** CRC32c of [at, end), as SCTP's checksum field holds it when stored little-endian (RFC 9260, appendix A). */
export function crc32c(b: Uint8Array, at: number, end: number): number {
  let c = 0xffffffff;
  for (let i = at; i < end; i++) c = crc32cTable[(c ^ b[i]!) & 0xff]! ^ (c >>> 8);
  return ~c >>> 0;
}
