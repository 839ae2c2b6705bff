import type { Json } from "#util/json.js";
import { parseUuid, type Uuid } from "./atom.js";
import type { ChangeSet, RowChange } from "./change-set.js";
import { unknownColumn } from "./condition.js";
import type { Database, Table } from "./database.js";
import type { Datum } from "./datum.js";
import { datumFromJson, datumToJson } from "./datum-json.js";
import { applyColumnDifference, columnDifference, differenceType } from "./difference.js";
import { OvsdbError, syntaxError } from "./error.js";
import { isJsonObject, type JsonObject } from "./json-members.js";
import { changedColumns, defaultData, isDefault, makeRow } from "./row.js";
import { RowCollector } from "./rows-by-table.js";
import type { TableSchema } from "./schema.js";

/** What accompanies the changes in a record of the log. */
export interface RecordNotes {
  /** Milliseconds since the Unix epoch. */
  readonly date: number;
  /** Left out if empty. */
  readonly comment: string;
}

/**
 * Writes a change set as a transaction record of a standalone database file (ovsdb(5)): only persistent columns, new rows
 * without their defaults, modified rows as differences (`_is_diff`), or as new values where not `asDiff`. Undefined if there
 * is nothing to keep.
 */
export function changesToRecord({ changes }: ChangeSet, notes: RecordNotes, asDiff = true): Json | undefined {
  const rows = new RowCollector();
  for (const change of changes) rows.add(change.table.name, change.uuid, changeToRecord(change, asDiff));
  const tables = rows.take();
  if (!tables) return undefined;
  return {
    _date: notes.date,
    ...tables,
    ...(asDiff ? { _is_diff: true } : {}),
    ...(notes.comment === "" ? {} : { _comment: notes.comment }),
  };
}

function changeToRecord({ table, before, after, changed }: RowChange, asDiff: boolean): Json | undefined {
  if (!after) return null;
  const row: { [column: string]: Json } = {};
  if (!before) {
    for (const column of table.columnList.slice(2)) {
      if (column.ephemeral || isDefault(column, after.data)) continue;
      row[column.name] = datumToJson(column.type, after.data[column.index]!);
    }
    return row;
  }
  for (const column of changed) {
    if (column.ephemeral) continue;
    const now = after.data[column.index]!;
    const told = asDiff ? columnDifference(column.type, before.data[column.index]!, now) : now;
    row[column.name] = datumToJson(column.type, told);
  }
  return Object.keys(row).length === 0 ? undefined : row;
}

/** A database's whole contents as one record, as a compacted file has it: no differences. */
export function contentsToRecord(database: Database, notes: RecordNotes): Json {
  const rows = new RowCollector();
  for (const table of database.tables.values()) {
    for (const { uuid, data } of table.rows.values()) {
      const change = { table: table.schema, uuid, before: undefined, after: { uuid, data }, changed: [] };
      rows.add(table.schema.name, uuid, changeToRecord(change, false));
    }
  }
  return { ...rows.take(), ...(notes.comment === "" ? {} : { _comment: notes.comment }), _date: notes.date };
}

/**
 * Reads a transaction record into what it changes. The record says all that followed from the transaction, so nothing is
 * checked but its form and the values' constraints. With `skipUnknown`, tables and columns that the schema lacks are
 * passed over, as when a schema is converted. Throws `OvsdbError`.
 */
export function recordToChanges(database: Database, record: Json, newUuid: () => Uuid, skipUnknown = false): ChangeSet {
  if (!isJsonObject(record)) throw syntaxError("transaction record must be JSON object", record);
  const isDiff = record["_is_diff"] === true;
  const changes: RowChange[] = [];
  for (const [name, rows] of Object.entries(record)) {
    const table = database.tables.get(name);
    if (!table) {
      if (skipUnknown || isNote(name, rows)) continue;
      const { syntax } = syntaxError("", record);
      throw new OvsdbError("unknown table", `No table named ${name}.`, syntax);
    }
    if (!isJsonObject(rows)) throw syntaxError("object expected", rows);
    for (const [uuidText, row] of Object.entries(rows)) {
      const uuid = parseUuid(uuidText);
      if (uuid === undefined) throw syntaxError(`"${uuidText}" is not a valid UUID`, rows);
      const change = recordToChange(table, uuid, row, isDiff, newUuid, skipUnknown);
      if (change) changes.push(change);
    }
  }
  return { changes, serial: database.serial };
}

/** A member that tells of the record and is no table. */
function isNote(name: string, value: Json): boolean {
  switch (name) {
    case "_date":
      return typeof value === "number" || typeof value === "bigint";
    case "_comment":
      return typeof value === "string";
    default:
      return name === "_is_diff" && typeof value === "boolean";
  }
}

function recordToChange(
  table: Table,
  uuid: Uuid,
  json: Json,
  isDiff: boolean,
  newUuid: () => Uuid,
  skipUnknown: boolean,
): RowChange | undefined {
  const schema = table.schema;
  const before = table.rows.get(uuid);
  if (json === null) {
    if (!before) throw syntaxError(`transaction deletes row ${uuid} that does not exist`);
    return { table: schema, uuid, before, after: undefined, changed: [] };
  }
  if (!isJsonObject(json)) throw syntaxError("row must be JSON object", json);
  const data = recordToData(schema, before?.data, json, isDiff, skipUnknown);
  const after = makeRow(uuid, newUuid(), data);
  return { table: schema, uuid, before, after, changed: before ? changedColumns(schema, before, after) : [] };
}

function recordToData(
  table: TableSchema,
  before: readonly Datum[] | undefined,
  json: JsonObject,
  isDiff: boolean,
  skipUnknown: boolean,
): Datum[] {
  const data = [...(before ?? defaultData(table))];
  for (const [name, value] of Object.entries(json)) {
    const column = table.columns.get(name);
    if (!column) {
      if (skipUnknown) continue;
      throw unknownColumn(name, table, json);
    }
    const { type, index } = column;
    data[index] =
      isDiff && before
        ? applyColumnDifference(type, data[index]!, datumFromJson(differenceType(type), value))
        : datumFromJson(type, value);
  }
  return data;
}
