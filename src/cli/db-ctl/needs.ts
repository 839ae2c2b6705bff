import type { TableSchema } from "#ovsdb/schema.js";
import type { Json } from "#util/json.js";
import type { RecordNames } from "./records.js";
import type { CtlSchema } from "./schema.js";

/** Collects the tables and columns that a command line looks at, so that no others are fetched. */
export class Needs {
  readonly schema: CtlSchema;
  readonly #names: RecordNames;
  readonly #tables = new Map<string, Set<string>>();

  constructor(schema: CtlSchema, names: RecordNames) {
    this.schema = schema;
    this.#names = names;
  }

  /** Columns that the server's schema lacks are left out. */
  add(table: string, ...columns: readonly string[]): void {
    if (!this.schema.has(table)) return;
    const known = this.schema.table(table).columns;
    let set = this.#tables.get(table);
    if (set === undefined) {
      set = new Set();
      this.#tables.set(table, set);
    }
    for (const column of columns) if (column !== "_uuid" && known.has(column)) set.add(column);
  }

  /** What it takes to find rows of the table by the names that people give them. */
  addNames(table: TableSchema): void {
    this.add(table.name);
    for (const name of this.#names[table.name] ?? []) {
      if (name.via === undefined) this.add(table.name, name.column);
      else {
        this.add(name.via.table, name.via.column, name.via.name);
      }
    }
  }

  /** The `monitor-requests` of RFC 7047, 4.1.5. */
  requests(): Json {
    return Object.fromEntries([...this.#tables].map(([table, columns]) => [table, { columns: [...columns] }]));
  }

  tables(): readonly string[] {
    return [...this.#tables.keys()];
  }
}
