import { type ColumnType, defaultDatum } from "../column-type.js";
import { type Datum, EMPTY_MAP, EMPTY_SET } from "../datum.js";
import type { ColumnDeclaration, SchemaDeclaration } from "../declaration.js";
import { declaredSchema } from "../declaration.js";
import type { DatabaseSchema } from "../schema.js";
import { type ColumnShape, shapeOf } from "./column-shape.js";
import { followedColumns } from "./follow.js";

/** A column that is followed, as the program knows it. */
export interface ReplicaColumn {
  readonly name: string;
  /** Its place in a row's data. */
  readonly index: number;
  readonly shape: ColumnShape;
  readonly type: ColumnType;
  /** What rows have where the server has no such column. */
  readonly default: Datum;
}

/** A table that is followed. */
export interface ReplicaTable {
  readonly name: string;
  readonly columns: readonly ReplicaColumn[];
  readonly byName: ReadonlyMap<string, ReplicaColumn>;
}

/** The tables that a program follows, by name. */
export type ReplicaTables = ReadonlyMap<string, ReplicaTable>;

/** The tables and columns that `follow` names. Throws `TypeError` for a name that the declaration does not have. */
export function replicaTables(
  declaration: SchemaDeclaration,
  follow: { readonly [table: string]: "all" | readonly string[] | undefined },
): ReplicaTables {
  const schema = declaredSchema(declaration);
  const tables = new Map<string, ReplicaTable>();
  for (const [name, names] of followedColumns(declaration, follow)) {
    const declared = declaration.tables[name]!.columns;
    const types = schema.tables.get(name)!.columns;
    const columns = names.map((column, index) =>
      replicaColumn(column, index, declared[column]!, types.get(column)!.type),
    );
    tables.set(name, { name, columns, byName: new Map(columns.map((column) => [column.name, column])) });
  }
  return tables;
}

function replicaColumn(name: string, index: number, declared: ColumnDeclaration, type: ColumnType): ReplicaColumn {
  return { name, index, shape: shapeOf(declared), type, default: defaultDatum(type) };
}

/** The columns of the tables that a server has in a form that the program can read: by table, by name, with the server's types. */
export interface ServedColumns {
  readonly tables: ReadonlyMap<string, ReadonlyMap<string, ColumnType>>;
  /** What is not followed because the server lacks it (`Table` or `Table.column`) or has it otherwise (`Table.column (why)`). */
  readonly missing: readonly string[];
}

/** Compares what a program wants to follow with what a server has. */
export function servedColumns(tables: ReplicaTables, server: DatabaseSchema): ServedColumns {
  const served = new Map<string, ReadonlyMap<string, ColumnType>>();
  const missing: string[] = [];
  for (const table of tables.values()) {
    const there = server.tables.get(table.name);
    if (!there) {
      missing.push(table.name);
      continue;
    }
    const columns = new Map<string, ColumnType>();
    for (const column of table.columns) {
      const type = there.columns.get(column.name)?.type;
      if (!type) missing.push(`${table.name}.${column.name}`);
      else if (!fits(column, type)) missing.push(`${table.name}.${column.name} (of another type)`);
      else columns.set(column.name, type);
    }
    served.set(table.name, columns);
  }
  return { tables: served, missing };
}

function fits({ type, shape }: ReplicaColumn, theirs: ColumnType): boolean {
  if (type.key.type !== theirs.key.type || type.value?.type !== theirs.value?.type) return false;
  // A column of many elements cannot be read as one of a single element: its updates would be of elements.
  return shape === "set" || shape === "map" || theirs.max === 1;
}

/** The datum as the program's own type has it: a column that must have a value has its default where there is none. */
export function fitted(column: ReplicaColumn, datum: Datum): Datum {
  return column.shape === "scalar" && datum.keys.length === 0 ? column.default : datum;
}

/** What a new row has by the server's type of a column. */
export function servedDefault(column: ReplicaColumn, type: ColumnType): Datum {
  if (type.min > 0) return fitted(column, defaultDatum(type));
  return fitted(column, type.value ? EMPTY_MAP : EMPTY_SET);
}
