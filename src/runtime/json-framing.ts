import type { Json } from "#util/json.js";
import { JsonSyntaxError, parseJsonExactly } from "#util/json-parse.js";
import { decodeUtf8 } from "#util/utf8.js";

/** Classes of a byte outside of strings. */
const plain = 0;
const space = 1;
const open = 2;
const close = 3;
const quote = 4;
const digit = 5;
const exponent = 6;
const stray = 7;

const classes = new Uint8Array(256).fill(stray);
for (const c of "abcdfghijklmnopqrstuvwxyzABCDFGHIJKLMNOPQRSTUVWXYZ+-.:,") classes[c.charCodeAt(0)] = plain;
for (const c of " \t\r\n") classes[c.charCodeAt(0)] = space;
for (const c of "{[") classes[c.charCodeAt(0)] = open;
for (const c of "}]") classes[c.charCodeAt(0)] = close;
for (const c of "0123456789") classes[c.charCodeAt(0)] = digit;
for (const c of "eE") classes[c.charCodeAt(0)] = exponent;
classes[0x22] = quote;

/** Levels of nesting that upstream takes. */
const deepest = 1000;

/** Digits from which on an integer may exceed what a double holds exactly. */
const longRun = 16;

/**
 * Cuts a byte stream into JSON texts and parses them. It looks for the end of each object or array only; `JSON.parse` does
 * the rest, or the exact reader where a text holds what `JSON.parse` takes otherwise. Memory is bounded by `limit` bytes
 * for one text.
 */
export class JsonFraming {
  readonly #limit: number;
  #parts: Uint8Array[] = [];
  #size = 0;
  #depth = 0;
  #inString = false;
  #escaped = false;
  #digits = 0;
  #careful = false;
  /** A word outside of a container has begun. */
  #word = false;
  /** The byte that opened the container at each depth. */
  #kinds: number[] = [];

  constructor(limit: number = 2 ** 28) {
    this.#limit = limit;
  }

  /** True while a text has begun and not ended. */
  get partial(): boolean {
    return this.#size > 0;
  }

  /**
   * Takes received bytes and calls `onValue` for every value that is complete. Throws `JsonSyntaxError` at what is not JSON, after
   * which the stream cannot be read on.
   */
  feed(bytes: Uint8Array, onValue: (value: Json) => void): void {
    let from = 0;
    let i = 0;
    while (i < bytes.length) {
      if (this.#inString) {
        i = this.#skipString(bytes, i);
        continue;
      }
      const c = bytes[i]!;
      const kind = classes[c]!;
      i++;
      if (kind === digit) {
        if (++this.#digits >= longRun) this.#careful = true;
      } else {
        if (kind === exponent && this.#digits > 0) this.#careful = true;
        this.#digits = 0;
      }
      if (this.#word && kind !== plain && kind !== digit && kind !== exponent) this.#fail(bytes, from, i);
      switch (kind) {
        case quote:
          if (this.#depth === 0) this.#fail(bytes, from, i);
          this.#inString = true;
          break;
        case open:
          this.#kinds[this.#depth++] = c;
          if (this.#depth > deepest) this.#fail(bytes, from, i);
          break;
        case close: {
          // '{' is 0x7b and '}' 0x7d; '[' is 0x5b and ']' 0x5d.
          if (this.#depth === 0 || this.#kinds[this.#depth - 1] !== c - 2) this.#fail(bytes, from, i);
          if (--this.#depth > 0) break;
          const value = this.#take(bytes.subarray(from, i));
          from = i;
          onValue(value);
          break;
        }
        case stray:
          this.#fail(bytes, from, i);
          break;
        case space:
          break;
        default:
          // Outside of a container only a word or number can stand, which upstream reads to its end and refuses.
          if (this.#depth === 0) i = this.#failWord(bytes, from, i);
      }
    }
    this.#keep(bytes.subarray(from));
  }

  #skipString(bytes: Uint8Array, at: number): number {
    let i = at;
    if (this.#escaped) {
      if (bytes[i] === 0x75) this.#careful = true;
      this.#escaped = false;
      i++;
    }
    for (; i < bytes.length; i++) {
      const c = bytes[i]!;
      if (c === 0x22) {
        this.#inString = false;
        this.#digits = 0;
        return i + 1;
      }
      if (c === 0x5c) {
        this.#escaped = true;
        return i + 1;
      }
    }
    return i;
  }

  #keep(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    this.#size += bytes.length;
    if (this.#size > this.#limit) throw new JsonSyntaxError(`message exceeds ${this.#limit} bytes`);
    // The caller may reuse its buffer.
    this.#parts.push(bytes.slice());
  }

  #text(last: Uint8Array): string {
    if (this.#size + last.length > this.#limit) throw new JsonSyntaxError(`message exceeds ${this.#limit} bytes`);
    return decodeUtf8(this.#parts.length === 0 ? last : joined([...this.#parts, last]));
  }

  #take(last: Uint8Array): Json {
    const text = this.#text(last);
    const careful = this.#careful;
    this.#parts = [];
    this.#size = 0;
    this.#digits = 0;
    this.#careful = false;
    if (!careful) {
      try {
        return JSON.parse(text) as Json;
      } catch {
        // Read again below, to say what is wrong.
      }
    }
    return parseJsonExactly(text);
  }

  /** Up to here the stream is wrong; the exact reader finds out how. */
  #fail(bytes: Uint8Array, from: number, to: number): void {
    // A string is noticed at its end, so that much more is shown to the reader.
    const end = bytes[to - 1] === 0x22 ? bytes.indexOf(0x22, to) + 1 || bytes.length : to;
    parseJsonExactly(this.#text(bytes.subarray(from, end)));
    throw new JsonSyntaxError("syntax error");
  }

  /** A word outside of a container: waits for its end. */
  #failWord(bytes: Uint8Array, from: number, at: number): number {
    let end = at;
    while (
      end < bytes.length &&
      (classes[bytes[end]!] === plain || classes[bytes[end]!] === digit || classes[bytes[end]!] === exponent)
    )
      end++;
    if (end < bytes.length) this.#fail(bytes, from, end);
    this.#word = true;
    return end;
  }
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((size, part) => size + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
