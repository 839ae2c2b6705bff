import type { Uuid } from "../atom.js";
import { equalDatums } from "../datum.js";
import type { SchemaDeclaration } from "../declaration.js";
import type { Follow, FollowedColumn, FollowedRow, FollowedTable } from "./follow.js";
import type { AnyRow, Entry, ReplicaStore, RowListener } from "./store.js";

/** A row that is another than it was. */
interface Modified<Row, Column extends string> {
  readonly before: Row;
  readonly row: Row;
  /** The columns that differ. */
  readonly columns: readonly Column[];
}

/** How a table's rows differ from what they were. */
export interface TableChanges<Row, Column extends string> {
  readonly inserted: readonly Row[];
  readonly modified: readonly Modified<Row, Column>[];
  readonly deleted: readonly Row[];
}

const none: TableChanges<never, never> = { inserted: [], modified: [], deleted: [] };

/** How a replica differs from what it was at the last look. */
export class Changes<S extends SchemaDeclaration, F extends Follow<S>> {
  readonly #tables: ReadonlyMap<string, TableChanges<AnyRow, string>>;

  constructor(tables: ReadonlyMap<string, TableChanges<AnyRow, string>>) {
    this.#tables = tables;
  }

  get isEmpty(): boolean {
    return this.#tables.size === 0;
  }

  /** The tables in which anything changed. */
  get tables(): readonly FollowedTable<S, F>[] {
    return [...this.#tables.keys()] as FollowedTable<S, F>[];
  }

  /** What changed in a table. */
  of<T extends FollowedTable<S, F>>(table: T): TableChanges<FollowedRow<S, F, T>, FollowedColumn<S, F, T>> {
    // The declaration that gave the columns gave the type.
    return (this.#tables.get(table) ?? none) as unknown as TableChanges<FollowedRow<S, F, T>, FollowedColumn<S, F, T>>;
  }
}

/**
 * Remembers how rows were at the last look. What changes twice is reported once, and what changes back not at all. Several may watch
 * one replica, each at its own pace.
 */
export class ChangeTracker<S extends SchemaDeclaration, F extends Follow<S>> {
  readonly #store: ReplicaStore;
  readonly #before = new Map<string, Map<Uuid, Entry | undefined>>();
  readonly #listeners = new Map<string, RowListener>();

  /** Rows that are there already count as inserted, unless `sinceNow`. */
  constructor(store: ReplicaStore, tables: readonly string[], sinceNow = false) {
    this.#store = store;
    for (const table of tables) {
      const before = new Map<Uuid, Entry | undefined>();
      if (!sinceNow) for (const uuid of store.entries(table).keys()) before.set(uuid, undefined);
      const listener: RowListener = {
        changed: (uuid, old) => {
          if (!before.has(uuid)) before.set(uuid, old);
        },
      };
      this.#before.set(table, before);
      this.#listeners.set(table, listener);
      store.listen(table, listener);
    }
  }

  /** What has changed since the last call. */
  take(): Changes<S, F> {
    const tables = new Map<string, TableChanges<AnyRow, string>>();
    for (const [name, before] of this.#before) {
      const changes = this.#changesOf(name, before);
      if (changes) tables.set(name, changes);
      before.clear();
    }
    return new Changes(tables);
  }

  /** Stops to watch. */
  close(): void {
    for (const [table, listener] of this.#listeners) this.#store.unlisten(table, listener);
    this.#before.clear();
  }

  #changesOf(
    table: string,
    remembered: ReadonlyMap<Uuid, Entry | undefined>,
  ): TableChanges<AnyRow, string> | undefined {
    const inserted: AnyRow[] = [];
    const modified: Modified<AnyRow, string>[] = [];
    const deleted: AnyRow[] = [];
    const entries = this.#store.entries(table);
    for (const [uuid, before] of remembered) {
      const after = entries.get(uuid);
      if (!before) {
        if (after) inserted.push(after.row);
      } else if (!after) deleted.push(before.row);
      else {
        const columns = differing(before, after);
        if (columns.length > 0) modified.push({ before: before.row, row: after.row, columns });
      }
    }
    return inserted.length + modified.length + deleted.length > 0 ? { inserted, modified, deleted } : undefined;
  }
}

function differing(before: Entry, after: Entry): string[] {
  return before.table.columns
    .filter(({ index }) => !equalDatums(before.data[index]!, after.data[index]!))
    .map(({ name }) => name);
}
