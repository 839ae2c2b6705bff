import type { ChangeSet, RowChange } from "#ovsdb/change-set.js";
import { formatDatum } from "#ovsdb/datum-text.js";
import type { DatabaseSchema } from "#ovsdb/schema.js";
import type { Logger } from "#runtime/logger.js";

/** Tables whose changes are told in the log, as `ovsdb-server/tlog-set` wants it. */
export class TableLogs {
  readonly #tables = new Set<string>();
  readonly #log: Logger;

  constructor(log: Logger) {
    this.#log = log;
  }

  set(table: string, on: boolean): void {
    if (on) this.#tables.add(table);
    else this.#tables.delete(table);
  }

  /** Each table of a schema, by name, and whether it is logged. */
  states(schema: DatabaseSchema): Record<string, boolean> {
    const names = [...schema.tables.keys()].sort();
    return Object.fromEntries(names.map((name) => [name, this.#tables.has(name)]));
  }

  tell({ changes }: ChangeSet): void {
    if (this.#tables.size === 0) return;
    for (const change of changes) if (this.#tables.has(change.table.name)) this.#log.info(describe(change));
  }
}

function describe({ table, before, after }: RowChange): string {
  const op = before ? (after ? "updated" : "deleted") : "inserted";
  const row = after ?? before;
  const columns = table.columnList.map(({ name, index, type }) => `,${name}:${formatDatum(type, row!.data[index]!)}`);
  return `table:${table.name},op:${op}${columns.join("")}`;
}
