import { AccessControl } from "#ovsdb/access-control.js";
import { Database } from "#ovsdb/database.js";
import { OvsdbError, syntaxError } from "#ovsdb/error.js";
import { execute } from "#ovsdb/execute.js";
import { changesToRecord } from "#ovsdb/log-record.js";
import { schemaToJson } from "#ovsdb/schema-json.js";
import { compactLogNow } from "#ovsdb-server/compact-log.js";
import { convertContents } from "#ovsdb-server/convert.js";
import type { LogFile } from "#ovsdb-server/log-file.js";
import { newUuid } from "#ovsdb-server/new-uuid.js";
import { readDatabase } from "#ovsdb-server/read-database.js";
import { snapshotText } from "#ovsdb-server/snapshot.js";
import { UserError } from "#util/errors.js";
import type { Json } from "#util/json.js";
import { JsonSyntaxError, parseJson } from "#util/json-parse.js";
import { formatJson } from "#util/json-text.js";
import { OVS_VERSION } from "#util/version.js";
import { openLog, openStandalone } from "./log-access.js";
import { readSchema } from "./schema-argument.js";
import type { ToolCommand, ToolContext } from "./tool-command.js";

/** Reads a database whole; the tools refuse a damaged one. */
function readWhole(context: ToolContext, log: LogFile): Database {
  const { database, damage } = readDatabase(log, () => newUuid(context.io.host));
  if (damage) throw damage;
  return database;
}

/** The operations of a `transact` request's parameters, which begin with the database's name. */
function operationsOf(database: Database, params: Json): readonly Json[] | Json {
  if (!Array.isArray(params)) return syntaxError("array expected", params).toJson();
  const [name, ...operations] = params as readonly Json[];
  if (name === database.schema.name) return operations;
  return syntaxError("database name expected as first parameter", params).toJson();
}

function transaction(name: "query" | "transact"): ToolCommand {
  return {
    name,
    usage: "[db] trns",
    minArgs: 1,
    maxArgs: 2,
    run(context, args) {
      const [path, text] = args.length === 1 ? [context.defaultDatabase, args[0]!] : [args[0]!, args[1]!];
      const log = openStandalone(context, path, name === "query" ? "read" : "write");
      try {
        const result = transact(context, log, readWhole(context, log), parseTransaction(text), name === "transact");
        context.io.stdout(`${formatJson(result, { sorted: true })}\n`);
        return 0;
      } finally {
        log.close();
      }
    },
  };
}

function parseTransaction(text: string): Json {
  try {
    return parseJson(text);
  } catch (error) {
    if (!(error instanceof JsonSyntaxError)) throw error;
    throw new UserError(`"${text}": ${error.message}`);
  }
}

function transact(context: ToolContext, log: LogFile, database: Database, params: Json, write: boolean): Json {
  const operations = operationsOf(database, params);
  if (!Array.isArray(operations)) return operations;
  const { host } = context.io;
  const { role = "" } = context;
  const { results, outcome } = execute(database, operations, {
    newUuid: () => newUuid(host),
    holdsLock: () => false,
    // Nobody will change what a wait waits for.
    elapsed: Number.POSITIVE_INFINITY,
    access: AccessControl.appliesTo(database, role) ? new AccessControl(database, role, "", "(null)") : undefined,
  });
  if (outcome.kind === "blocked") throw new UserError("a transaction with a wait that never comes true");
  if (outcome.kind === "failed" || !write) return results;
  const { changes, comment } = outcome;
  const record = changesToRecord(changes, { date: Math.round(host.clock.wall()), comment });
  if (record === undefined) return results;
  try {
    log.append(formatJson(record));
    if (outcome.durable) log.syncNow();
    return results;
  } catch (error) {
    if (!(error instanceof OvsdbError)) throw error;
    return [...results, error.toJson()];
  }
}

/** Writes a database in the place of another, or to a file of its own. */
function writeContents(
  context: ToolContext,
  log: LogFile,
  database: Database,
  target: string | undefined,
  comment: string,
): void {
  const { files, clock } = context.io.host;
  const content = {
    schema: formatJson(schemaToJson(database.schema)),
    snapshot: snapshotText(database, { date: clock.wall(), comment }),
  };
  if (target === undefined) {
    compactLogNow(files, log, content, context.warn);
    return;
  }
  const copy = openLog(context, target, "create");
  try {
    copy.append(content.schema);
    copy.append([...content.snapshot].join(""));
    copy.syncNow();
  } finally {
    copy.close();
  }
}

const compact: ToolCommand = {
  name: "compact",
  usage: "[db [dst]]",
  minArgs: 0,
  maxArgs: 2,
  run(context, [path = context.defaultDatabase, target]) {
    const log = openStandalone(context, path, target === undefined ? "write" : "read");
    try {
      const database = readWhole(context, log);
      writeContents(context, log, database, target, `compacted by ovsdb-tool ${OVS_VERSION}`);
    } finally {
      log.close();
    }
    return 0;
  },
};

const convert: ToolCommand = {
  name: "convert",
  usage: "[db [schema [dst]]]",
  minArgs: 0,
  maxArgs: 3,
  async run(context, [path = context.defaultDatabase, schemaPath, target]) {
    const schema = await readSchema(context, schemaPath);
    const log = openStandalone(context, path, target === undefined ? "write" : "read");
    try {
      const converted = convertContents(readWhole(context, log), new Database(schema), () => newUuid(context.io.host));
      writeContents(context, log, converted, target, `converted by ovsdb-tool ${OVS_VERSION}`);
    } finally {
      log.close();
    }
    return 0;
  },
};

export const dataCommands: readonly ToolCommand[] = [compact, convert, transaction("query"), transaction("transact")];
