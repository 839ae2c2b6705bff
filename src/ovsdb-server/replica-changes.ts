import { OvsdbError } from "#ovsdb/error.js";
import type { DatabaseSchema } from "#ovsdb/schema.js";
import type { Json } from "#util/json.js";

type Rows = { readonly [uuid: string]: Json };
type Tables = { readonly [table: string]: Rows };
type Operation = { readonly [member: string]: Json };

/** What the local database has: whether there is a row. */
type Has = (table: string, uuid: string) => boolean;

/** The operations that do locally what an `update` notification (RFC 7047 section 4.1.6) tells. Throws `OvsdbError`. */
export function operationsOfUpdates(schema: DatabaseSchema, updates: Json, has: Has): Operation[] {
  const operations: Operation[] = [];
  for (const [table, rows] of Object.entries(tablesOf(updates))) {
    for (const [uuid, change] of Object.entries(rows)) {
      const row = (change as { readonly new?: Json }).new;
      if (row !== undefined) operations.push(put(schema, table, uuid, row as Rows, has));
      else if (has(table, uuid)) operations.push({ op: "delete", table, where: isRow(uuid) });
    }
  }
  return operations;
}

/** The operations that give some tables exactly the contents that the reply to `monitor` tells. Throws `OvsdbError`. */
export function operationsOfContents(
  schema: DatabaseSchema,
  contents: Json,
  tables: ReadonlyMap<string, Iterable<string>>,
  has: Has,
): Operation[] {
  const wanted = tablesOf(contents);
  const operations: Operation[] = [];
  for (const [table, uuids] of tables) {
    for (const uuid of uuids) {
      if (!Object.hasOwn(wanted[table] ?? {}, uuid)) operations.push({ op: "delete", table, where: isRow(uuid) });
    }
  }
  return [...operations, ...operationsOfUpdates(schema, contents, has)];
}

function put(schema: DatabaseSchema, table: string, uuid: string, row: Rows, has: Has): Operation {
  if (!has(table, uuid)) return { op: "insert", table, uuid, row };
  // What cannot change has not changed.
  const columns = schema.tables.get(table)?.columns;
  const mutable = Object.entries(row).filter(([name]) => columns?.get(name)?.mutable !== false);
  return { op: "update", table, where: isRow(uuid), row: Object.fromEntries(mutable) };
}

function isRow(uuid: string): Json {
  return [["_uuid", "==", ["uuid", uuid]]];
}

function tablesOf(json: Json): Tables {
  const isObject = (value: Json | undefined): boolean =>
    typeof value === "object" && value !== null && !Array.isArray(value);
  const fine =
    isObject(json) &&
    Object.values(json as Tables).every((rows) => isObject(rows) && Object.values(rows).every(isObject));
  if (!fine) throw new OvsdbError("syntax error", "<table-updates> is not an object of rows by table and UUID");
  return json as Tables;
}
