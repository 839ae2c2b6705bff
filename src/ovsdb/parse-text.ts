import { UserError } from "#util/errors.js";
import { type Atom, compareAtoms, normalInteger, parseUuid, type Uuid } from "./atom.js";
import { type BaseType, checkAtom } from "./base-type.js";
import { type ColumnType, describeType } from "./column-type.js";
import type { Datum } from "./datum.js";
import { OvsdbError } from "./error.js";
import { unescapeJsonString } from "./quoted-string.js";
import { isDelimiter, skipSpaces, tokenEnd } from "./token.js";

/** Gives the UUID that `@name` stands for; `name` is without the `@`. */
export type NameResolver = (name: string, base: BaseType) => Uuid;

/** Where text goes on after something was read from it. */
interface Read<T> {
  readonly value: T;
  readonly end: number;
}

/** Elements an integer range such as `1-5` may stand for at most. */
const MAX_RANGE = 4096;

/**
 * Reads one value as people write it, such as `5`, `true`, `word`, `"quoted"`, a UUID or `@name`, and checks the type's
 * constraints. The whole of `text` is the value, so that a string needs no quotes whatever is in it, unless it begins with
 * one. Throws `UserError` with the tools' words.
 */
export function parseAtom(base: BaseType, text: string, resolve?: NameResolver): Atom {
  return wordToAtom(base, text, resolve);
}

/**
 * Reads a column's value as people write it: elements or `key=value` pairs with a comma or spaces between them, in
 * brackets (`[…]`, `{…}`) or not; integer sets also take ranges. Throws `UserError` with the tools' words.
 */
export function parseDatum(type: ColumnType, text: string, resolve?: NameResolver): Datum {
  const [open, close] = type.value ? "{}" : "[]";
  let at = skipSpaces(text, 0);
  const bracketed = text[at] === open;
  if (bracketed) at = skipSpaces(text, at + 1);
  else if (at >= text.length) {
    throw new UserError(`use "${open}${close}" to specify the empty ${type.value ? "map" : "set"}`);
  }
  const keys: Atom[] = [];
  const values: Atom[] = [];
  while (at < text.length && !(bracketed && text[at] === close)) {
    if (isDelimiter(text, at)) throw new UserError(`${text}: unexpected "${text[at]}" parsing ${describeType(type)}`);
    if (type.value) {
      const pair = readPair(type.key, type.value, text, at, resolve);
      keys.push(pair.value[0]);
      values.push(pair.value[1]);
      at = pair.end;
    } else {
      const item = readElement(type.key, text, at, resolve);
      for (const atom of item.value) keys.push(atom);
      at = item.end;
    }
    at = skipSpaces(text, at);
    if (text[at] === ",") at = skipSpaces(text, at + 1);
  }
  if (bracketed) {
    if (at >= text.length) throw new UserError(`${text}: missing "${close}" at end of data`);
    if (skipSpaces(text, at + 1) < text.length) throw new UserError(`${text}: trailing garbage after "${close}"`);
  }
  checkCount(type, text, keys.length);
  return sorted(type, text, keys, values);
}

function checkCount(type: ColumnType, text: string, n: number): void {
  const limit =
    n < type.min ? `minimum number is ${type.min}` : n > type.max ? `maximum number is ${type.max}` : undefined;
  if (limit !== undefined) throw new UserError(`${text}: ${n} value(s) specified but the ${limit}`);
}

function sorted(type: ColumnType, text: string, keys: readonly Atom[], values: readonly Atom[]): Datum {
  const order = keys.map((_, i) => i).sort((a, b) => compareAtoms(keys[a]!, keys[b]!));
  if (order.some((i, n) => n > 0 && keys[i] === keys[order[n - 1]!])) {
    throw new UserError(`${text}: ${type.value ? "map contains duplicate key" : "set contains duplicate value"}`);
  }
  return { keys: order.map((i) => keys[i]!), values: type.value && order.map((i) => values[i]!) };
}

function readPair(
  key: BaseType,
  value: BaseType,
  text: string,
  at: number,
  resolve: NameResolver | undefined,
): Read<[Atom, Atom]> {
  const keyEnd = tokenEnd(text, at);
  const keyAtom = wordToAtom(key, text.slice(at, keyEnd), resolve);
  const equals = skipSpaces(text, keyEnd);
  if (text[equals] !== "=") {
    // Upstream prints the character found; at the end that is a NUL, which ends the message.
    const rest = text.slice(at);
    throw new UserError(`${rest}: syntax error at "${equals < text.length ? `${text[equals]}" expecting "="` : ""}`);
  }
  const valueAt = skipSpaces(text, equals + 1);
  const end = tokenEnd(text, valueAt);
  return { value: [keyAtom, wordToAtom(value, text.slice(valueAt, end), resolve)], end };
}

function readElement(base: BaseType, text: string, at: number, resolve: NameResolver | undefined): Read<Atom[]> {
  const end = tokenEnd(text, at);
  const word = text.slice(at, end);
  const range = base.type === "integer" ? /^([+-]?\d+)-([+-]?\d+)$/.exec(word) : null;
  return { value: range ? expandRange(base, word, range[1]!, range[2]!) : [wordToAtom(base, word, resolve)], end };
}

function expandRange(base: BaseType, word: string, firstText: string, lastText: string): Atom[] {
  const first = wordToInteger(firstText);
  const last = wordToInteger(lastText);
  if (first === undefined || last === undefined) throw new UserError(`"${word}" is not a valid integer or range`);
  if (first > last) throw new UserError(`"${word}" is not a valid range. Range end cannot be before start.`);
  check(base, first);
  check(base, last);
  const size = BigInt(last) - BigInt(first) + 1n;
  if (size > MAX_RANGE) {
    throw new UserError(`constraint violation: Range "${word}" is too big. Maximum allowed size is ${MAX_RANGE}.`);
  }
  return Array.from({ length: Number(size) }, (_, i) => {
    const atom = normalInteger(BigInt(first) + BigInt(i))!;
    check(base, atom);
    return atom;
  });
}

function check(base: BaseType, atom: Atom): void {
  try {
    checkAtom(base, atom);
  } catch (error) {
    throw error instanceof OvsdbError ? new UserError(error.message) : error;
  }
}

function wordToAtom(base: BaseType, word: string, resolve: NameResolver | undefined): Atom {
  const atom = readWord(base, word, resolve);
  check(base, atom);
  return atom;
}

function readWord(base: BaseType, word: string, resolve: NameResolver | undefined): Atom {
  switch (base.type) {
    case "string":
      return wordToString(word);
    case "integer": {
      const integer = wordToInteger(word);
      if (integer === undefined) throw new UserError(`"${word}" is not a valid integer or range`);
      return integer;
    }
    case "real":
      if (!/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(word) || !Number.isFinite(Number(word))) {
        throw new UserError(`"${word}" is not a valid real number`);
      }
      return Number(word) + 0;
    case "boolean":
      if (["true", "yes", "on", "1"].includes(word)) return true;
      if (["false", "no", "off", "0"].includes(word)) return false;
      throw new UserError(`"${word}" is not a valid boolean (use "true" or "false")`);
    case "uuid": {
      if (word.startsWith("@") && resolve) return resolve(word.slice(1), base);
      const uuid = parseUuid(word);
      if (uuid === undefined) throw new UserError(`"${word}" is not a valid UUID`);
      return uuid;
    }
  }
}

function wordToInteger(word: string): number | bigint | undefined {
  return /^[+-]?\d+$/.test(word) ? normalInteger(BigInt(word.replace(/^\+/, ""))) : undefined;
}

function wordToString(word: string): string {
  if (word === "") {
    throw new UserError('An empty string is not valid as input; use "" to represent the empty string');
  }
  if (!word.startsWith('"')) return word;
  if (word.length < 2 || !word.endsWith('"')) throw new UserError(`${word}: missing quote at end of quoted string`);
  const string = unescapeJsonString(word.slice(1, -1));
  if ("fault" in string) throw new UserError(`${word}: ${string.fault}`);
  return string.text;
}
