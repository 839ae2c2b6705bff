import type { ColumnType } from "#ovsdb/column-type.js";
import type { Datum } from "#ovsdb/datum.js";
import { datumToJson } from "#ovsdb/datum-json.js";
import { formatBareDatum, formatDatum } from "#ovsdb/datum-text.js";
import type { TableCell } from "#util/text-table.js";

/** A column's value as a cell of a table. */
export function datumCell(type: ColumnType, datum: Datum): TableCell {
  return {
    string: () => formatDatum(type, datum),
    bare: () => formatBareDatum(type, datum),
    json: () => datumToJson(type, datum),
  };
}
