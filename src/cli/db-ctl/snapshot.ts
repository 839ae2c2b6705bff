import type { Json } from "#util/json.js";

type JsonObject = { readonly [name: string]: Json };

/** Rows of the monitored tables as the server sent them, kept up to date by its notifications. */
export class Snapshot {
  readonly #tables = new Map<string, Map<string, JsonObject>>();
  #version = 0;

  /** Grows with every change. */
  get version(): number {
    return this.#version;
  }

  /** Takes `table-updates` of RFC 7047, 4.1.6, from the monitor's reply or a notification. */
  apply(tableUpdates: Json): void {
    for (const [table, rows] of Object.entries(tableUpdates as JsonObject)) {
      let known = this.#tables.get(table);
      if (known === undefined) {
        known = new Map();
        this.#tables.set(table, known);
      }
      for (const [uuid, change] of Object.entries(rows as JsonObject)) {
        const row = (change as JsonObject)["new"];
        if (row === undefined) known.delete(uuid);
        else known.set(uuid, row as JsonObject);
      }
    }
    this.#version++;
  }

  /** The rows of a table by UUID. */
  rows(table: string): ReadonlyMap<string, JsonObject> {
    return this.#tables.get(table) ?? new Map();
  }
}
