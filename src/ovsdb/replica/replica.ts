import { WireError } from "#util/errors.js";
import type { Json } from "#util/json.js";
import { type ColumnShape, type ReplicaValue, readValue } from "./column-shape.js";

/** A row: its UUID and its columns, those the replica follows. Never changed in place. */
export interface ReplicaRow {
  readonly uuid: string;
  readonly [column: string]: ReplicaValue;
}

/** What to follow: table → column → shape. */
export type ReplicaSpec = Readonly<Record<string, Readonly<Record<string, ColumnShape>>>>;

type JsonObject = { readonly [name: string]: Json };

function object(json: Json, what: string): JsonObject {
  if (typeof json !== "object" || json === null || Array.isArray(json)) throw new WireError(`${what} is not an object`);
  return json as JsonObject;
}

/**
 * A copy of some tables and columns of a database, kept by feeding it the replies and notifications of RFC 7047's `monitor`. No I/O: a
 * session elsewhere asks `request()` and hands over what comes back. Rows are immutable, so that a reader may keep an old one.
 */
export class Replica {
  readonly #spec: ReplicaSpec;
  readonly #tables = new Map<string, Map<string, ReplicaRow>>();

  constructor(spec: ReplicaSpec) {
    this.#spec = spec;
    for (const table of Object.keys(spec)) this.#tables.set(table, new Map());
  }

  /** The `monitor-requests` member of a monitor request (RFC 7047, 4.1.5). */
  request(): Json {
    return Object.fromEntries(
      Object.entries(this.#spec).map(([table, columns]) => [table, { columns: Object.keys(columns) }]),
    );
  }

  /** Takes the reply to a monitor request: everything held before is replaced. */
  replace(tableUpdates: Json): void {
    for (const table of this.#tables.values()) table.clear();
    this.update(tableUpdates);
  }

  /** Takes `table-updates` (RFC 7047, 4.1.6). Throws `WireError` where they are malformed; nothing has changed then. */
  update(tableUpdates: Json): void {
    const steps: (() => void)[] = [];
    for (const [tableName, rows] of Object.entries(object(tableUpdates, "table-updates"))) {
      const spec = this.#spec[tableName];
      const table = this.#tables.get(tableName);
      if (!spec || !table) continue;
      for (const [uuid, change] of Object.entries(object(rows, "table-update"))) {
        const fresh = object(change, "row-update")["new"];
        if (fresh === undefined) {
          steps.push(() => table.delete(uuid));
          continue;
        }
        const columns = object(fresh, "row");
        const values: Record<string, ReplicaValue> = {};
        for (const [column, shape] of Object.entries(spec)) {
          if (column in columns) values[column] = readValue(shape, columns[column] as Json);
        }
        steps.push(() => table.set(uuid, { ...table.get(uuid), ...values, uuid }));
      }
    }
    for (const step of steps) step();
  }

  rows(table: string): ReadonlyMap<string, ReplicaRow> {
    const rows = this.#tables.get(table);
    if (!rows) throw new WireError(`table ${table} is not replicated`);
    return rows;
  }
}
