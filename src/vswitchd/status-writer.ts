import { writeValue } from "#ovsdb/replica/column-shape.js";
import type { Json } from "#util/json.js";
import type { StatusColumns, StatusTable, StatusValue } from "./status.js";

/**
 * Remembers what status columns were last written, so that only differences go to the database. `stage` collects, `take` gives the
 * operations, and `confirm` or `forget` says what became of them.
 */
export class StatusWriter {
  /** Columns of rows, as JSON. */
  readonly #written = new Map<string, { readonly table: StatusTable; readonly columns: Map<string, string> }>();
  #staged: { table: StatusTable; uuid: string; columns: Map<string, Json> }[] = [];

  /** Notes the present values of columns of a row. */
  stage<T extends StatusTable>(table: T, uuid: string, columns: StatusColumns<T>): void {
    const known = this.#written.get(uuid)?.columns;
    const changed = new Map<string, Json>();
    for (const [column, value] of Object.entries<StatusValue>(columns)) {
      const json = writeValue(value);
      if (known?.get(column) !== JSON.stringify(json)) changed.set(column, json);
    }
    if (changed.size > 0) this.#staged.push({ table, uuid, columns: changed });
  }

  /** The update operations for what differs, and a function to call when the database has taken them. */
  take(): { readonly operations: readonly Json[]; confirm(): void } {
    const staged = this.#staged;
    this.#staged = [];
    const operations = staged.map(({ table, uuid, columns }) => ({
      op: "update",
      table,
      where: [["_uuid", "==", ["uuid", uuid]]],
      row: Object.fromEntries(columns),
    }));
    return {
      operations,
      confirm: () => {
        for (const { table, uuid, columns } of staged) {
          const known = this.#written.get(uuid) ?? { table, columns: new Map<string, string>() };
          for (const [column, json] of columns) known.columns.set(column, JSON.stringify(json));
          this.#written.set(uuid, known);
        }
      },
    };
  }

  /** Says that somebody else has written a column: it is written again with the next `stage`. */
  overwritten(uuid: string, column: string): void {
    this.#written.get(uuid)?.columns.delete(column);
  }

  /** Forgets everything written, as after a new connection, or what was written to the rows that `exists` denies. */
  forget(exists: (table: StatusTable, uuid: string) => boolean = () => false): void {
    for (const [uuid, { table }] of this.#written) if (!exists(table, uuid)) this.#written.delete(uuid);
  }
}
