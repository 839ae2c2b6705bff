import { i32, put16, put32, u16, u32 } from "#util/big-endian.js";
import type { OutputBuffer } from "./output-buffer.js";

/** How a value is written. `hex0` is `hex` where 0 is `0x0`, and not `0`. */
type HoleStyle = "decimal" | "hex" | "hex0" | "mac" | "ipv4" | "ipv6";

/** Numbers for styles: comparing these takes no time. */
const Style = { decimal: 0, hex: 1, hex0: 2, mac: 3, ipv4: 4, ipv6: 5 } as const;

/** Bytes that differ between messages of one template, and how they are written. */
export interface Hole {
  readonly style: HoleStyle;
  /** 1, 2, 4, 8; 6 of `mac`, 16 of `ipv6`. */
  readonly size: number;
  /** Values of at most 32 bits: others mean something else, and are not for the template. */
  readonly min?: number;
  readonly max?: number;
  /** Of 16 bits: values beyond `max` are known by their value instead. */
  readonly orKnown?: true;
  /** The bits that are written of such a value. */
  readonly shown?: number;
  /** Bits of a value of 64 that it may have: as many as this, the lower ones. */
  readonly bits?: number;
  /** The value's mask comes behind it. */
  readonly masked?: boolean;
}

/** A hole where a template has it. */
export class PlacedHole {
  readonly hole: Hole;
  /** Its place among the message's holes. */
  readonly index: number;
  readonly #style: number;
  readonly #size: number;
  readonly #min: number;
  readonly #max: number;
  readonly #shown: number;
  /** Bits that it may have, for each word; all of them where undefined. */
  readonly #allowed: Int32Array | undefined;

  /** `mask` is what follows a value that has one. */
  constructor(hole: Hole, index: number, mask: Uint8Array | undefined) {
    this.hole = hole;
    this.index = index;
    this.#style = Style[hole.style];
    this.#size = hole.size;
    this.#min = hole.min ?? 0;
    this.#max = hole.max ?? 0xffffffff;
    this.#shown = hole.shown ?? -1;
    this.#allowed = allowedBits(hole, mask);
  }

  /** True where the bytes are such as the template is for. */
  fits(from: Uint8Array, at: number): boolean {
    const size = this.#size;
    const allowed = this.#allowed;
    if (size <= 4) {
      const value = size === 1 ? from[at]! : size === 2 ? u16(from, at) : u32(from, at);
      return value >= this.#min && value <= this.#max && (allowed === undefined || (value & ~allowed[0]!) === 0);
    }
    if (allowed === undefined) return true;
    if (size === 6) return (u16(from, at) & ~allowed[0]!) === 0 && (i32(from, at + 2) & ~allowed[1]!) === 0;
    for (let i = 0; i < allowed.length; i++) if ((i32(from, at + 4 * i) & ~allowed[i]!) !== 0) return false;
    return true;
  }

  write(from: Uint8Array, at: number, out: OutputBuffer): void {
    const size = this.#size;
    switch (this.#style) {
      case Style.decimal: {
        const value = size === 1 ? from[at]! : size === 2 ? u16(from, at) : u32(from, at);
        out.decimal(this.#shown === -1 ? value : value & this.#shown);
        return;
      }
      case Style.mac:
        out.mac(from, at);
        return;
      case Style.ipv4:
        out.ipv4(from, at);
        return;
      case Style.ipv6:
        out.ipv6(u32(from, at), u32(from, at + 4), u32(from, at + 8), u32(from, at + 12));
        return;
      default: {
        const high = size === 8 ? i32(from, at) : 0;
        const low =
          size === 8 ? i32(from, at + 4) : size === 4 ? i32(from, at) : size === 2 ? u16(from, at) : from[at]!;
        const { bytes } = out;
        bytes[out.length++] = 0x30;
        if ((high | low) === 0 && this.#style === Style.hex) return;
        bytes[out.length++] = 0x78;
        out.hex(high, low);
      }
    }
  }

  /** Puts bytes there that the template is for: with `seed` 0 and 1 the least and the greatest, otherwise such as look like no other. */
  fill(bytes: Uint8Array, at: number, seed: number): void {
    const size = this.#size;
    for (let i = 0; i < size; i++) bytes[at + i] = seed < 2 ? -seed : noise(seed, this.index, i);
    const allowed = this.#allowed;
    if (size <= 4) {
      const whole = size === 1 ? bytes[at]! : size === 2 ? u16(bytes, at) : u32(bytes, at);
      let value = Math.max(this.#min, Math.min(this.#max, whole));
      if (seed > 1 && (whole < this.#min || whole > this.#max)) {
        value = this.#min + (whole % (this.#max - this.#min + 1));
      }
      if (allowed !== undefined) value &= allowed[0]!;
      if (size === 1) bytes[at] = value;
      else if (size === 2) put16(bytes, at, value);
      else put32(bytes, at, value);
    } else if (allowed !== undefined) {
      if (size === 6) put16(bytes, at, u16(bytes, at) & allowed[0]!);
      const first = size === 6 ? 1 : 0;
      for (let i = first; i < allowed.length; i++) {
        const word = at + (size === 6 ? 2 : 4 * i);
        put32(bytes, word, i32(bytes, word) & allowed[i]!);
      }
    }
  }
}

function allowedBits({ size, bits, masked }: Hole, mask: Uint8Array | undefined): Int32Array | undefined {
  if (bits !== undefined) {
    return Int32Array.of(bits > 32 ? 2 ** (bits - 32) - 1 : 0, bits >= 32 ? -1 : 2 ** bits - 1);
  }
  if (masked !== true || mask === undefined) return undefined;
  if (size === 1) return Int32Array.of(mask[0]!);
  if (size === 2) return Int32Array.of(u16(mask, 0));
  if (size === 6) return Int32Array.of(u16(mask, 0), i32(mask, 2));
  return Int32Array.from({ length: size / 4 }, (_, i) => i32(mask, 4 * i));
}

/** A byte that is the same for the same arguments, and never 0. */
function noise(seed: number, index: number, i: number): number {
  let x = Math.imul(seed * 31 + index * 7 + i + 1, 0x9e3779b1);
  x ^= x >>> 15;
  x = Math.imul(x, 0x85ebca6b);
  return ((x >>> 13) & 0x7f) | 0x21;
}
