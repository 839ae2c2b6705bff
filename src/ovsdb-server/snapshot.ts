import type { Database } from "#ovsdb/database.js";
import { datumToExactJson } from "#ovsdb/datum-json.js";
import { isDefault } from "#ovsdb/row.js";
import type { Json } from "#util/json.js";
import { formatJsonExactly } from "#util/json-text.js";

/** What a record says of itself beside the rows. */
export interface RecordNotes {
  /** Milliseconds since 1970. */
  readonly date: number;
  readonly comment: string;
}

/**
 * The text of one record that holds a whole database as it is at the call, in pieces. The rows are those of the call, whatever
 * happens to the database while the pieces are taken. Ephemeral columns and default values are left out.
 */
export function snapshotText(database: Database, { date, comment }: RecordNotes): Iterable<string> {
  const tables = [...database.tables.values()]
    .filter((table) => table.rows.size > 0)
    .map((table) => ({ schema: table.schema, rows: [...table.rows.values()] }));
  return write();

  function* write(): Generator<string> {
    yield `{"_date":${Math.round(date)},"_comment":${JSON.stringify(comment)}`;
    for (const { schema, rows } of tables) {
      const columns = schema.columnList.slice(2).filter((column) => !column.ephemeral);
      let lead = `,${JSON.stringify(schema.name)}:{`;
      for (const row of rows) {
        const told: { [name: string]: Json } = {};
        for (const column of columns) {
          if (isDefault(column, row.data)) continue;
          told[column.name] = datumToExactJson(column.type, row.data[column.index]!);
        }
        yield `${lead}"${row.uuid}":${formatJsonExactly(told)}`;
        lead = ",";
      }
      yield "}";
    }
    yield "}";
  }
}
