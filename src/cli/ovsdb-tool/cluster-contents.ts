import { OvsdbError } from "#ovsdb/error.js";
import { isJsonObject } from "#ovsdb/json-members.js";
import type { DatabaseSchema } from "#ovsdb/schema.js";
import { schemaFromJson, schemaToJson } from "#ovsdb/schema-json.js";
import { newUuid } from "#ovsdb-server/new-uuid.js";
import { readDatabase } from "#ovsdb-server/read-database.js";
import { snapshotText } from "#ovsdb-server/snapshot.js";
import { UserError } from "#util/errors.js";
import type { Json } from "#util/json.js";
import { parseJson } from "#util/json-parse.js";
import { openLog, openStandalone } from "./log-access.js";
import { readSchema } from "./schema-argument.js";
import type { ToolContext } from "./tool-command.js";

/** What a new cluster begins with: the database's name, and its schema and rows as `<cluster-txn>`. */
interface ClusterContents {
  readonly name: string;
  readonly data: readonly [Json, Json];
}

/** Reads a schema file, or a standalone database. Throws `OvsdbError`. */
export async function readClusterContents(context: ToolContext, path: string): Promise<ClusterContents> {
  if (!isLog(context, path)) {
    const schema = schemaToJson(await schemaOf(context, path));
    return contentsOf(context, path, schema, {});
  }
  const log = openStandalone(context, path, "read");
  try {
    const { database, damage } = readDatabase(log, () => newUuid(context.io.host));
    if (damage) throw damage;
    const notes = { date: context.io.host.clock.wall(), comment: `created from ${path}` };
    const rows = parseJson([...snapshotText(database, notes)].join("")) as { readonly [member: string]: Json };
    return contentsOf(context, path, schemaToJson(database.schema), { ...rows, _is_diff: true });
  } finally {
    log.close();
  }
}

function isLog(context: ToolContext, path: string): boolean {
  try {
    openLog(context, path, "read").close();
    return true;
  } catch (error) {
    if (error instanceof OvsdbError && error.message.endsWith("unexpected file format")) return false;
    throw error;
  }
}

async function schemaOf(context: ToolContext, path: string): Promise<DatabaseSchema> {
  try {
    return await readSchema(context, path);
  } catch (error) {
    // What is neither is a log that is none, as upstream has it.
    if (error instanceof UserError) throw new OvsdbError("ovsdb error", `${path}: unexpected file format`);
    throw error;
  }
}

/** Clusters have no ephemeral columns: they become persistent, and this is said. */
function contentsOf(context: ToolContext, path: string, schema: Json, rows: Json): ClusterContents {
  const changed: string[] = [];
  const persistent = withoutEphemeral(schema, changed);
  const { name } = schemaFromJson(persistent);
  if (changed.length > 0) {
    const what = `changed ${changed.length} columns in '${name}' database from ephemeral to persistent`;
    const why = "because clusters do not support ephemeral columns";
    context.warn("ovsdb", `${path}: ${what}, including ${changed[0]!}, ${why}`);
  }
  return { name, data: [persistent, rows] };
}

function withoutEphemeral(schema: Json, changed: string[]): Json {
  const { tables, ...rest } = schema as { readonly [member: string]: Json };
  const mapped = Object.entries(tables as { readonly [name: string]: Json }).map(([table, json]) => {
    const { columns, ...others } = json as { readonly [member: string]: Json };
    const persistent = Object.entries(columns as { readonly [name: string]: Json }).map(([column, definition]) => {
      if (!isJsonObject(definition) || definition["ephemeral"] !== true) return [column, definition];
      changed.push(`'${column}' column in '${table}' table`);
      const { ephemeral: _, ...kept } = definition;
      return [column, kept];
    });
    return [table, { ...others, columns: Object.fromEntries(persistent) as Json }];
  });
  return { ...rest, tables: Object.fromEntries(mapped) as Json };
}
