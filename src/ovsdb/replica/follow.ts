import type { RowOf, SchemaDeclaration } from "../declaration.js";

/** The name of a table of a declaration. */
export type TableName<S extends SchemaDeclaration> = keyof S["tables"] & string;

/** The name of a column of a table. */
export type ColumnName<S extends SchemaDeclaration, T extends TableName<S>> = keyof S["tables"][T]["columns"] & string;

/** The declaration of a column. */
export type ColumnOf<
  S extends SchemaDeclaration,
  T extends TableName<S>,
  C extends ColumnName<S, T>,
> = S["tables"][T]["columns"][C];

/** What a replica follows: of each table named, all columns or some. */
export type Follow<S extends SchemaDeclaration> = {
  readonly [T in TableName<S>]?: "all" | readonly ColumnName<S, T>[];
};

/** Refuses tables that the declaration does not have, which inference would let pass. */
export type OnlyTablesOf<S extends SchemaDeclaration, F> = {
  readonly [T in Exclude<keyof F, TableName<S>>]: never;
};

/** A table that is followed. */
export type FollowedTable<S extends SchemaDeclaration, F extends Follow<S>> = keyof F & TableName<S>;

/** A column that is followed. */
export type FollowedColumn<
  S extends SchemaDeclaration,
  F extends Follow<S>,
  T extends FollowedTable<S, F>,
> = F[T] extends readonly (infer C)[] ? C & ColumnName<S, T> : F[T] extends "all" ? ColumnName<S, T> : never;

/** A row as a replica gives it: its UUID and the columns followed. Never changed in place. */
export type FollowedRow<S extends SchemaDeclaration, F extends Follow<S>, T extends FollowedTable<S, F>> = Pick<
  RowOf<S["tables"][T]>,
  "uuid" | FollowedColumn<S, F, T>
>;

type RefOf<B> = B extends { readonly ref: infer R extends string } ? R : never;

/** The table whose rows a column's elements (of a map: its values) name; `never` where they name none. */
export type ReferredTable<C> = C extends { readonly one: infer B }
  ? RefOf<B>
  : C extends { readonly optional: infer B }
    ? RefOf<B>
    : C extends { readonly set: infer B }
      ? RefOf<B>
      : C extends { readonly map: readonly [unknown, infer V] }
        ? RefOf<V>
        : never;

/** The followed columns that refer to rows of a followed table. */
export type ReferenceColumn<S extends SchemaDeclaration, F extends Follow<S>, T extends FollowedTable<S, F>> = {
  readonly [C in FollowedColumn<S, F, T>]: ReferredTable<ColumnOf<S, T, C>> extends infer R
    ? [R] extends [never]
      ? never
      : R extends FollowedTable<S, F>
        ? C
        : never
    : never;
}[FollowedColumn<S, F, T>];

/** The columns followed of each table, as the declaration has them; in the order asked for. */
export function followedColumns(
  declaration: SchemaDeclaration,
  follow: { readonly [table: string]: "all" | readonly string[] | undefined },
): ReadonlyMap<string, readonly string[]> {
  const followed = new Map<string, readonly string[]>();
  for (const [table, columns] of Object.entries(follow)) {
    const declared = declaration.tables[table];
    if (columns === undefined) continue;
    if (!declared) throw new TypeError(`${declaration.name} has no table ${table}`);
    const names = columns === "all" ? Object.keys(declared.columns) : columns;
    for (const name of names) {
      if (!Object.hasOwn(declared.columns, name)) throw new TypeError(`${table} has no column ${name}`);
    }
    followed.set(table, [...new Set(names)]);
  }
  return followed;
}
