import { compareCodePoints } from "#util/json-text.js";

/** The five types a single value can have (RFC 7047 section 3.2 `<atomic-type>`). */
export type AtomicType = "integer" | "real" | "boolean" | "string" | "uuid";

/** A UUID in lower-case canonical text, such as `550e8400-e29b-41d4-a716-446655440000`. */
export type Uuid = string & { readonly uuidBrand: never };

/**
 * A single value. Integers are `number` within ±(2^53 − 1) and `bigint` beyond, never the other way round, so that `===`
 * and `<` are right for both. Whether a number is an integer or a real, and a string a UUID, is told by the column's type.
 */
export type Atom = number | bigint | boolean | string | Uuid;

/** The all-zeros UUID, the default of uuid columns. */
export const ZERO_UUID: Uuid = "00000000-0000-0000-0000-000000000000" as Uuid;

const INTEGER_MIN = -(2n ** 63n);
const INTEGER_MAX = 2n ** 63n - 1n;

/** An integer in its one representation, or undefined if it does not fit 64 bits. */
export function normalInteger(value: bigint): number | bigint | undefined {
  if (value >= -9007199254740991n && value <= 9007199254740991n) return Number(value);
  return value < INTEGER_MIN || value > INTEGER_MAX ? undefined : value;
}

/** The value a new row has where none is given (RFC 7047 section 5.2.1). */
export function defaultAtom(type: AtomicType): Atom {
  switch (type) {
    case "integer":
    case "real":
      return 0;
    case "boolean":
      return false;
    case "string":
      return "";
    case "uuid":
      return ZERO_UUID;
  }
}

/** Orders two atoms of one type: numbers by value, false before true, strings by UTF-8 bytes. Negative, zero or positive. */
export function compareAtoms(a: Atom, b: Atom): number {
  if (a === b) return 0;
  if (typeof a === "string") return compareCodePoints(a, b as string);
  return a < b ? -1 : 1;
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** Reads a whole UUID; letters may have either case. Undefined if it is not one. */
export function parseUuid(text: string): Uuid | undefined {
  return UUID.test(text) ? (text.toLowerCase() as Uuid) : undefined;
}

/** Whether `text` begins with at least `digits` characters that could begin a UUID, and has nothing else. */
export function isPartialUuid(text: string, digits = 0): boolean {
  if (text.length < digits || text.length > 36) return false;
  return UUID.test(text + ZERO_UUID.slice(text.length));
}

/** Whether `text` is an `<id>`: a letter or underscore, then letters, digits and underscores. */
export function isId(text: string): boolean {
  return /^[A-Za-z_][A-Za-z0-9_]*$/.test(text);
}
