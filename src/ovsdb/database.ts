import { BugError } from "#util/errors.js";
import type { Atom, Uuid } from "./atom.js";
import type { ChangeSet, RowChange } from "./change-set.js";
import { isScalar } from "./column-type.js";
import type { Datum } from "./datum.js";
import { eachStrongRefChange, namedIn, referencesOf, sameWeakRefs } from "./references.js";
import type { Row } from "./row.js";
import type { ColumnSchema, DatabaseSchema, TableSchema } from "./schema.js";

/** A table's rows, and what is kept beside them so that a commit costs as much as it changes. */
export class Table {
  readonly schema: TableSchema;
  readonly rows: Map<Uuid, Row> = new Map();
  /** How many strong references other rows hold to each row. */
  readonly strongRefs: Map<Uuid, number> = new Map();
  /** Which rows hold weak references to each UUID, existing or not. */
  readonly weakReferrers: Map<Uuid, Map<Uuid, TableSchema>> = new Map();
  /** For each of the schema's indexes, the row that has a value. */
  readonly uniques: readonly Map<UniqueKey, Uuid>[];

  constructor(schema: TableSchema) {
    this.schema = schema;
    this.uniques = schema.indexes.map(() => new Map());
  }
}

/** What stands for a row's values of some columns in a map. */
export type UniqueKey = Atom;

/** The values of some columns of a row, as a map's key that is equal exactly for equal values. */
export function uniqueKey(data: readonly Datum[], index: readonly ColumnSchema[]): UniqueKey {
  const [column] = index;
  if (index.length === 1 && isScalar(column!.type)) return data[column!.index]!.keys[0]!;
  return JSON.stringify(
    index.map((column) => [data[column.index]!.keys, data[column.index]!.values]),
    (_, value: unknown) => (typeof value === "bigint" ? { bigint: value.toString() } : value),
  );
}

/**
 * The contents of a database in memory. It changes only by `apply`, all at once; `Draft` and `execute` work out what to
 * apply. Rows are immutable, so whoever holds one sees the moment it was taken.
 */
export class Database {
  readonly schema: DatabaseSchema;
  readonly tables: ReadonlyMap<string, Table>;
  #serial = 0;

  constructor(schema: DatabaseSchema) {
    this.schema = schema;
    this.tables = new Map([...schema.tables.values()].map((table) => [table.name, new Table(table)]));
  }

  /** Grows with every `apply`. */
  get serial(): number {
    return this.#serial;
  }

  table(name: string): Table {
    const table = this.tables.get(name);
    if (!table) throw new BugError(`no table ${name}`);
    return table;
  }

  /** Carries out a change set that was made for the present contents. */
  apply(changeSet: ChangeSet): void {
    if (changeSet.serial !== this.#serial) throw new BugError("change set was made for other contents");
    if (changeSet.changes.length === 0) return;
    this.#serial++;
    for (const change of changeSet.changes) if (change.before) this.#remove(change, change.before);
    for (const change of changeSet.changes) if (change.after) this.#add(change, change.after);
    for (const { table, before, after } of changeSet.changes) {
      eachStrongRefChange(table, before, after, (target, uuid, by) => this.#count(target, uuid, by));
    }
  }

  #remove(change: RowChange, row: Row): void {
    const { table: schema, uuid, after } = change;
    const table = this.table(schema.name);
    if (!after) table.rows.delete(uuid);
    schema.indexes.forEach((index, i) => {
      if (!touches(change, index)) return;
      const key = uniqueKey(row.data, index);
      if (table.uniques[i]!.get(key) === uuid) table.uniques[i]!.delete(key);
    });
    if (sameWeakRefs(schema, row, after)) return;
    for (const reference of referencesOf(schema).weak) {
      const { weakReferrers } = this.table(reference.target);
      for (const to of namedIn(row, reference)) {
        const referrers = weakReferrers.get(to);
        referrers?.delete(uuid);
        if (referrers?.size === 0) weakReferrers.delete(to);
      }
    }
  }

  #add(change: RowChange, row: Row): void {
    const { table: schema, uuid, before } = change;
    const table = this.table(schema.name);
    table.rows.set(uuid, row);
    schema.indexes.forEach((index, i) => {
      if (touches(change, index)) table.uniques[i]!.set(uniqueKey(row.data, index), uuid);
    });
    if (sameWeakRefs(schema, before, row)) return;
    for (const reference of referencesOf(schema).weak) {
      const { weakReferrers } = this.table(reference.target);
      for (const to of namedIn(row, reference)) {
        const referrers = weakReferrers.get(to);
        if (referrers) referrers.set(uuid, schema);
        else weakReferrers.set(to, new Map([[uuid, schema]]));
      }
    }
  }

  /**
   * Works out anew what is kept beside the rows, after they were put into an empty database directly. Until then it is good for
   * nothing else.
   */
  reindex(): void {
    this.#serial++;
    for (const { schema, rows } of this.tables.values()) {
      for (const [uuid, after] of rows) {
        this.#add({ table: schema, uuid, before: undefined, after, changed: [] }, after);
        eachStrongRefChange(schema, undefined, after, (target, to, by) => this.#count(target, to, by));
      }
    }
  }

  #count(target: string, uuid: Uuid, by: number): void {
    const { strongRefs } = this.table(target);
    const count = (strongRefs.get(uuid) ?? 0) + by;
    if (count === 0) strongRefs.delete(uuid);
    else strongRefs.set(uuid, count);
  }
}

/** Whether a change can alter what an index says of the row. */
function touches({ before, after, changed }: RowChange, index: readonly ColumnSchema[]): boolean {
  return !before || !after || index.some((column) => changed.includes(column));
}
