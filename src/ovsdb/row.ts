import type { Json } from "#util/json.js";
import type { Uuid } from "./atom.js";
import { defaultDatum, isDefaultDatum } from "./column-type.js";
import { unknownColumn } from "./condition.js";
import { type Datum, equalDatums, scalar } from "./datum.js";
import { datumFromJson, datumToJson } from "./datum-json.js";
import { syntaxError } from "./error.js";
import { isJsonObject } from "./json-members.js";
import { type ColumnSchema, type TableSchema, UUID_COLUMN, VERSION_COLUMN } from "./schema.js";
import type { SymbolTable } from "./symbols.js";

/** A row at one moment; never changed in place. `data` is by `ColumnSchema.index`. */
export interface Row {
  readonly uuid: Uuid;
  readonly data: readonly Datum[];
}

const defaults = new WeakMap<TableSchema, readonly Datum[]>();

/** The data of a row that was told nothing. */
export function defaultData(table: TableSchema): readonly Datum[] {
  let data = defaults.get(table);
  if (!data) {
    data = table.columnList.map((column) => defaultDatum(column.type));
    defaults.set(table, data);
  }
  return data;
}

/** A new row from data with `_uuid` and `_version` still unset. */
export function makeRow(uuid: Uuid, version: Uuid, data: readonly Datum[]): Row {
  const own = [...data];
  own[UUID_COLUMN] = scalar(uuid);
  own[VERSION_COLUMN] = scalar(version);
  return { uuid, data: own };
}

/** Reads a `<row>`: columns and values, in the order given. Throws "unknown column" and what values can be wrong with. */
export function rowFromJson(table: TableSchema, json: Json, symbols?: SymbolTable): Map<ColumnSchema, Datum> {
  if (!isJsonObject(json)) throw syntaxError("row must be JSON object", json);
  const values = new Map<ColumnSchema, Datum>();
  for (const [name, value] of Object.entries(json)) {
    const column = table.columns.get(name);
    if (!column) throw unknownColumn(name, table, json);
    values.set(column, datumFromJson(column.type, value, symbols));
  }
  return values;
}

/** Writes columns of a row. */
export function rowToJson(data: readonly Datum[], columns: readonly ColumnSchema[]): { [name: string]: Json } {
  const json: { [name: string]: Json } = {};
  for (const column of columns) json[column.name] = datumToJson(column.type, data[column.index]!);
  return json;
}

/** Whether a column of a row has the value a new row would have. */
export function isDefault(column: ColumnSchema, data: readonly Datum[]): boolean {
  return isDefaultDatum(column.type, data[column.index]!);
}

/** The declared columns in which two versions of a row differ, `_version` aside. */
export function changedColumns(table: TableSchema, before: Row, after: Row): readonly ColumnSchema[] {
  return table.columnList.filter(
    ({ index }) => index !== VERSION_COLUMN && !equalDatums(before.data[index]!, after.data[index]!),
  );
}
