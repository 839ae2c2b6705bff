import type { Uuid } from "#ovsdb/atom.js";
import { Database } from "#ovsdb/database.js";
import type { Datum } from "#ovsdb/datum.js";
import { datumFromJson, datumToJson } from "#ovsdb/datum-json.js";
import { Draft } from "#ovsdb/draft.js";
import { OvsdbError } from "#ovsdb/error.js";
import { contentsToRecord } from "#ovsdb/log-record.js";
import { Replay } from "#ovsdb/replay.js";
import { defaultData } from "#ovsdb/row.js";
import type { TableSchema } from "#ovsdb/schema.js";
import { schemaFromJson } from "#ovsdb/schema-json.js";
import { settle } from "#ovsdb/settle.js";
import { typeToJson } from "#ovsdb/type-json.js";
import type { Json } from "#util/json.js";
import { formatJson } from "#util/json-text.js";

/**
 * The same contents under another schema, as a server has them in memory, ephemeral columns included: tables and columns that it
 * lacks are left out, new columns have their defaults, and all its constraints hold. Throws `OvsdbError` where they cannot.
 */
export function convertDatabase(from: Database, schemaJson: Json, newUuid: () => Uuid): Database {
  const schema = schemaFromJson(schemaJson);
  if (schema.name !== from.schema.name) {
    const details = `new schema name (${schema.name}) does not match database name (${from.schema.name})`;
    throw new OvsdbError("invalid parameters", details);
  }
  const to = new Database(schema);
  const draft = new Draft(to, newUuid);
  for (const table of to.tables.values()) {
    const old = from.tables.get(table.schema.name);
    if (!old) continue;
    const convert = rowConverter(old.schema, table.schema);
    for (const { uuid, data } of old.rows.values()) draft.insert(table, uuid, convert(data));
  }
  to.apply(settle(draft));
  return to;
}

/** Turns rows of one table schema into rows of another. */
function rowConverter(from: TableSchema, to: TableSchema): (data: readonly Datum[]) => Datum[] {
  const columns = to.columnList.slice(2).flatMap(({ name, index, type }) => {
    const old = from.columns.get(name);
    if (!old) return [];
    const same = formatJson(typeToJson(old.type)) === formatJson(typeToJson(type));
    return [{ index, type, old, same }];
  });
  return (data) => {
    const converted = [...defaultData(to)];
    for (const { index, type, old, same } of columns) {
      const datum = data[old.index]!;
      converted[index] = same ? datum : datumFromJson(type, datumToJson(old.type, datum));
    }
    return converted;
  };
}

/** Fills an empty database with what a file keeps of the contents of another, as far as its schema has room for it. */
export function convertContents(from: Database, to: Database, newUuid: () => Uuid): Database {
  const known = new Database(to.schema);
  new Replay(known, true).apply(contentsToRecord(from, { date: 0, comment: "" }));
  const draft = new Draft(to, newUuid);
  for (const { schema, rows } of known.tables.values()) {
    for (const { uuid, data } of rows.values()) draft.insert(to.table(schema.name), uuid, data);
  }
  to.apply(settle(draft));
  return to;
}
