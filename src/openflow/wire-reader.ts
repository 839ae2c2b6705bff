import { u16, u32 } from "#util/big-endian.js";
import { WireError } from "#util/errors.js";

/** Reads network byte order from part of a byte array. Reading beyond its end throws, `WireError` unless it was given another error. */
export class WireReader {
  readonly bytes: Uint8Array;
  readonly end: number;
  #at: number;
  readonly #short: () => Error;

  /** Reads `bytes` from `at` to `end`; `short` makes the error that reading beyond `end` throws. */
  constructor(
    bytes: Uint8Array,
    at = 0,
    end: number = bytes.length,
    short: () => Error = () => new WireError("unexpected end of data"),
  ) {
    this.bytes = bytes;
    this.end = end;
    this.#at = at;
    this.#short = short;
  }

  /** Offset of the next byte in `bytes`. */
  get at(): number {
    return this.#at;
  }

  /** Bytes not read yet. */
  get left(): number {
    return this.end - this.#at;
  }

  u8(): number {
    return this.bytes[this.#take(1)]!;
  }

  u16(): number {
    return u16(this.bytes, this.#take(2));
  }

  u32(): number {
    return u32(this.bytes, this.#take(4));
  }

  u64(): bigint {
    const at = this.#take(8);
    const high = u32(this.bytes, at);
    const low = BigInt(u32(this.bytes, at + 4));
    return high === 0 ? low : (BigInt(high) << 32n) | low;
  }

  /** `length` bytes as one number. */
  big(length: number): bigint {
    const at = this.#take(length);
    let value = 0n;
    for (let i = 0; i < length; i++) value = (value << 8n) | BigInt(this.bytes[at + i]!);
    return value;
  }

  /** A copy of the next bytes. */
  copy(length: number): Uint8Array {
    const at = this.#take(length);
    return this.bytes.slice(at, at + length);
  }

  /** A copy of all that is left. */
  rest(): Uint8Array {
    return this.copy(this.left);
  }

  skip(length: number): void {
    this.#take(length);
  }

  /** True where the next `length` bytes are 0; they are read. */
  zeros(length: number): boolean {
    const at = this.#take(length);
    for (let i = 0; i < length; i++) if (this.bytes[at + i] !== 0) return false;
    return true;
  }

  /** The next `length` bytes as a reader of their own, with its own error for its own end. */
  slice(length: number, short: () => Error = this.#short): WireReader {
    const at = this.#take(length);
    return new WireReader(this.bytes, at, at + length, short);
  }

  #take(length: number): number {
    if (length > this.left || length < 0) throw this.#short();
    const at = this.#at;
    this.#at += length;
    return at;
  }
}
