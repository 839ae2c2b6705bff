import { parseIpv6 } from "#util/ip.js";
import { asciiText } from "./output-buffer.js";

/** How a value stands in text, in the order in which they are tried: a decimal number may also be the beginning of another. */
export const TextForm = { mac: 0, hex: 1, ipv4: 2, ipv6: 3, decimal: 4 } as const;
export type TextForm = (typeof TextForm)[keyof typeof TextForm];

/** A value is kept as four words, the least significant last. */
export const WORDS = 4;

/** A value in a text that may be another without a change of what the text means otherwise. */
export interface TextHole {
  readonly form: TextForm;
  /** Bytes that it has on the wire: 1, 2, 4, 6, 8 or 16. */
  readonly size: number;
  /** The greatest value of at most 32 bits. */
  readonly max?: number;
  readonly min?: number;
  /** How many bits a value of 64 may have. */
  readonly bits?: number;
}

/** Where a hole is in a text. */
export interface TextHoleAt {
  readonly hole: TextHole;
  readonly start: number;
  readonly end: number;
}

/** Reads the value of a form at a place of a text into four words. Gives where it ends; -1 where there is none. */
export function readHole(form: TextForm, text: Uint8Array, at: number, words: Int32Array, to: number): number {
  words[to] = 0;
  words[to + 1] = 0;
  switch (form) {
    case TextForm.decimal:
      return readDecimal(text, at, words, to);
    case TextForm.hex:
      return readHex(text, at, words, to);
    case TextForm.mac:
      return readMac(text, at, words, to);
    case TextForm.ipv4:
      return readIpv4(text, at, words, to);
    case TextForm.ipv6:
      return readIpv6(text, at, words, to);
  }
}

const ZERO = 0x30;
const LONGEST_DECIMAL = 15;

function readDecimal(text: Uint8Array, from: number, words: Int32Array, to: number): number {
  let at = from;
  let number = 0;
  let digit = text[at]! - ZERO;
  while (digit >= 0 && digit <= 9) {
    number = number * 10 + digit;
    digit = text[++at]! - ZERO;
  }
  const length = at - from;
  if (length === 0 || length > LONGEST_DECIMAL || (length > 1 && text[from]! === ZERO)) return -1;
  words[to + 2] = number > 0xffffffff ? Math.floor(number / 0x100000000) : 0;
  words[to + 3] = number;
  return at;
}

/** A digit's value; -1 of another character. */
function hexDigit(code: number): number {
  if (code >= ZERO && code <= 0x39) return code - ZERO;
  const letter = code | 0x20;
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : -1;
}

function readHex(text: Uint8Array, from: number, words: Int32Array, to: number): number {
  if (text[from]! !== ZERO || text[from + 1]! !== 0x78) return -1;
  let at = from + 2;
  let high = 0;
  let low = 0;
  for (let digit = hexDigit(text[at]!); digit >= 0; digit = hexDigit(text[++at]!)) {
    high = (high << 4) | (low >>> 28);
    low = (low << 4) | digit;
  }
  const length = at - from - 2;
  if (length === 0 || length > 16) return -1;
  words[to + 2] = high;
  words[to + 3] = low;
  return at;
}

const COLON = 0x3a;
const MAC_LENGTH = 17;

function readMac(text: Uint8Array, at: number, words: Int32Array, to: number): number {
  let high = 0;
  let low = 0;
  for (let i = 0; i < 6; i++) {
    const place = at + 3 * i;
    const byte = (hexDigit(text[place]!) << 4) | hexDigit(text[place + 1]!);
    if (byte < 0 || (i > 0 && text[place - 1]! !== COLON)) return -1;
    if (i < 2) high = (high << 8) | byte;
    else low = (low << 8) | byte;
  }
  words[to + 2] = high;
  words[to + 3] = low;
  return at + MAC_LENGTH;
}

const DOT = 0x2e;

function readIpv4(text: Uint8Array, from: number, words: Int32Array, to: number): number {
  let at = from;
  let address = 0;
  for (let i = 0; i < 4; i++) {
    if (i > 0 && text[at++]! !== DOT) return -1;
    const start = at;
    let part = 0;
    for (let digit = text[at]! - ZERO; digit >= 0 && digit <= 9; digit = text[++at]! - ZERO) {
      part = part * 10 + digit;
    }
    const length = at - start;
    if (length === 0 || length > 3 || part > 255 || (length > 1 && text[start]! === ZERO)) return -1;
    address = (address << 8) | part;
  }
  words[to + 2] = 0;
  words[to + 3] = address;
  return at;
}

function readIpv6(text: Uint8Array, from: number, words: Int32Array, to: number): number {
  let at = from;
  for (let code = text[at]!; code === COLON || hexDigit(code) >= 0; code = text[++at]!);
  const address = parseIpv6(asciiText(text, from, at));
  if (address === undefined) return -1;
  for (let i = 0; i < WORDS; i++) words[to + i] = address[i]!;
  return at;
}
