import type { Json } from "#util/json.js";
import { parseUuid, type Uuid } from "./atom.js";
import type { ChangeSet, RowChange } from "./change-set.js";
import { unknownColumn } from "./condition.js";
import type { Database, Table } from "./database.js";
import { equalDatums } from "./datum.js";
import { datumFromJson } from "./datum-json.js";
import { applyColumnDifference, differenceType } from "./difference.js";
import { syntaxError } from "./error.js";
import { isJsonObject, type JsonObject } from "./json-members.js";
import { changedColumns, defaultData, makeRow, type Row } from "./row.js";
import { type ColumnSchema, VERSION_COLUMN } from "./schema.js";

/** `<table-updates>` (RFC 7047, 4.1.6), or `<table-updates2>` (ovsdb-server(7), 4.1.14). */
export type UpdatesForm = "updates" | "updates2";

/** A row as it is to be, `null` where it is to go, or the differences to what it is. */
type RowNews = { readonly whole: JsonObject } | { readonly differences: JsonObject } | null;

/**
 * What another server's updates change in a copy of its database. They say all that followed from its transactions, so only their form
 * and the values' constraints are checked. Throws `OvsdbError` where they are malformed or do not fit the rows that are here.
 */
export function changesOfUpdates(database: Database, updates: Json, form: UpdatesForm, newUuid: () => Uuid): ChangeSet {
  const changes: RowChange[] = [];
  for (const [table, uuid, change] of eachRow(database, updates)) {
    const row = changeOf(table, uuid, newsOf(change, form), newUuid);
    if (row) changes.push(row);
  }
  return { changes, serial: database.serial };
}

/** What makes a copy equal to the contents that another server sent whole, as the answer to a monitor of all tables. */
export function changesToContents(
  database: Database,
  contents: Json,
  form: UpdatesForm,
  newUuid: () => Uuid,
): ChangeSet {
  const changes: RowChange[] = [];
  const told = new Map<Table, Set<Uuid>>();
  for (const [table, uuid, change] of eachRow(database, contents)) {
    const row = changeOf(table, uuid, newsOf(change, form), newUuid);
    if (row) changes.push(row);
    told.set(table, (told.get(table) ?? new Set()).add(uuid));
  }
  for (const table of database.tables.values()) {
    for (const [uuid, before] of table.rows) {
      if (told.get(table)?.has(uuid)) continue;
      changes.push({ table: table.schema, uuid, before, after: undefined, changed: [] });
    }
  }
  return { changes, serial: database.serial };
}

function* eachRow(database: Database, updates: Json): Generator<[Table, Uuid, JsonObject]> {
  if (!isJsonObject(updates)) throw syntaxError("<table-updates> is not an object", updates);
  for (const [name, rows] of Object.entries(updates)) {
    const table = database.tables.get(name);
    if (!table) throw syntaxError(`update of table ${name}, which is not in the schema`);
    if (!isJsonObject(rows)) throw syntaxError("<table-update> is not an object", rows);
    for (const [text, change] of Object.entries(rows)) {
      const uuid = parseUuid(text);
      if (uuid === undefined) throw syntaxError(`"${text}" is not a valid UUID`);
      if (!isJsonObject(change)) throw syntaxError("<row-update> is not an object", change);
      yield [table, uuid, change];
    }
  }
}

function newsOf(change: JsonObject, form: UpdatesForm): RowNews {
  if (form === "updates") return change["new"] === undefined ? null : { whole: row(change["new"]) };
  const whole = change["initial"] ?? change["insert"];
  if (whole !== undefined) return { whole: row(whole) };
  return Object.hasOwn(change, "delete") ? null : { differences: row(change["modify"]) };
}

function row(json: Json | undefined): JsonObject {
  if (!isJsonObject(json)) throw syntaxError("<row> is not an object", json);
  return json;
}

/** Undefined where nothing changes. */
function changeOf(table: Table, uuid: Uuid, news: RowNews, newUuid: () => Uuid): RowChange | undefined {
  const { schema } = table;
  const before = table.rows.get(uuid);
  if (news === null) return before && { table: schema, uuid, before, after: undefined, changed: [] };
  if (!("differences" in news)) {
    const after = wholeRow(table, uuid, news.whole, newUuid);
    if (!before) return { table: schema, uuid, before, after, changed: [] };
    const changed = changedColumns(schema, before, after);
    return changed.length === 0 ? undefined : { table: schema, uuid, before, after, changed };
  }
  if (!before) throw syntaxError(`modification of row ${uuid} of table ${schema.name}, which is not there`);
  const data = [...before.data];
  for (const [name, json] of Object.entries(news.differences)) {
    const { type, index } = columnOf(table, name, news.differences);
    if (index === VERSION_COLUMN) continue;
    data[index] = applyColumnDifference(type, data[index]!, datumFromJson(differenceType(type), json));
  }
  if (data.every((datum, i) => equalDatums(datum, before.data[i]!))) return undefined;
  const after = makeRow(uuid, newUuid(), data);
  return { table: schema, uuid, before, after, changed: changedColumns(schema, before, after) };
}

function wholeRow(table: Table, uuid: Uuid, json: JsonObject, newUuid: () => Uuid): Row {
  const data = [...defaultData(table.schema)];
  for (const [name, value] of Object.entries(json)) {
    const { type, index } = columnOf(table, name, json);
    data[index] = datumFromJson(type, value);
  }
  return makeRow(uuid, newUuid(), data);
}

function columnOf(table: Table, name: string, json: JsonObject): ColumnSchema {
  const column = table.schema.columns.get(name);
  if (!column) throw unknownColumn(name, table.schema, json);
  return column;
}
