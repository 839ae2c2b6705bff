import type { DatabaseSchema } from "#ovsdb/schema.js";
import { schemaFromJson } from "#ovsdb/schema-json.js";
import { UserError } from "#util/errors.js";
import type { Json } from "#util/json.js";
import { formatJson } from "#util/json-text.js";
import type { DatabaseContext } from "./client-command.js";
import type { Peer } from "./peer.js";

const defaultDatabase = "Open_vSwitch";

/** The names of the databases that a server has, sorted. */
export async function fetchDatabases(peer: Peer): Promise<readonly string[]> {
  const reply = await peer.request("list_dbs", []);
  if (!Array.isArray(reply)) throw new UserError("list_dbs response is not array");
  const names = reply.map((name: Json, i) => {
    if (typeof name !== "string") throw new UserError(`list_dbs response ${i} is not string`);
    return name;
  });
  return names.sort();
}

/**
 * The database to work on, and the arguments that are left: the one that an argument names, else Open_vSwitch, else the server's only one.
 */
export async function chooseDatabase(
  peer: Peer,
  args: readonly string[],
  minArgs: number,
): Promise<{ readonly database: string; readonly args: readonly string[] }> {
  const known = await fetchDatabases(peer);
  const [first] = args;
  if (first !== undefined && args.length > minArgs && known.includes(first)) {
    return { database: first, args: args.slice(1) };
  }
  if (known.includes(defaultDatabase)) return { database: defaultDatabase, args };
  const [only, ...others] = known.filter((name) => !name.startsWith("_"));
  if (only === undefined || others.length > 0) {
    throw new UserError("could not find a default database, please specify a database name");
  }
  return { database: only, args };
}

/** The schema of a database. */
export async function fetchSchema({ peer }: Pick<DatabaseContext, "peer">, database: string): Promise<DatabaseSchema> {
  return schemaFromJson(await peer.request("get_schema", [database]));
}

/** The results of a transaction, one for each operation. Throws `UserError` where the reply has another form. */
export async function transact(
  { peer, database }: DatabaseContext,
  operations: readonly Json[],
): Promise<readonly Json[]> {
  const reply = await peer.request("transact", [database, ...operations]);
  if (!Array.isArray(reply) || reply.length !== operations.length) {
    throw new UserError(`reply is not array of ${operations.length} elements: ${formatJson(reply)}`);
  }
  return reply;
}
