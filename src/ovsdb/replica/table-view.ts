import type { Uuid } from "../atom.js";
import { type Datum, equalDatums } from "../datum.js";
import type { SchemaDeclaration } from "../declaration.js";
import { datumOf } from "./column-value.js";
import type {
  ColumnOf,
  Follow,
  FollowedColumn,
  FollowedRow,
  FollowedTable,
  ReferenceColumn,
  ReferredTable,
} from "./follow.js";
import { ReferenceIndex } from "./reference-index.js";
import type { ReplicaColumn, ReplicaTable } from "./resolve.js";
import { SortedIndex } from "./sorted-index.js";
import type { Entry, ReplicaStore } from "./store.js";

type ReferredRow<S extends SchemaDeclaration, F extends Follow<S>, C> =
  ReferredTable<C> extends infer R extends FollowedTable<S, F> ? FollowedRow<S, F, R> : never;

/** What following a column's references gives: a row, rows, or a map to rows. Rows that the replica does not have are left out. */
export type Referred<S extends SchemaDeclaration, F extends Follow<S>, C> = C extends {
  readonly set: unknown;
}
  ? ReferredRow<S, F, C>[]
  : C extends { readonly map: readonly [infer K, unknown] }
    ? Map<
        K extends "string" | { readonly oneOf: unknown } ? string : K extends "boolean" ? boolean : number | bigint,
        ReferredRow<S, F, C>
      >
    : ReferredRow<S, F, C> | undefined;

type Values<Row, Columns extends readonly (keyof Row)[]> = { readonly [I in keyof Columns]: Row[Columns[I]] };

/** Values for the first columns of an index. */
type Leading<V extends readonly unknown[]> = V extends readonly [...infer Rest, unknown] ? V | Leading<Rest> : never;

/** A table's rows in the order of some columns. */
export interface RowIndex<Row, Columns extends readonly (keyof Row)[]> {
  /** All rows, in order. */
  all(): Row[];
  /** Rows with these values in the columns, or in the first of them. */
  find(...values: Leading<Values<Row, Columns>>): Row[];
  /** Rows from one place up to another, both included; each place is given by values for all or the first columns. */
  range(from: Leading<Values<Row, Columns>> | undefined, to: Leading<Values<Row, Columns>> | undefined): Row[];
}

/** A table of a replica: its rows, looked up by UUID, by values, in order, and along references. */
export class TableView<S extends SchemaDeclaration, F extends Follow<S>, T extends FollowedTable<S, F>>
  implements Iterable<FollowedRow<S, F, T>>
{
  readonly #store: ReplicaStore;
  readonly #table: ReplicaTable;
  readonly #indexes = new Map<string, SortedIndex>();
  readonly #referrers = new Map<string, ReferenceIndex>();

  constructor(store: ReplicaStore, table: string) {
    this.#store = store;
    const schema = store.tables.get(table);
    if (!schema) throw new TypeError(`table ${table} is not followed`);
    this.#table = schema;
  }

  get size(): number {
    return this.#store.entries(this.#table.name).size;
  }

  has(uuid: string): boolean {
    return this.#store.entries(this.#table.name).has(uuid as Uuid);
  }

  /** The row with a UUID, as it is now. */
  get(uuid: string): FollowedRow<S, F, T> | undefined {
    return this.#typed(this.#store.entries(this.#table.name).get(uuid as Uuid)?.row);
  }

  *[Symbol.iterator](): IterableIterator<FollowedRow<S, F, T>> {
    for (const { row } of this.#store.entries(this.#table.name).values()) yield this.#typed(row);
  }

  /** Rows that have these values. Looks at every row; an `index` does not. */
  find(values: Partial<FollowedRow<S, F, T>>): FollowedRow<S, F, T>[] {
    const wanted = Object.entries(values)
      .filter(([name]) => name !== "uuid")
      .map(([name, value]) => [this.#column(name).index, datumOf(this.#column(name).type, value)] as const);
    const { uuid } = values as { readonly uuid?: Uuid };
    const entries = this.#store.entries(this.#table.name);
    const candidates: Iterable<Entry | undefined> = uuid === undefined ? entries.values() : [entries.get(uuid)];
    const found: FollowedRow<S, F, T>[] = [];
    for (const entry of candidates) {
      if (entry && wanted.every(([index, datum]) => equalDatums(entry.data[index]!, datum))) {
        found.push(this.#typed(entry.row));
      }
    }
    return found;
  }

  /** An index of one or several columns; made at the first call, then kept up. Sets order by their number of elements first. */
  index<const C extends readonly FollowedColumn<S, F, T>[]>(...columns: C): RowIndex<FollowedRow<S, F, T>, C> {
    const own = columns.map((name) => this.#column(name));
    const key = columns.join(" ");
    let index = this.#indexes.get(key);
    if (!index) {
      index = new SortedIndex(own, this.#store.entries(this.#table.name).values());
      this.#store.listen(this.#table.name, index);
      this.#indexes.set(key, index);
    }
    const sorted = index;
    const data = (values: readonly unknown[] | undefined): Datum[] | undefined =>
      values?.map((value, i) => datumOf(own[i]!.type, value));
    const typed: RowIndex<AnyRowOf, readonly string[]> = {
      all: () => sorted.all(),
      find: (...values: readonly unknown[]) => sorted.range(data(values), data(values)),
      range: (from, to) => sorted.range(data(from), data(to)),
    };
    return typed as unknown as RowIndex<FollowedRow<S, F, T>, C>;
  }

  /** The rows that a row's column refers to, as they are now. */
  referred<C extends ReferenceColumn<S, F, T>>(
    row: FollowedRow<S, F, T>,
    column: C,
  ): Referred<S, F, ColumnOf<S, T, C>> {
    const { shape, type } = this.#column(column);
    const target = this.#store.entries((type.value ?? type.key).refTable!);
    const value = row[column as keyof typeof row] as unknown;
    const rowOf = (uuid: Uuid): unknown => target.get(uuid)?.row;
    const there = (found: unknown): boolean => found !== undefined;
    let referred: unknown;
    if (shape === "set") referred = (value as readonly Uuid[]).map(rowOf).filter(there);
    else if (shape === "map") {
      const pairs = [...(value as ReadonlyMap<unknown, Uuid>)].map(([key, uuid]) => [key, rowOf(uuid)] as const);
      referred = new Map(pairs.filter(([, found]) => there(found)));
    } else referred = value === undefined ? undefined : rowOf(value as Uuid);
    return referred as Referred<S, F, ColumnOf<S, T, C>>;
  }

  /** The rows of this table whose `column` refers to the row with a UUID. */
  referring<C extends ReferenceColumn<S, F, T>>(column: C, uuid: Uuid): FollowedRow<S, F, T>[] {
    let index = this.#referrers.get(column);
    if (!index) {
      index = new ReferenceIndex(this.#column(column), this.#store.entries(this.#table.name).values());
      this.#store.listen(this.#table.name, index);
      this.#referrers.set(column, index);
    }
    return index.referring(uuid).map((row) => this.#typed(row));
  }

  #column(name: string): ReplicaColumn {
    const column = this.#table.byName.get(name);
    if (!column) throw new TypeError(`column ${name} of ${this.#table.name} is not followed`);
    return column;
  }

  /** The declaration that gave the columns gave the type. */
  #typed<R>(row: R): R extends undefined ? undefined : FollowedRow<S, F, T> {
    return row as unknown as R extends undefined ? undefined : FollowedRow<S, F, T>;
  }
}

type AnyRowOf = { readonly [column: string]: unknown };
