import type { Uuid } from "#ovsdb/atom.js";
import { Database } from "#ovsdb/database.js";
import { Draft } from "#ovsdb/draft.js";
import { OvsdbError } from "#ovsdb/error.js";
import { contentsToRecord } from "#ovsdb/log-record.js";
import { Replay } from "#ovsdb/replay.js";
import { schemaFromJson } from "#ovsdb/schema-json.js";
import { settle } from "#ovsdb/settle.js";
import type { Json } from "#util/json.js";

/**
 * The same contents under another schema: tables and columns that it lacks are left out, new columns have their defaults, and
 * all its constraints hold. Throws `OvsdbError` where they cannot.
 */
export function convertDatabase(from: Database, schemaJson: Json, newUuid: () => Uuid): Database {
  const schema = schemaFromJson(schemaJson);
  if (schema.name !== from.schema.name) {
    const details = `new schema name (${schema.name}) does not match database name (${from.schema.name})`;
    throw new OvsdbError("invalid parameters", details);
  }
  return convertContents(from, new Database(schema), newUuid);
}

/** Fills an empty database with the contents of another, as far as its schema has room for them. */
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
