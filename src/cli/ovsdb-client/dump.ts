import { compareDatums, type Datum } from "#ovsdb/datum.js";
import { datumFromJson } from "#ovsdb/datum-json.js";
import { type ColumnSchema, type TableSchema, UUID_COLUMN, VERSION_COLUMN } from "#ovsdb/schema.js";
import { UserError } from "#util/errors.js";
import type { Json } from "#util/json.js";
import { compareCodePoints, formatJson } from "#util/json-text.js";
import { TablePrinter } from "#util/text-table.js";
import type { ClientCommand } from "./client-command.js";
import { fetchSchema, transact } from "./database.js";
import { datumCell } from "./datum-cell.js";

type JsonObject = { readonly [name: string]: Json };

/** Prints all of a database, a table of it, or columns of that. */
export const dump: ClientCommand = {
  name: "dump",
  usage: "[server] [database] [table [column...]]",
  minArgs: 0,
  maxArgs: Number.POSITIVE_INFINITY,
  on: "database",
  async run(context, [tableName, ...columnNames]) {
    const schema = await fetchSchema(context, context.database);
    const tables = tableName === undefined ? [...schema.tables.values()] : [schema.tables.get(tableName)];
    const parts = tables.map((table) => {
      if (table === undefined) throw new UserError(`No table "${tableName}" found.`);
      return { table, columns: wantedColumns(table, columnNames) };
    });
    parts.sort((a, b) => compareCodePoints(a.table.name, b.table.name));
    const results = await transact(
      context,
      parts.map(({ table, columns }) => ({
        op: "select",
        table: table.name,
        where: [],
        columns: columns.map(({ name }) => name),
      })),
    );
    const printer = new TablePrinter(context.settings.table);
    parts.forEach(({ table, columns }, i) => {
      const shown = columns.filter((column) => column.index !== VERSION_COLUMN).sort(byName);
      const rows = readRows(table, shown, results[i] as Json);
      const text = printer.print({
        caption: `${table.name} table`,
        headings: shown.map(({ name }) => name),
        rows: rows.map((row) => row.map((datum, c) => datumCell((shown[c] as ColumnSchema).type, datum))),
      });
      context.io.stdout(text);
    });
  },
};

const byName = (a: ColumnSchema, b: ColumnSchema): number => compareCodePoints(a.name, b.name);

function wantedColumns(table: TableSchema, names: readonly string[]): ColumnSchema[] {
  if (names.length === 0) return table.columnList.filter((column) => column.index !== VERSION_COLUMN);
  return names.map((name) => {
    const column = table.columns.get(name);
    if (column === undefined) throw new UserError(`Table "${table.name}" has no column ${name}.`);
    return column;
  });
}

/** The rows of a `select`'s result, ordered by their columns in turn, of which the UUID comes last. */
function readRows(table: TableSchema, columns: readonly ColumnSchema[], result: Json): Datum[][] {
  const rows = rowsOf(table, result).map((row, i) => {
    if (typeof row !== "object" || row === null || Array.isArray(row)) {
      throw new UserError(`row ${i} in table ${table.name} response is not a JSON object: ${formatJson(row)}`);
    }
    return columns.map((column) => {
      const value = (row as JsonObject)[column.name];
      if (value === undefined) {
        throw new UserError(`row ${i} in table ${table.name} response lacks ${column.name} column`);
      }
      return datumFromJson(column.type, value);
    });
  });
  const order = columns.map((_, i) => i).sort((a, b) => rank(columns[a]) - rank(columns[b]) || a - b);
  return rows.sort((a, b) => {
    for (const i of order) {
      const difference = compareDatums(a[i] as Datum, b[i] as Datum);
      if (difference !== 0) return difference;
    }
    return 0;
  });
}

const rank = (column: ColumnSchema | undefined): number => (column?.index === UUID_COLUMN ? 1 : 0);

/** The array `rows` of a `select`'s result. */
export function rowsOf(table: TableSchema, result: Json): readonly Json[] {
  const rows = (result as JsonObject | null)?.["rows"];
  if (Array.isArray(rows)) return rows;
  throw new UserError(`${table.name} table reply is not an object with a "rows" member array: ${formatJson(result)}`);
}
