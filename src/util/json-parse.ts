import type { Json } from "./json.js";

/** JSON text that is not well formed. The message is Open vSwitch's: `line 0, column 4, byte 4: syntax error …`. */
export class JsonSyntaxError extends Error {
  override name = "JsonSyntaxError";
}

const deepest = 1000;
const int64Min = -(2n ** 63n);
const int64Max = 2n ** 63n - 1n;

/** `\u` escapes that `JSON.parse` takes and Open vSwitch does not (NUL, half a surrogate pair), or may not. */
const doubtfulEscape = /\\u(?:0000|[dD][89a-fA-F])/;

/** What can end a number that is too large for a double: an exponent of three digits. */
const largeExponent = /[0-9][eE][+]?[0-9]{3,}[,\]}\s]/;

/** Digits from which on an integer may exceed what a double holds exactly. */
const longRun = 16;

/** Whether a text has so many digits in a row. Looks at every sixteenth character, which a run cannot slip through. */
function hasLongRun(text: string): boolean {
  for (let at = longRun - 1; at < text.length; at += longRun) {
    if (!isDigit(text.charCodeAt(at))) continue;
    let from = at;
    let to = at + 1;
    while (from > 0 && isDigit(text.charCodeAt(from - 1))) from--;
    while (isDigit(text.charCodeAt(to))) to++;
    if (to - from >= longRun) return true;
  }
  return false;
}

function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39;
}

/** Whether some value is nested beyond what Open vSwitch takes, if the text is JSON at all. */
function isDeep(text: string): boolean {
  let depth = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === 0x22) {
      at = endOfString(text, at);
      if (at < 0) return false;
    } else if (code === 0x5b || code === 0x7b) {
      if (++depth > deepest) return true;
    } else if (code === 0x5d || code === 0x7d) depth--;
  }
  return false;
}

/** Where the string ends that begins at a quotation mark; -1 if nowhere. */
function endOfString(text: string, start: number): number {
  for (let end = text.indexOf('"', start + 1); end >= 0; end = text.indexOf('"', end + 1)) {
    let from = end;
    while (text.charCodeAt(from - 1) === 0x5c) from--;
    if ((end - from) % 2 === 0) return end;
  }
  return -1;
}

/** Whether `JSON.parse` might take the text otherwise than Open vSwitch. */
function needsCare(text: string): boolean {
  if (text.length > 2 * deepest && isDeep(text)) return true;
  return hasLongRun(text) || largeExponent.test(text) || (text.includes("\\u") && doubtfulEscape.test(text));
}

/**
 * Reads one JSON object or array. Integers of 64 bits that a double cannot hold come as `bigint`; larger ones as the nearest double.
 * Throws `JsonSyntaxError`.
 */
export function parseJson(text: string): Json {
  if (!needsCare(text)) {
    try {
      const json = JSON.parse(text) as Json;
      if (json !== null && typeof json === "object") return json;
    } catch {
      // The exact reader below says what is wrong, and where.
    }
  }
  return parseJsonExactly(text);
}

/** As `parseJson`, always by the slower reader that follows Open vSwitch's rules in all. */
export function parseJsonExactly(text: string): Json {
  return new Reader(text).document();
}

type Token =
  | { readonly kind: "value"; readonly value: Json }
  | { readonly kind: "mark"; readonly mark: string }
  | { readonly kind: "end" };

/** A keyword or a number, or what looks like one. */
const word = /(?:[a-z][a-zA-Z]*|[-0-9][-+.0-9eE]*)/y;

class Reader {
  readonly #text: string;
  #at = 0;
  /** Where the token read last is noticed to be complete: its last character, or for numbers and words the one after. */
  #noticed = 0;

  constructor(text: string) {
    this.#text = text;
  }

  document(): Json {
    const first = this.#next();
    if (first.kind === "end") throw this.#fault("empty input stream");
    if (first.kind !== "mark" || (first.mark !== "{" && first.mark !== "[")) {
      throw this.#fault("syntax error at beginning of input");
    }
    const value = this.#container(first.mark, 1);
    if (this.#next().kind !== "end") throw this.#fault("trailing garbage at end of input");
    return value;
  }

  #container(mark: string, depth: number): Json {
    if (depth > deepest) throw this.#fault(`input exceeds maximum nesting depth ${deepest}`);
    return mark === "{" ? this.#object(depth) : this.#array(depth);
  }

  #object(depth: number): Json {
    const object: Record<string, Json> = {};
    let name = this.#next();
    if (name.kind === "mark" && name.mark === "}") return object;
    for (;;) {
      if (name.kind === "end") throw this.#fault("unexpected end of input");
      if (name.kind !== "value" || typeof name.value !== "string") {
        throw this.#fault("syntax error parsing object expecting string");
      }
      const colon = this.#next();
      if (colon.kind === "end") throw this.#fault("unexpected end of input");
      if (colon.kind !== "mark" || colon.mark !== ":") throw this.#fault("syntax error parsing object expecting ':'");
      const value = this.#value(this.#next(), depth);
      if (name.value === "__proto__") {
        Object.defineProperty(object, name.value, { value, enumerable: true, configurable: true, writable: true });
      } else object[name.value] = value;
      const after = this.#next();
      if (after.kind === "end") throw this.#fault("unexpected end of input");
      if (after.kind === "mark" && after.mark === "}") return object;
      if (after.kind !== "mark" || after.mark !== ",") throw this.#fault("syntax error expecting '}' or ','");
      name = this.#next();
    }
  }

  #array(depth: number): Json {
    const items: Json[] = [];
    let item = this.#next();
    if (item.kind === "mark" && item.mark === "]") return items;
    for (;;) {
      items.push(this.#value(item, depth));
      const after = this.#next();
      if (after.kind === "end") throw this.#fault("unexpected end of input");
      if (after.kind === "mark" && after.mark === "]") return items;
      if (after.kind !== "mark" || after.mark !== ",") throw this.#fault("syntax error expecting ']' or ','");
      item = this.#next();
    }
  }

  #value(token: Token, depth: number): Json {
    if (token.kind === "value") return token.value;
    if (token.kind === "end") throw this.#fault("unexpected end of input");
    if (token.kind === "mark" && (token.mark === "{" || token.mark === "["))
      return this.#container(token.mark, depth + 1);
    throw this.#fault("syntax error expecting value");
  }

  #next(): Token {
    const text = this.#text;
    while (this.#at < text.length && " \t\n\r".includes(text[this.#at]!)) this.#at++;
    this.#noticed = this.#at;
    if (this.#at >= text.length) return { kind: "end" };
    const c = text[this.#at]!;
    if ("{}[]:,".includes(c)) {
      this.#at++;
      return { kind: "mark", mark: c };
    }
    if (c === '"') return { kind: "value", value: this.#string() };
    word.lastIndex = this.#at;
    const rest = word.exec(text)?.[0];
    if (rest === undefined) throw this.#fault(`invalid character '${c}'`);
    this.#at += rest.length;
    this.#noticed = this.#at;
    return { kind: "value", value: /^[a-z]/i.test(rest) ? this.#keyword(rest) : this.#number(rest) };
  }

  #keyword(word: string): Json {
    if (word === "true") return true;
    if (word === "false") return false;
    if (word === "null") return null;
    throw this.#fault(`invalid keyword '${word}'`);
  }

  #number(text: string): Json {
    const parts = /^(-?)(\d*)(?:(\.)(\d*))?(?:([eE])([-+]?)(\d*))?(.*)$/.exec(text)!;
    const [, sign = "", whole = "", point, fraction = "", exponent, powerSign = "", power = "", rest] = parts;
    if (whole === "") throw this.#fault(sign ? "'-' must be followed by digit" : "syntax error in number");
    if (whole.length > 1 && whole.startsWith("0")) throw this.#fault("leading zeros not allowed");
    if (point && fraction === "") throw this.#fault("decimal point must be followed by digit");
    if (exponent && power === "") throw this.#fault("exponent must contain at least one digit");
    if (rest) throw this.#fault("syntax error in number");
    const value = Number(text);
    if (!Number.isFinite(value)) throw this.#fault("number outside valid range");
    if (Number.isSafeInteger(value) || !Number.isInteger(value)) return value;
    const exact = exactInteger(sign + whole, fraction, Number(powerSign + power));
    return exact !== undefined && exact >= int64Min && exact <= int64Max ? exact : value;
  }

  #string(): string {
    const text = this.#text;
    const start = ++this.#at;
    let escaped = false;
    for (;;) {
      const code = text.charCodeAt(this.#at);
      if (Number.isNaN(code)) {
        this.#noticed = this.#at;
        throw this.#fault("unexpected end of input in quoted string");
      }
      if (code === 0x22) break;
      if (code < 0x20) {
        this.#noticed = this.#at;
        throw this.#fault(`U+${code.toString(16).toUpperCase().padStart(4, "0")} must be escaped in quoted string`);
      }
      if (code === 0x5c) {
        escaped = true;
        this.#at++;
      }
      this.#at++;
    }
    const raw = text.slice(start, this.#at);
    this.#noticed = this.#at++;
    return escaped ? this.#unescape(raw) : raw;
  }

  #unescape(raw: string): string {
    let out = "";
    for (let i = 0; i < raw.length; i++) {
      const c = raw[i]!;
      if (c !== "\\") {
        out += c;
        continue;
      }
      const e = raw[++i] ?? "";
      const plain = escapes[e];
      if (plain !== undefined) out += plain;
      else if (e === "u") {
        const unit = this.#hex(raw, i + 1);
        i += 4;
        if (unit === 0) throw this.#fault("null bytes not supported in quoted strings");
        out += String.fromCharCode(unit);
        if (unit < 0xd800 || unit > 0xdbff) continue;
        if (raw[i + 1] !== "\\" || raw[i + 2] !== "u") throw this.#fault("malformed escaped surrogate pair");
        const low = this.#hex(raw, i + 3);
        i += 6;
        if (low < 0xdc00 || low > 0xdfff) {
          throw this.#fault("second half of escaped surrogate pair is not trailing surrogate");
        }
        out += String.fromCharCode(low);
      } else throw this.#fault(`bad escape \\${e}`);
    }
    return out;
  }

  #hex(raw: string, at: number): number {
    const digits = raw.slice(at, at + 4);
    if (digits.length < 4) throw this.#fault("quoted string ends within \\u escape");
    if (!/^[0-9a-f]{4}$/i.test(digits)) throw this.#fault("malformed \\u escape");
    return Number.parseInt(digits, 16);
  }

  #fault(what: string): JsonSyntaxError {
    const before = this.#text.slice(0, this.#noticed);
    const lineStart = before.lastIndexOf("\n") + 1;
    const line = before.split("\n").length - 1;
    const bytes = (part: string): number => new TextEncoder().encode(part).length;
    const where = `line ${line}, column ${bytes(before.slice(lineStart))}, byte ${bytes(before)}`;
    return new JsonSyntaxError(`${where}: ${what}`);
  }
}

/** The value of a number in decimal notation, if it is an integer of a size that matters here. */
function exactInteger(whole: string, fraction: string, power: number): bigint | undefined {
  const shift = power - fraction.length;
  const digits = BigInt(whole + fraction);
  if (shift >= 0) return shift > 20 ? undefined : digits * 10n ** BigInt(shift);
  const unit = 10n ** BigInt(-shift);
  return digits % unit === 0n ? digits / unit : undefined;
}

const escapes: Readonly<Record<string, string>> = {
  '"': '"',
  "\\": "\\",
  "/": "/",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
};
