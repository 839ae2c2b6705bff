import { type Atom, defaultAtom } from "./atom.js";
import { type BaseType, checkAtom } from "./base-type.js";
import { type Datum, EMPTY_MAP, EMPTY_SET } from "./datum.js";

/** The `max` of a column that may hold any number of elements. */
export const UNLIMITED = 4294967295;

/** What a column holds (RFC 7047 section 3.2 `<type>`): `min` to `max` elements, pairs when `value` is there. */
export interface ColumnType {
  readonly key: BaseType;
  readonly value?: BaseType;
  /** 0 or 1. */
  readonly min: number;
  /** At least 1; `UNLIMITED` for no limit. */
  readonly max: number;
}

/** Exactly one value, no map. */
export function isScalar(type: ColumnType): boolean {
  return type.min === 1 && type.max === 1 && type.value === undefined;
}

/** One value or none, no map. */
export function isOptionalScalar(type: ColumnType): boolean {
  return type.min === 0 && type.max === 1 && type.value === undefined;
}

/** What a new row holds where nothing is given: nothing if allowed, else one default atom (or pair). */
export function defaultDatum(type: ColumnType): Datum {
  if (type.min === 0) return type.value ? EMPTY_MAP : EMPTY_SET;
  return { keys: [defaultAtom(type.key.type)], values: type.value && [defaultAtom(type.value.type)] };
}

/** Whether `datum` is what a new row would hold. */
export function isDefaultDatum(type: ColumnType, datum: Datum): boolean {
  if (type.min === 0) return datum.keys.length === 0;
  if (datum.keys.length !== 1 || datum.keys[0] !== defaultAtom(type.key.type)) return false;
  return type.value === undefined || datum.values![0] === defaultAtom(type.value.type);
}

/** Checks every atom's constraints; the number of elements is not looked at. */
export function checkAtoms(type: ColumnType, datum: Datum): void {
  for (const key of datum.keys) checkAtom(type.key, key);
  if (type.value) for (const value of datum.values as readonly Atom[]) checkAtom(type.value, value);
}

/** Names a type for people, as error messages do: `set of up to 3 integers`, `map of (string, string) pairs`. */
export function describeType(type: ColumnType): string {
  if (isScalar(type)) return type.key.type;
  const count =
    type.max !== UNLIMITED
      ? type.min > 0
        ? `${type.min} to ${type.max} `
        : `up to ${type.max} `
      : type.min > 0
        ? `${type.min} or more `
        : "";
  return type.value
    ? `map of ${count}(${type.key.type}, ${type.value.type}) pairs`
    : `set of ${count}${type.key.type}s`;
}
