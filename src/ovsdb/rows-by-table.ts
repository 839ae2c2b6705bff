import type { Json } from "#util/json.js";

/** JSON about rows, by table and UUID, as `<table-updates>` and log records have it. */
export type RowsByTable = { readonly [table: string]: { readonly [uuid: string]: Json } };

/** Puts JSON about rows under their tables. */
export class RowCollector {
  // Without a prototype, so that a table may be called `constructor`.
  readonly #tables: { [table: string]: { [uuid: string]: Json } } = Object.create(null) as Record<string, never>;
  #empty = true;

  /** Adds a row; undefined is passed over. */
  add(table: string, uuid: string, row: Json | undefined): void {
    if (row === undefined) return;
    (this.#tables[table] ??= {})[uuid] = row;
    this.#empty = false;
  }

  /** All that was added, or undefined if nothing was. */
  take(): RowsByTable | undefined {
    return this.#empty ? undefined : this.#tables;
  }
}
