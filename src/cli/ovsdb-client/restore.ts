import type { ReadFile } from "#host/files.js";
import type { Uuid } from "#ovsdb/atom.js";
import type { Database } from "#ovsdb/database.js";
import { datumToJson, type UuidWriter } from "#ovsdb/datum-json.js";
import { OvsdbError } from "#ovsdb/error.js";
import { isDefault, type Row } from "#ovsdb/row.js";
import type { DatabaseSchema, TableSchema } from "#ovsdb/schema.js";
import { schemaToJson } from "#ovsdb/schema-json.js";
import { LogReader } from "#ovsdb-server/log-reader.js";
import { newUuid } from "#ovsdb-server/new-uuid.js";
import { readDatabase } from "#ovsdb-server/read-database.js";
import { UserError } from "#util/errors.js";
import type { Json } from "#util/json.js";
import { formatJson } from "#util/json-text.js";
import type { DatabaseContext } from "./client-command.js";
import { fetchSchema } from "./database.js";

const source = "/dev/stdin";

/** Replaces all that a database holds by what standard input holds, a database file, in one transaction. */
export async function restore(context: DatabaseContext): Promise<void> {
  const { io, settings, log, database, peer } = context;
  if (io.host.process.stdinIsTerminal) {
    throw new UserError("not reading backup from a terminal; please redirect stdin from a file");
  }
  const snapshot = readSnapshot(await io.stdin(), () => newUuid(io.host));
  const difference = schemaDifference(snapshot.schema, await fetchSchema(context, database));
  if (difference !== undefined) {
    if (!settings.force) {
      const advice = 'use --force to override differences, or "ovsdb-client convert" to change the schema';
      throw new UserError(`${difference} (${advice})`);
    }
    log.module("ovsdb_client").info(difference);
  }
  const result = await peer.request("transact", [snapshot.schema.name, ...replacement(snapshot)]);
  const failure = Array.isArray(result) ? result.find(isError) : undefined;
  if (failure !== undefined) {
    throw new UserError(`transaction returned error: ${formatJson(failure, { sorted: true })}`);
  }
}

function isError(result: Json): boolean {
  return typeof result === "object" && result !== null && "error" in result;
}

function readSnapshot(text: string, makeUuid: () => Uuid): Database {
  const reader = new LogReader(memoryFile(text), source);
  if (reader.identify() === "CLUSTER") {
    throw new OvsdbError("ovsdb error", `${source}: cannot apply this operation to clustered database file`);
  }
  const records = {
    name: source,
    next: () => reader.next(),
    reject: () => reader.reject(),
    get size() {
      return reader.goodEnd;
    },
  };
  const { database, damage } = readDatabase(records, makeUuid);
  if (damage) throw damage;
  return database;
}

function memoryFile(text: string): ReadFile {
  const bytes = new TextEncoder().encode(text);
  return {
    read: (offset, length) => bytes.subarray(offset, offset + length),
    size: () => bytes.length,
    close: () => {},
  };
}

/** How the schemas of a backup and of the database differ, if they do. */
function schemaDifference(backup: DatabaseSchema, present: DatabaseSchema): string | undefined {
  if (backup.version !== present.version) {
    return `backup schema has version "${backup.version}" but database schema has version "${present.version}"`;
  }
  const text = (schema: DatabaseSchema): string => formatJson(schemaToJson(schema), { sorted: true });
  if (text(backup) === text(present)) return undefined;
  return `backup schema and database schema are both version ${present.version} but still differ`;
}

/** The operations that empty every table and fill it anew. Rows get new UUIDs, so they refer to each other by name. */
function replacement(snapshot: Database): Json[] {
  const tables = [...snapshot.tables.values()];
  const known = new Set(tables.flatMap(({ rows }) => [...rows.keys()]));
  const writeUuid: UuidWriter = (uuid) => (known.has(uuid) ? ["named-uuid", rowName(uuid)] : ["uuid", uuid]);
  return tables.flatMap(({ schema, rows }) => [
    { op: "delete", table: schema.name, where: [] },
    ...[...rows.values()].map((row) => insertion(schema, row, writeUuid)),
  ]);
}

function insertion(table: TableSchema, row: Row, writeUuid: UuidWriter): Json {
  const told = table.columnList.slice(2).filter((column) => !column.ephemeral && !isDefault(column, row.data));
  const values = told.map((column): [string, Json] => {
    const datum = row.data[column.index];
    return [column.name, datum === undefined ? null : datumToJson(column.type, datum, writeUuid)];
  });
  return { op: "insert", table: table.name, "uuid-name": rowName(row.uuid), row: Object.fromEntries(values) };
}

/** A UUID as the name of a new row. */
function rowName(uuid: Uuid): string {
  return `row${uuid.replaceAll("-", "_")}`;
}
