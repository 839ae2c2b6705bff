import type { Uuid } from "../atom.js";
import { type Datum, equalDatums } from "../datum.js";
import { programValue } from "./column-value.js";
import type { ReplicaTable, ReplicaTables } from "./resolve.js";
import type { RowNews } from "./row-update.js";

/** A row at one moment, as a program sees it: its UUID and columns by name. */
export type AnyRow = { readonly uuid: Uuid; readonly [column: string]: unknown };

/** A row at one moment. */
export class Entry {
  readonly table: ReplicaTable;
  readonly uuid: Uuid;
  /** By `ReplicaColumn.index`. */
  readonly data: readonly Datum[];
  #row: AnyRow | undefined;

  constructor(table: ReplicaTable, uuid: Uuid, data: readonly Datum[]) {
    this.table = table;
    this.uuid = uuid;
    this.data = data;
  }

  /** The row as a program sees it, made when first looked at. The same object every time. */
  get row(): AnyRow {
    if (!this.#row) {
      const row: { uuid: Uuid; [column: string]: unknown } = { uuid: this.uuid };
      for (const { name, shape, index } of this.table.columns) row[name] = programValue(shape, this.data[index]!);
      this.#row = Object.freeze(row);
    }
    return this.#row;
  }
}

/** Somebody who is told of every change of a table's rows, such as an index. */
export interface RowListener {
  changed(uuid: Uuid, before: Entry | undefined, after: Entry | undefined): void;
}

class StoredTable {
  readonly schema: ReplicaTable;
  readonly entries = new Map<Uuid, Entry>();
  readonly listeners = new Set<RowListener>();

  constructor(schema: ReplicaTable) {
    this.schema = schema;
  }
}

/** The rows of a replica. */
export class ReplicaStore {
  readonly tables: ReplicaTables;
  readonly #stored: ReadonlyMap<string, StoredTable>;

  constructor(tables: ReplicaTables) {
    this.tables = tables;
    this.#stored = new Map([...tables].map(([name, schema]) => [name, new StoredTable(schema)]));
  }

  entries(table: string): ReadonlyMap<Uuid, Entry> {
    return this.#table(table).entries;
  }

  /** Tells `listener` of what changes in a table from now on. */
  listen(table: string, listener: RowListener): void {
    this.#table(table).listeners.add(listener);
  }

  unlisten(table: string, listener: RowListener): void {
    this.#table(table).listeners.delete(listener);
  }

  /** Takes some news; true if any row is another than before. */
  apply(news: readonly RowNews[]): boolean {
    let changed = false;
    for (const { table, uuid, data } of news) if (this.#put(this.#table(table), uuid, data)) changed = true;
    return changed;
  }

  /** Takes the whole contents; rows not named are gone. */
  replace(contents: readonly RowNews[]): void {
    const named = new Map<string, Set<Uuid>>();
    for (const { table, uuid } of contents) {
      const uuids = named.get(table);
      if (uuids) uuids.add(uuid);
      else named.set(table, new Set([uuid]));
    }
    for (const [name, table] of this.#stored) {
      for (const uuid of [...table.entries.keys()]) {
        if (!named.get(name)?.has(uuid)) this.#put(table, uuid, undefined);
      }
    }
    this.apply(contents);
  }

  #table(name: string): StoredTable {
    const table = this.#stored.get(name);
    if (!table) throw new TypeError(`table ${name} is not followed`);
    return table;
  }

  #put(table: StoredTable, uuid: Uuid, data: readonly Datum[] | undefined): boolean {
    const before = table.entries.get(uuid);
    if (!before && !data) return false;
    if (before && data?.every((datum, i) => equalDatums(datum, before.data[i]!))) return false;
    const after = data && new Entry(table.schema, uuid, data);
    if (after) table.entries.set(uuid, after);
    else table.entries.delete(uuid);
    for (const listener of table.listeners) listener.changed(uuid, before, after);
    return true;
  }
}
