import { put16, put32, u16 } from "#util/big-endian.js";
import { BugError } from "#util/errors.js";

const FIRST_SIZE = 128;
/** So many bytes are copied sooner one by one. */
const BY_HAND = 128;

/** 64 bits, and their two halves, into which they are taken apart faster than by arithmetic. */
const whole = new BigUint64Array(1);
const halves = new Uint32Array(whole.buffer);
whole[0] = 1n;
const LOW: number = halves[0] === 1 ? 0 : 1;
const HIGH: number = 1 - LOW;

/** Appends network byte order to a buffer that grows. */
export class WireWriter {
  #bytes: Uint8Array;
  #length = 0;

  /** `scratch` is written over from its start, whatever it holds. */
  constructor(scratch: Uint8Array = new Uint8Array(FIRST_SIZE)) {
    this.#bytes = scratch;
  }

  /** Bytes written so far. */
  get length(): number {
    return this.#length;
  }

  u8(value: number): this {
    const at = this.#grow(1);
    this.#bytes[at] = value;
    return this;
  }

  u16(value: number): this {
    const at = this.#grow(2);
    put16(this.#bytes, at, value);
    return this;
  }

  u32(value: number): this {
    const at = this.#grow(4);
    put32(this.#bytes, at, value);
    return this;
  }

  u64(value: bigint): this {
    whole[0] = value;
    return this.u32(halves[HIGH]!).u32(halves[LOW]!);
  }

  /** A number in `length` bytes; higher bits are dropped. */
  big(value: bigint, length: number): this {
    const at = this.#grow(length);
    let rest = value;
    for (let i = length - 1; i >= 0; i--) {
      this.#bytes[at + i] = Number(rest & 0xffn);
      rest >>= 8n;
    }
    return this;
  }

  raw(bytes: Uint8Array): this {
    const at = this.#grow(bytes.length);
    this.#bytes.set(bytes, at);
    return this;
  }

  zeros(length: number): this {
    const at = this.#grow(length);
    if (length > BY_HAND) this.#bytes.fill(0, at, at + length);
    else for (let i = at; i < at + length; i++) this.#bytes[i] = 0;
    return this;
  }

  /** Text in a field of `size` bytes, zeros after it. */
  text(text: string, size: number): this {
    const bytes = new TextEncoder().encode(text).subarray(0, size);
    return this.raw(bytes).zeros(size - bytes.length);
  }

  /** Zeros until the bytes since `from` are a multiple of `unit`. */
  align(unit: number, from = 0): this {
    return this.zeros((unit - ((this.#length - from) % unit)) % unit);
  }

  /** Writes over 16 bits that were written before. */
  patch16(at: number, value: number): void {
    if (at + 2 > this.#length) throw new BugError("patch beyond what was written");
    put16(this.#bytes, at, value);
  }

  /** Writes 16 bits that were written over others that were. */
  copy16(from: number, to: number): void {
    this.patch16(to, u16(this.#bytes, from));
  }

  /** Drops what was written after the first `length` bytes. */
  cut(length: number): void {
    if (length > this.#length) throw new BugError("cut beyond what was written");
    this.#length = length;
  }

  /** Bytes that it can take before it grows. */
  get room(): number {
    return this.#bytes.length;
  }

  /** Copies what was written, from `from` to `to`, into other bytes. */
  copyTo(bytes: Uint8Array, at: number, from: number, to: number): void {
    if (to - from > BY_HAND) {
      bytes.set(this.#bytes.subarray(from, to), at);
      return;
    }
    for (let i = from; i < to; i++) bytes[at + i - from] = this.#bytes[i]!;
  }

  /** A copy of what was written, from `from`. */
  done(from = 0): Uint8Array {
    return this.#bytes.slice(from, this.#length);
  }

  #grow(more: number): number {
    const at = this.#length;
    const needed = at + more;
    if (needed > this.#bytes.length) {
      const bigger = new Uint8Array(Math.max(needed, 2 * this.#bytes.length));
      bigger.set(this.#bytes.subarray(0, at));
      this.#bytes = bigger;
    }
    this.#length = needed;
    return at;
  }
}
