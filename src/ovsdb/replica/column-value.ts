import { type Atom, type AtomicType, normalInteger, parseUuid, type Uuid } from "../atom.js";
import type { BaseType } from "../base-type.js";
import { type ColumnType, UNLIMITED } from "../column-type.js";
import { type Datum, mapOf, pairsOf, setOf } from "../datum.js";
import type { AtomOf, TableDeclaration } from "../declaration.js";
import type { ColumnShape } from "./column-shape.js";
import { NewRow } from "./new-row.js";

type WriteAtom<B> = B extends { readonly ref: infer R extends string } ? Uuid | NewRow<R> : AtomOf<B>;

type WriteMap<K, V> =
  | ReadonlyMap<WriteAtom<K>, WriteAtom<V>>
  | (WriteAtom<K> extends string ? { readonly [key: string]: WriteAtom<V> } : never);

/**
 * What may be written to a column: as it is read, with rows that the same transaction inserts where rows are named. A map with string
 * keys may be a plain object.
 */
export type WriteValue<C> = C extends { readonly one: infer B }
  ? WriteAtom<B>
  : C extends { readonly optional: infer B }
    ? WriteAtom<B> | undefined
    : C extends { readonly set: infer B }
      ? readonly WriteAtom<B>[]
      : C extends { readonly map: readonly [infer K, infer V] }
        ? WriteMap<K, V>
        : never;

/** Values for some columns of a row that is to be inserted. */
export type InsertRow<T extends TableDeclaration> = {
  readonly [C in keyof T["columns"]]?: WriteValue<T["columns"][C]>;
};

/** Values for some columns of a row that exists: those that may change. */
export type UpdateRow<T extends TableDeclaration> = {
  readonly [C in keyof T["columns"] as T["columns"][C] extends { readonly mutable: false } ? never : C]?: WriteValue<
    T["columns"][C]
  >;
};

/** What a program sees of a datum: an atom, an atom or undefined, a frozen array, or a map. */
export function programValue(shape: ColumnShape, datum: Datum): unknown {
  switch (shape) {
    case "scalar":
    case "optional":
      return datum.keys[0];
    case "set":
      return Object.isFrozen(datum.keys) ? datum.keys : Object.freeze([...datum.keys]);
    case "map":
      return new Map(pairsOf(datum));
  }
}

/** The datum of a value that a program gives. Throws `TypeError` where it does not fit the column's type. */
export function datumOf(type: ColumnType, value: unknown): Datum {
  if (type.value) {
    const pairs = value instanceof Map ? [...(value as Map<unknown, unknown>)] : Object.entries(asObject(value));
    return mapOf(pairs.map(([k, v]) => [atomOf(type.key, k), atomOf(type.value!, v)]));
  }
  if (value === undefined) return setOf([]);
  return setOf((Array.isArray(value) ? (value as unknown[]) : [value]).map((one) => atomOf(type.key, one)));
}

/** The keys of a map, or elements of a set, that a program gives. */
export function keysOf(type: ColumnType, keys: readonly unknown[]): Datum {
  return setOf(keys.map((key) => atomOf(type.key, key)));
}

function asObject(value: unknown): object {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw new TypeError("a map is expected");
  return value;
}

function atomOf({ type }: BaseType, value: unknown): Atom {
  switch (type) {
    case "integer": {
      const integer = typeof value === "bigint" ? normalInteger(value) : value;
      if (typeof integer === "bigint" || Number.isSafeInteger(integer)) return (integer as number | bigint) || 0;
      break;
    }
    case "real":
      if (typeof value === "number" && Number.isFinite(value)) return value + 0;
      break;
    case "boolean":
    case "string":
      if (typeof value === type) return value as Atom;
      break;
    case "uuid": {
      if (value instanceof NewRow) return value.placeholder;
      const uuid = typeof value === "string" ? parseUuid(value) : undefined;
      if (uuid !== undefined) return uuid;
    }
  }
  throw new TypeError(`${String(value)} is no ${type}`);
}

const loose = (type: AtomicType): BaseType => ({ type });

/** `type` without constraints and limits: for reading what a server with another version of the schema sends. */
export function looseType(type: ColumnType): ColumnType {
  return {
    key: loose(type.key.type),
    ...(type.value ? { value: loose(type.value.type) } : {}),
    min: 0,
    max: UNLIMITED,
  };
}
