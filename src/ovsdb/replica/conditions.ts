import type { Json } from "#util/json.js";
import { datumToJson } from "../datum-json.js";
import type { RowsOf, SchemaDeclaration } from "../declaration.js";
import { declaredSchema } from "../declaration.js";
import { datumOf } from "./column-value.js";
import type { ColumnName, Follow, FollowedTable, TableName } from "./follow.js";

type Value<S extends SchemaDeclaration, T extends TableName<S>, C extends ColumnName<S, T>> = RowsOf<S>[T][C &
  keyof RowsOf<S>[T]];

/** A comparison of a column of a table with a value (RFC 7047, 5.1 `<condition>`). */
type Comparison<S extends SchemaDeclaration, T extends TableName<S>> = {
  readonly [C in ColumnName<S, T>]: readonly [
    C,
    "==" | "!=" | "<" | "<=" | ">" | ">=" | "includes" | "excludes",
    Value<S, T, C>,
  ];
}[ColumnName<S, T>];

/** Which rows of a table to follow: all, none, or those for which some comparison holds. */
export type RowCondition<S extends SchemaDeclaration, T extends TableName<S>> =
  | "all"
  | "none"
  | readonly (Comparison<S, T> | readonly ["_uuid", "==" | "!=", string])[];

/** Which rows of some tables to follow. */
export type RowConditions<S extends SchemaDeclaration, F extends Follow<S>> = {
  readonly [T in FollowedTable<S, F>]?: RowCondition<S, T>;
};

type AnyCondition = "all" | "none" | readonly (readonly [string, string, unknown])[];

/** The `where` members of a monitor's tables. */
export type WhereByTable = ReadonlyMap<string, readonly Json[]>;

/** Conditions in the protocol's notation. Throws `TypeError` for a value that does not fit its column. */
export function conditionsToJson(
  declaration: SchemaDeclaration,
  conditions: { readonly [table: string]: AnyCondition | undefined },
): WhereByTable {
  const schema = declaredSchema(declaration);
  const where = new Map<string, readonly Json[]>();
  for (const [name, condition] of Object.entries(conditions)) {
    const table = schema.tables.get(name);
    if (!table) throw new TypeError(`${declaration.name} has no table ${name}`);
    if (condition === undefined) continue;
    if (condition === "all") where.set(name, [true]);
    // An empty list would mean all rows.
    else if (condition === "none" || condition.length === 0) where.set(name, [false]);
    else {
      where.set(
        name,
        condition.map(([column, operator, value]) => {
          const type = table.columns.get(column)?.type;
          if (!type) throw new TypeError(`${name} has no column ${column}`);
          return [column, operator, datumToJson(type, datumOf(type, value))];
        }),
      );
    }
  }
  return where;
}
