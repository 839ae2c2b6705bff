import type { Uuid } from "./atom.js";
import type { BaseType } from "./base-type.js";
import { type ColumnType, UNLIMITED } from "./column-type.js";
import { setOf } from "./datum.js";
import { type DatabaseSchema, makeTable, type TableSchema } from "./schema.js";

/** Limits: `[least]` or `[least, greatest]`. */
type Limits<N> = readonly [N] | readonly [N, N];

/**
 * What one atom of a column is: a plain type, an integer or a real in a range, a string whose length (in characters) is in a
 * range, one of some words or integers, or a reference to a row of a table.
 */
export type BaseDeclaration =
  | "integer"
  | "real"
  | "boolean"
  | "string"
  | "uuid"
  | { readonly integer: Limits<number | bigint> }
  | { readonly real: Limits<number> }
  | { readonly string: Limits<number> }
  | { readonly oneOf: readonly string[] }
  | { readonly oneOfIntegers: readonly (number | bigint)[] }
  | { readonly ref: string; readonly weak?: true };

interface ColumnFlags {
  /** May not be changed once its row exists. */
  readonly mutable?: false;
  /** Forgotten when the database restarts. */
  readonly ephemeral?: true;
}

/** A column, by its shape: exactly one value, one or none, a set or a map. Sets and maps have any number unless said otherwise. */
export type ColumnDeclaration = ColumnFlags &
  (
    | { readonly one: BaseDeclaration }
    | { readonly optional: BaseDeclaration }
    | { readonly set: BaseDeclaration; readonly min?: 1; readonly max?: number }
    | { readonly map: readonly [BaseDeclaration, BaseDeclaration]; readonly min?: 1; readonly max?: number }
  );

/** A table. Tables that are not roots lose rows that nothing refers to. */
export interface TableDeclaration {
  readonly columns: { readonly [name: string]: ColumnDeclaration };
  readonly isRoot?: true;
  readonly maxRows?: number;
  readonly indexes?: readonly (readonly string[])[];
}

/** A database schema as a literal, from which row types follow at compile time and `DatabaseSchema` at run time. */
export interface SchemaDeclaration {
  readonly name: string;
  readonly version: string;
  readonly tables: { readonly [name: string]: TableDeclaration };
}

/** What a program sees of an atom. */
export type AtomOf<B> = B extends "integer"
  ? number | bigint
  : B extends "real" | { readonly real: unknown }
    ? number
    : B extends "boolean"
      ? boolean
      : B extends "string" | { readonly string: unknown }
        ? string
        : B extends "uuid" | { readonly ref: string }
          ? Uuid
          : B extends { readonly integer: readonly [number, number] }
            ? number
            : B extends { readonly integer: unknown }
              ? number | bigint
              : B extends { readonly oneOf: readonly (infer Word)[] }
                ? Word
                : B extends { readonly oneOfIntegers: readonly (infer Choice)[] }
                  ? Choice
                  : never;

/** What a program sees of a column: a value, a value or undefined, an array, or a map. */
type ColumnValue<C> = C extends { readonly one: infer B }
  ? AtomOf<B>
  : C extends { readonly optional: infer B }
    ? AtomOf<B> | undefined
    : C extends { readonly set: infer B }
      ? readonly AtomOf<B>[]
      : C extends { readonly map: readonly [infer K, infer V] }
        ? ReadonlyMap<AtomOf<K>, AtomOf<V>>
        : never;

/** A table's row as a program sees it: its UUID and all columns. */
export type RowOf<T extends TableDeclaration> = { readonly uuid: Uuid } & {
  readonly [C in keyof T["columns"]]: ColumnValue<T["columns"][C]>;
};

/** The rows of a schema, by table name. */
export type RowsOf<S extends SchemaDeclaration> = { readonly [T in keyof S["tables"]]: RowOf<S["tables"][T]> };

/** Documentation of a table: what it is, and every column of it in a few sentences. A column left out does not compile. */
export interface TableDocs<T extends TableDeclaration> {
  readonly table: string;
  readonly columns: { readonly [C in keyof T["columns"]]: string };
}

/** The schema value of a declaration. `cksum` is what `ovsdb-tool schema-cksum` is to print. */
export function declaredSchema(declaration: SchemaDeclaration, cksum = ""): DatabaseSchema {
  const tables = Object.entries(declaration.tables).map(([name, table]) => [name, declaredTable(name, table)] as const);
  return { name: declaration.name, version: declaration.version, cksum, tables: new Map(tables) };
}

/** One table's schema value. */
export function declaredTable(name: string, table: TableDeclaration): TableSchema {
  return makeTable({
    name,
    columns: Object.entries(table.columns).map(([columnName, column]) => ({
      name: columnName,
      type: columnType(column),
      mutable: column.mutable,
      ephemeral: column.ephemeral,
    })),
    isRoot: table.isRoot,
    maxRows: table.maxRows,
    indexes: table.indexes,
  });
}

function columnType(column: ColumnDeclaration): ColumnType {
  if ("one" in column) return { key: baseType(column.one), min: 1, max: 1 };
  if ("optional" in column) return { key: baseType(column.optional), min: 0, max: 1 };
  const count = { min: column.min ?? 0, max: column.max ?? UNLIMITED };
  if ("set" in column) return { key: baseType(column.set), ...count };
  return { key: baseType(column.map[0]), value: baseType(column.map[1]), ...count };
}

function baseType(base: BaseDeclaration): BaseType {
  if (typeof base === "string") return { type: base };
  if ("oneOf" in base) return { type: "string", enum: setOf(base.oneOf) };
  if ("oneOfIntegers" in base) return { type: "integer", enum: setOf(base.oneOfIntegers) };
  if ("ref" in base) return { type: "uuid", refTable: base.ref, ...(base.weak ? { refType: "weak" } : {}) };
  if ("string" in base) {
    const [minLength, maxLength] = base.string;
    return {
      type: "string",
      ...(minLength > 0 ? { minLength } : {}),
      ...(maxLength === undefined ? {} : { maxLength }),
    };
  }
  if ("real" in base) {
    const [minReal, maxReal] = base.real;
    return { type: "real", minReal, ...(maxReal === undefined ? {} : { maxReal }) };
  }
  const [minInteger, maxInteger] = base.integer;
  return { type: "integer", minInteger, ...(maxInteger === undefined ? {} : { maxInteger }) };
}
