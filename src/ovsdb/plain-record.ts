import { type Atom, compareAtoms, parseUuid } from "./atom.js";
import { type BaseType, checkAtom } from "./base-type.js";
import type { ColumnType } from "./column-type.js";
import type { Datum } from "./datum.js";

/** Gives a part of the text as a string that does not keep the whole text alive. */
export type CopyPart = (from: number, to: number) => string;

/** Printable ASCII without backslashes: what stands in a string is what the string holds. */
const plain = /^[ -[\]-~]*$/;

/** Whether a `PlainRecord` may be made of a text. */
export function isPlain(text: string): boolean {
  return plain.test(text);
}

/** Thrown where a record is not written as servers write it; it is then read the long way, which may say what is wrong. */
export class NotPlainError extends Error {
  override name = "NotPlainError";
}

const number = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][-+]?\d+)?$/;
/** Letters that `[` and a kind make, as in `["set",[1,2]]`. */
const uuidStart = '["uuid","';
const setStart = '["set",[';
const mapStart = '["map",[';
/** Up to here V8 copies a part of a string rather than pointing into it, which would keep the whole and is slow to compare. */
const longestCopied = 12;

/**
 * Reads the text of a record from left to right without making JSON of it, which takes a third of the time and much less memory.
 * It knows what servers write: no blanks, no escapes, nothing but ASCII. At anything else its methods throw `NotPlainError`;
 * values that break their type's constraints throw `OvsdbError`.
 */
export class PlainRecord {
  readonly #text: string;
  readonly #copy: CopyPart;
  #at = 0;

  /** `isPlain` must hold for the text. */
  constructor(text: string, copy: CopyPart) {
    this.#text = text;
    this.#copy = copy;
  }

  /** Calls back for each member of an object, which must read the member's value. */
  members(visit: (name: string) => void): void {
    this.#expect("{");
    if (this.take("}")) return;
    do {
      this.#expect('"');
      const name = this.#string();
      this.#expect(":");
      visit(name);
    } while (this.take(","));
    this.#expect("}");
  }

  /** Goes past a text, if it comes next. */
  take(text: string): boolean {
    if (!this.#text.startsWith(text, this.#at)) return false;
    this.#at += text.length;
    return true;
  }

  /** Throws unless all has been read. */
  end(): void {
    if (this.#at !== this.#text.length) throw new NotPlainError("more");
  }

  /** Goes past a number or a string. */
  skipNote(): void {
    if (this.take('"')) this.#at = this.#endOfString() + 1;
    else this.#number();
  }

  /** A `<value>` of any number of elements. */
  datum({ key, value }: ColumnType): Datum {
    if (value) return this.#map(key, value);
    if (!this.take(setStart)) return { keys: [this.#atom(key)], values: undefined };
    const keys: Atom[] = [];
    let sorted = true;
    if (!this.take("]]")) {
      do {
        const atom = this.#atom(key);
        if (keys.length > 0 && compareAtoms(keys[keys.length - 1]!, atom) >= 0) sorted = false;
        keys.push(atom);
      } while (this.take(","));
      this.#expect("]]");
    }
    if (!sorted) {
      keys.sort(compareAtoms);
      mustDiffer(keys);
    }
    // An array that grew has room for more, which would be kept with each of many rows.
    return { keys: keys.slice(), values: undefined };
  }

  #map(key: BaseType, value: BaseType): Datum {
    this.#expect(mapStart);
    const pairs: [Atom, Atom][] = [];
    let sorted = true;
    if (!this.take("]]")) {
      do {
        this.#expect("[");
        const k = this.#atom(key);
        this.#expect(",");
        if (pairs.length > 0 && compareAtoms(pairs[pairs.length - 1]![0], k) >= 0) sorted = false;
        pairs.push([k, this.#atom(value)]);
        this.#expect("]");
      } while (this.take(","));
      this.#expect("]]");
    }
    if (!sorted) pairs.sort((a, b) => compareAtoms(a[0], b[0]));
    const keys = pairs.map((pair) => pair[0]);
    if (!sorted) mustDiffer(keys);
    return { keys, values: pairs.map((pair) => pair[1]) };
  }

  #atom(base: BaseType): Atom {
    const atom = this.#unchecked(base);
    checkAtom(base, atom);
    return atom;
  }

  #unchecked(base: BaseType): Atom {
    switch (base.type) {
      case "string":
        this.#expect('"');
        return this.#string();
      case "integer":
        return this.#integer();
      case "real":
        return this.#number();
      case "boolean":
        if (this.take("true")) return true;
        this.#expect("false");
        return false;
      case "uuid": {
        this.#expect(uuidStart);
        const uuid = parseUuid(this.#string());
        if (uuid === undefined) throw new NotPlainError("UUID");
        this.#expect("]");
        return uuid;
      }
    }
  }

  #string(): string {
    const from = this.#at;
    const to = this.#endOfString();
    this.#at = to + 1;
    return to - from <= longestCopied ? this.#text.slice(from, to) : this.#copy(from, to);
  }

  /** Integers of up to 15 digits. */
  #integer(): number {
    const text = this.#text;
    const negative = text.charCodeAt(this.#at) === 0x2d;
    const from = negative ? this.#at + 1 : this.#at;
    let at = from;
    let value = 0;
    for (let c = text.charCodeAt(at); c >= 0x30 && c <= 0x39; c = text.charCodeAt(++at)) value = value * 10 + c - 0x30;
    const digits = at - from;
    const next = text.charCodeAt(at);
    // Behind an integer comes a comma, a bracket or a brace.
    const ends = next === 0x2c || next === 0x5d || next === 0x7d;
    if (digits === 0 || digits > 15 || !ends || (digits > 1 && text.charCodeAt(from) === 0x30)) {
      throw new NotPlainError("integer");
    }
    this.#at = at;
    return negative && value !== 0 ? -value : value;
  }

  #number(): number {
    const text = this.#text;
    const from = this.#at;
    let at = from;
    while (isNumberPart(text.charCodeAt(at))) at++;
    const part = text.slice(from, at);
    const value = Number(part);
    if (!number.test(part) || !Number.isFinite(value)) throw new NotPlainError("number");
    this.#at = at;
    return value + 0;
  }

  #endOfString(): number {
    const end = this.#text.indexOf('"', this.#at);
    if (end < 0) throw new NotPlainError("string");
    return end;
  }

  #expect(text: string): void {
    if (!this.take(text)) throw new NotPlainError(text);
  }
}

/** Digits, letters e and E, signs and the point. */
function isNumberPart(code: number): boolean {
  return (code >= 0x30 && code <= 0x39) || code === 0x2e || code === 0x2d || code === 0x2b || (code | 0x20) === 0x65;
}

function mustDiffer(keys: readonly Atom[]): void {
  if (keys.some((key, i) => i > 0 && key === keys[i - 1])) throw new NotPlainError("twice");
}
