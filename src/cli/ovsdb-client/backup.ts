import type { Datum } from "#ovsdb/datum.js";
import { datumFromJson } from "#ovsdb/datum-json.js";
import { type TableSchema, VERSION_COLUMN } from "#ovsdb/schema.js";
import { schemaToJson } from "#ovsdb/schema-json.js";
import { encodeLogRecord } from "#ovsdb-server/log-record.js";
import { UserError } from "#util/errors.js";
import type { Json } from "#util/json.js";
import { formatJson } from "#util/json-text.js";
import type { DatabaseContext } from "./client-command.js";
import { fetchSchema, transact } from "./database.js";
import { rowsOf } from "./dump.js";

type JsonObject = { readonly [name: string]: Json };

const uuidType = { key: { type: "uuid" }, min: 1, max: 1 } as const;

/** Prints a database in the form of a database file: its schema, and a record with all that it holds but for ephemeral columns. */
export async function backup(context: DatabaseContext): Promise<void> {
  const { io } = context;
  if (io.stdoutIsTerminal) {
    throw new UserError("not writing backup to a terminal; please redirect stdout to a file");
  }
  const schema = await fetchSchema(context, context.database);
  const put = (json: string): void => io.stdout(new TextDecoder().decode(encodeLogRecord("JSON", json)));
  put(formatJson(schemaToJson(schema)));
  const tables = [...schema.tables.values()];
  const results = await transact(
    context,
    tables.map((table) => ({ op: "select", table: table.name, where: [], columns: keptColumns(table) })),
  );
  const record: { [name: string]: Json } = {
    _date: Math.round(io.host.clock.wall()),
    _comment: 'produced by "ovsdb-client backup"',
    _is_diff: true,
  };
  tables.forEach((table, i) => {
    const rows = rowsOf(table, results[i] as Json);
    if (rows.length > 0) record[table.name] = Object.fromEntries(rows.map((row) => readRow(table, row)));
  });
  put(formatJson(record));
}

function keptColumns(table: TableSchema): string[] {
  return table.columnList
    .filter((column) => column.index !== VERSION_COLUMN && !column.ephemeral)
    .map((column) => column.name);
}

/** A row as its UUID and the other columns. */
function readRow(table: TableSchema, row: Json): readonly [string, JsonObject] {
  const { _uuid: uuid, ...columns } = (row ?? {}) as JsonObject;
  if (uuid === undefined) throw new UserError(`${table.name} table reply row lacks _uuid member: ${formatJson(row)}`);
  const { keys }: Datum = datumFromJson(uuidType, uuid);
  return [String(keys[0]), columns];
}
