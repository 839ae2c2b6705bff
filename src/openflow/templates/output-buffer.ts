import { formatIpv6 } from "#util/ip.js";

/** Digits in hexadecimal. */
const HEX: Uint8Array = Uint8Array.from("0123456789abcdef", (c) => c.charCodeAt(0));
const DOT = 0x2e;
const COLON = 0x3a;
const ZERO = 0x30;
const BILLION = 1_000_000_000;

let encoder: InstanceType<typeof TextEncoder> | undefined;

/** ASCII text that is made byte by byte: of much text this takes a fraction of what strings take. */
export class OutputBuffer {
  bytes: Uint8Array;
  /** How much there is. */
  length = 0;

  constructor(size: number) {
    this.bytes = new Uint8Array(size);
  }

  /** Makes room for so many bytes more. All that writes counts on it. */
  reserve(more: number): void {
    if (this.length + more <= this.bytes.length) return;
    const bigger = new Uint8Array(2 * (this.length + more));
    bigger.set(this.bytes.subarray(0, this.length));
    this.bytes = bigger;
  }

  /** All of it, which is forgotten. */
  take(): string {
    const text = asciiText(this.bytes, 0, this.length);
    this.length = 0;
    return text;
  }

  /** Any bytes. Makes room itself. */
  append(bytes: Uint8Array): void {
    this.reserve(bytes.length);
    this.bytes.set(bytes, this.length);
    this.length += bytes.length;
  }

  literal(text: Uint8Array): void {
    this.bytes.set(text, this.length);
    this.length += text.length;
  }

  /** Characters of one byte each. */
  text(text: string): void {
    for (let i = 0; i < text.length; i++) this.bytes[this.length++] = text.charCodeAt(i);
  }

  /** Any text. Makes room itself. */
  utf8(text: string): void {
    this.reserve(3 * text.length);
    encoder ??= new TextEncoder();
    this.length += encoder.encodeInto(text, this.bytes.subarray(this.length)).written;
  }

  /** A number up to 2 ** 53. */
  decimal(value: number): void {
    if (value < 10) {
      this.bytes[this.length++] = ZERO + value;
      return;
    }
    if (value > BILLION) {
      const high = Math.floor(value / BILLION);
      this.decimal(high);
      this.padded(value - high * BILLION, 9);
      return;
    }
    let digits = 2;
    for (let limit = 100; value >= limit && digits < 10; limit *= 10) digits++;
    this.padded(value, digits);
  }

  /** A number with so many digits. */
  padded(value: number, digits: number): void {
    const { bytes } = this;
    let rest = value | 0;
    for (let i = this.length + digits - 1; i >= this.length; i--) {
      const less = (rest / 10) | 0;
      bytes[i] = ZERO + rest - 10 * less;
      rest = less;
    }
    this.length += digits;
  }

  /** 64 bits in two words, as few digits as it takes. */
  hex(high: number, low: number): void {
    if (high === 0) this.#hexWord(low, low === 0 ? 1 : (35 - Math.clz32(low)) >>> 2);
    else {
      this.#hexWord(high, (35 - Math.clz32(high)) >>> 2);
      this.#hexWord(low, 8);
    }
  }

  #hexWord(value: number, digits: number): void {
    const { bytes } = this;
    let rest = value;
    for (let i = this.length + digits - 1; i >= this.length; i--) {
      bytes[i] = HEX[rest & 15]!;
      rest >>>= 4;
    }
    this.length += digits;
  }

  /** Six bytes with colons between. */
  mac(from: Uint8Array, at: number): void {
    const { bytes } = this;
    let out = this.length;
    for (let i = 0; i < 6; i++) {
      const byte = from[at + i]!;
      bytes[out] = HEX[byte >>> 4]!;
      bytes[out + 1] = HEX[byte & 15]!;
      bytes[out + 2] = COLON;
      out += 3;
    }
    this.length = out - 1;
  }

  /** Four bytes with dots between. */
  ipv4(from: Uint8Array, at: number): void {
    for (let i = 0; i < 4; i++) {
      const byte = from[at + i]!;
      if (byte < 10) this.bytes[this.length++] = ZERO + byte;
      else this.padded(byte, byte < 100 ? 2 : 3);
      if (i < 3) this.bytes[this.length++] = DOT;
    }
  }

  /** Four words. */
  ipv6(w0: number, w1: number, w2: number, w3: number): void {
    this.text(formatIpv6(w0, w1, w2, w3));
  }
}

/** Bytes as text that has a character for each. */
export function asciiText(bytes: Uint8Array, start: number, end: number): string {
  let text = "";
  for (let i = start; i < end; i++) text += String.fromCharCode(bytes[i]!);
  return text;
}

/** Text as `OutputBuffer.literal` takes it. */
export function literal(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return bytes;
}
