import { anyCount, datumFromJson } from "#ovsdb/datum-json.js";
import { formatDatum } from "#ovsdb/datum-text.js";
import { OvsdbError } from "#ovsdb/error.js";
import type { DatabaseSchema, TableSchema } from "#ovsdb/schema.js";
import { schemaFromJson } from "#ovsdb/schema-json.js";
import type { LogRecord } from "#ovsdb-server/log-reader.js";
import { UserError } from "#util/errors.js";
import type { Json } from "#util/json.js";
import { formatJson } from "#util/json-text.js";
import { openLog } from "./log-access.js";
import type { ToolCommand, ToolContext } from "./tool-command.js";

type JsonObject = { readonly [name: string]: Json };

/** Prints a database's log: a line for each record, with `-m` the rows it changed, with `-mm` their columns too. */
export const showLog: ToolCommand = {
  name: "show-log",
  usage: "[db]",
  minArgs: 0,
  maxArgs: 1,
  run(context, [path = context.defaultDatabase]) {
    const log = openLog(context, path, "read");
    try {
      if (log.magic === "CLUSTER")
        throw new UserError(`${path}: show-log of clustered databases is not implemented yet`);
      const printer = context.json ? new JsonLogPrinter(context) : new LogPrinter(context);
      for (let number = 0; ; number++) {
        const record = log.next();
        if (!record) break;
        printer.print(number, record);
      }
      printer.end();
      return 0;
    } finally {
      log.close();
    }
  },
};

/** Prints an array with an object for each record, whatever `-m` says; a line each, for a log may be long. */
class JsonLogPrinter {
  readonly #context: ToolContext;
  #before = "[";

  constructor(context: ToolContext) {
    this.#context = context;
  }

  print(number: number, record: LogRecord): void {
    const { _date: date, _comment: comment, _is_diff: isDiff, ...tables } = record;
    const what: JsonObject =
      number === 0
        ? { schema: describeSchema(record) }
        : { date: date ?? null, comment: comment ?? null, is_diff: isDiff ?? false, tables };
    this.#context.io.stdout(`${this.#before}${formatJson({ record: number, ...what })}`);
    this.#before = ",\n ";
  }

  end(): void {
    this.#context.io.stdout(this.#before === "[" ? "[]\n" : "]\n");
  }
}

function describeSchema(record: LogRecord): JsonObject {
  const { name, version, cksum } = schemaFromJson(record);
  return { name, version, cksum };
}

class LogPrinter {
  readonly #context: ToolContext;
  readonly #names = new Map<string, string>();
  #schema: DatabaseSchema | undefined;

  constructor(context: ToolContext) {
    this.#context = context;
  }

  print(number: number, record: LogRecord): void {
    this.#out(`record ${number}:`);
    if (number === 0) {
      const { name, version, cksum } = (this.#schema = schemaFromJson(record));
      this.#out(` "${name}" schema, version="${version}", cksum="${cksum}"\n\n`);
      return;
    }
    const { _date: date, _comment: comment, _is_diff: isDiff } = record;
    const time = typeof date === "number" ? formatTime(date) : undefined;
    if (time) this.#out(` ${time}`);
    if (typeof comment === "string") this.#out(` "${comment}"`);
    this.#out("\n");
    if (this.#context.more === 0) return;
    for (const [table, rows] of Object.entries(record)) {
      if (table.startsWith("_")) continue;
      // A record that is no record ends as upstream ends it, without its empty line.
      if (!isObject(rows)) return;
      for (const [uuid, row] of Object.entries(rows)) this.#row(table, uuid, row, isDiff === true);
    }
    this.#out("\n");
  }

  end(): void {}

  #row(tableName: string, uuid: string, row: Json, isDiff: boolean): void {
    const short = uuid.slice(0, 8);
    const known = this.#names.get(uuid);
    const name = isObject(row) && typeof row["name"] === "string" ? row["name"] : undefined;
    if (known === undefined) {
      const shown = name === undefined ? undefined : `"${name}"`;
      this.#names.set(uuid, shown ?? short);
      this.#out(`  table ${tableName} insert row ${shown === undefined ? short : `${shown} (${short})`}:\n`);
    } else this.#out(`  table ${tableName} row ${known ?? short} (${short})${isDiff ? " diff" : ""}:\n`);
    if (row === null) {
      this.#names.delete(uuid);
      this.#out("    delete row\n");
      return;
    }
    if (this.#context.more < 2 || !isObject(row)) return;
    const table = this.#schema?.tables.get(tableName);
    for (const [column, value] of Object.entries(row)) this.#out(`    ${column}=${describe(table, column, value)}\n`);
  }

  #out(text: string): void {
    this.#context.io.stdout(text);
  }
}

function describe(table: TableSchema | undefined, name: string, value: Json): string {
  const column = table?.columns.get(name);
  if (!column) return formatJson(value, { sorted: true });
  try {
    return formatDatum(column.type, datumFromJson(anyCount(column.type), value));
  } catch (error) {
    if (!(error instanceof OvsdbError)) throw error;
    return formatJson(value, { sorted: true });
  }
}

/** `2026-11-20 10:02:41.817`, UTC. Very old logs count seconds; their numbers are below 2^32. */
function formatTime(date: number): string {
  const milliseconds = date < 2 ** 32 ? date * 1000 : date;
  const at = new Date(milliseconds);
  return Number.isNaN(at.getTime()) ? String(date) : at.toISOString().replace("T", " ").replace("Z", "");
}

function isObject(json: Json | undefined): json is JsonObject {
  return typeof json === "object" && json !== null && !Array.isArray(json);
}
