import type { Field } from "./fields/field.js";
import type { FlowKey, FlowMask } from "./key.js";

/** The words and bits a value lives in: a `Field`, or a part of one. */
export type Bits = Pick<Field, "bits" | "word" | "words" | "shift">;

/** The mask of a field's bits in its i-th word (0 the most significant one), as an unsigned number. */
export function wordMask(f: Bits, i: number): number {
  return wordBits(f, i) >>> 0;
}

/** As `wordMask`, signed: arithmetic of 32 bits needs no more, and is quicker so. */
function wordBits(f: Bits, i: number): number {
  if (f.words === 1) return f.bits === 32 ? -1 : ((1 << f.bits) - 1) << f.shift;
  const low = i === f.words - 1 ? f.shift : 0;
  const above = f.bits + f.shift - 32 * (f.words - 1 - i);
  if (above <= low) return 0;
  const ones = above >= 32 ? -1 : (1 << above) - 1;
  return (ones >>> low) << low;
}

/** A field of at most 53 bits, as a number. */
export function getField(key: FlowKey, f: Bits): number {
  if (f.words === 1) {
    const word = key[f.word]! >>> f.shift;
    return f.bits === 32 ? word : word & ((1 << f.bits) - 1);
  }
  let value = 0;
  for (let i = 0; i < f.words; i++) {
    const word = (key[f.word + i]! & wordBits(f, i)) >>> 0;
    value = i === f.words - 1 ? value * 2 ** (32 - f.shift) + (word >>> f.shift) : value * 0x100000000 + word;
  }
  return value;
}

/** Writes a field of at most 53 bits; bits of `value` beyond the field's width are ignored. */
export function setField(key: FlowKey, f: Bits, value: number): void {
  if (f.words === 1) {
    const bits = wordBits(f, 0);
    key[f.word] = (key[f.word]! & ~bits) | ((value << f.shift) & bits);
    return;
  }
  let rest = value;
  for (let i = f.words - 1; i >= 0; i--) {
    const shift = i === f.words - 1 ? f.shift : 0;
    const take = 2 ** (32 - shift);
    const mask = wordBits(f, i);
    key[f.word + i] = (key[f.word + i]! & ~mask) | (((rest % take) << shift) & mask);
    rest = Math.floor(rest / take);
  }
}

/** A field of any width. */
export function getFieldBig(key: FlowKey, f: Bits): bigint {
  let value = 0n;
  for (let i = 0; i < f.words; i++) value = (value << 32n) | BigInt((key[f.word + i]! & wordBits(f, i)) >>> 0);
  return value >> BigInt(f.shift);
}

/** Writes a field of any width; bits of `value` beyond the field's width are ignored. */
export function setFieldBig(key: FlowKey, f: Bits, value: bigint): void {
  let rest = value << BigInt(f.shift);
  for (let i = f.words - 1; i >= 0; i--) {
    const mask = wordBits(f, i);
    key[f.word + i] = (key[f.word + i]! & ~mask) | (Number(rest & 0xffffffffn) & mask);
    rest >>= 32n;
  }
}

/** Writes a field's value into `out` from `at`, big-endian in `length` bytes (default: the bytes its bits need), zeros on the left. */
export function readFieldBytes(
  key: FlowKey,
  f: Bits,
  out: Uint8Array,
  at = 0,
  length: number = Math.ceil(f.bits / 8),
): void {
  for (let i = 0; i < length; i++) {
    out[at + length - 1 - i] = i * 8 < f.bits ? getBitsAt(key, f, i * 8, Math.min(8, f.bits - i * 8)) : 0;
  }
}

/** A field's value as new bytes, big-endian. */
export function getFieldBytes(key: FlowKey, f: Bits): Uint8Array {
  const out = new Uint8Array(Math.ceil(f.bits / 8));
  readFieldBytes(key, f, out);
  return out;
}

/** Sets a field from big-endian bytes; excess bytes and bits on the left are ignored, missing ones are 0. */
export function setFieldBytes(key: FlowKey, f: Bits, bytes: Uint8Array, at = 0, length: number = bytes.length): void {
  for (let i = 0; i * 8 < f.bits; i++) {
    setBitsAt(key, f, i * 8, Math.min(8, f.bits - i * 8), i < length ? bytes[at + length - 1 - i]! : 0);
  }
}

/** `count` ≤ 32 bits of a field, from bit `low` (0 the least significant) up: what `reg0[4..7]` names. */
export function getBitsAt(key: FlowKey, f: Bits, low: number, count: number): number {
  const from = f.shift + low;
  const word = f.word + f.words - 1 - (from >>> 5);
  const shift = from & 31;
  let value = key[word]! >>> shift;
  if (shift + count > 32) value |= key[word - 1]! << (32 - shift);
  return count === 32 ? value >>> 0 : value & ((1 << count) - 1);
}

/** Writes `count` ≤ 32 bits of a field, from bit `low` up. */
export function setBitsAt(key: FlowKey, f: Bits, low: number, count: number, value: number): void {
  const from = f.shift + low;
  const word = f.word + f.words - 1 - (from >>> 5);
  const shift = from & 31;
  const ones = count === 32 ? -1 : (1 << count) - 1;
  key[word] = (key[word]! & ~(ones << shift)) | ((value & ones) << shift);
  const over = shift + count - 32;
  if (over > 0) {
    const high = (1 << over) - 1;
    key[word - 1] = (key[word - 1]! & ~high) | ((value >>> (32 - shift)) & high);
  }
}

/** The part `f[low..low+count-1]` as bits of its own: what actions on subfields read and write. */
export function subfield(f: Bits, low: number, count: number): Bits {
  const from = f.shift + low;
  const last = f.word + f.words - 1 - (from >>> 5);
  const shift = from & 31;
  const words = Math.ceil((count + shift) / 32);
  return { bits: count, word: last - words + 1, words, shift };
}

/** Copies a field's bits from one key (or mask) to another. */
export function copyField(to: FlowKey, from: FlowKey, f: Bits): void {
  for (let i = 0; i < f.words; i++) {
    const mask = wordBits(f, i);
    const w = f.word + i;
    to[w] = (to[w]! & ~mask) | (from[w]! & mask);
  }
}

/** Sets a field's bits to 0: in a mask, the field no longer matters. */
export function clearField(key: FlowKey, f: Bits): void {
  for (let i = 0; i < f.words; i++) key[f.word + i] = key[f.word + i]! & ~wordBits(f, i);
}

/** Sets all of a field's bits in a mask: every bit of the field matters. */
export function unwildcard(mask: FlowMask, f: Bits): void {
  for (let i = 0; i < f.words; i++) mask[f.word + i] = mask[f.word + i]! | wordBits(f, i);
}

/** True where a field is 0 in a key, or does not matter in a mask. */
export function isFieldZero(key: FlowKey, f: Bits): boolean {
  for (let i = 0; i < f.words; i++) if ((key[f.word + i]! & wordBits(f, i)) !== 0) return false;
  return true;
}

/** True where every bit of a field matters in a mask. */
export function isFieldExact(mask: FlowMask, f: Bits): boolean {
  for (let i = 0; i < f.words; i++) {
    const bits = wordBits(f, i);
    if ((mask[f.word + i]! & bits) !== bits) return false;
  }
  return true;
}

/** True where both keys have the same value of a field. */
export function fieldsEqual(a: FlowKey, b: FlowKey, f: Bits): boolean {
  for (let i = 0; i < f.words; i++) {
    if (((a[f.word + i]! ^ b[f.word + i]!) & wordBits(f, i)) !== 0) return false;
  }
  return true;
}

/** Writes `length` ≤ 128-bit addresses of 4 words to bytes, most significant first. */
export function readWords(key: FlowKey, word: number, words: number, out: Uint8Array, at = 0): void {
  for (let i = 0; i < words; i++) {
    const w = key[word + i]!;
    out[at + 4 * i] = w >>> 24;
    out[at + 4 * i + 1] = w >>> 16;
    out[at + 4 * i + 2] = w >>> 8;
    out[at + 4 * i + 3] = w;
  }
}
