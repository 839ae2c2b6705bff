import { datumToJson } from "#ovsdb/datum-json.js";
import { formatBareDatum, formatDatum } from "#ovsdb/datum-text.js";
import type { ColumnSchema } from "#ovsdb/schema.js";
import type { TableCell, TextTable } from "#util/text-table.js";
import type { CtlRow } from "./row.js";

/** A row's column as a cell of a table. */
function datumCell(row: CtlRow, column: ColumnSchema): TableCell {
  const datum = row.get(column.name);
  return {
    string: () => formatDatum(column.type, datum),
    bare: () => formatBareDatum(column.type, datum),
    json: () => datumToJson(column.type, datum),
  };
}

/** Rows as a table with these columns. */
export function rowTable(columns: readonly ColumnSchema[], rows: readonly CtlRow[]): TextTable {
  return {
    headings: columns.map((column) => column.name),
    rows: rows.map((row) => columns.map((column) => datumCell(row, column))),
  };
}
