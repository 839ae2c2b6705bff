import { anyCount, datumFromJson } from "#ovsdb/datum-json.js";
import { formatDatum } from "#ovsdb/datum-text.js";
import { OvsdbError } from "#ovsdb/error.js";
import { isJsonObject, type JsonObject } from "#ovsdb/json-members.js";
import type { DatabaseSchema, TableSchema } from "#ovsdb/schema.js";
import { schemaFromJson } from "#ovsdb/schema-json.js";
import type { Json } from "#util/json.js";
import { formatJson } from "#util/json-text.js";
import type { ToolContext } from "./tool-command.js";

/** Prints transaction records for `show-log`: their date and comment, with `-m` the rows, with `-mm` the columns too. */
export class TransactionPrinter {
  readonly #context: ToolContext;
  readonly #names = new Map<string, string>();
  #schema: DatabaseSchema | undefined;

  constructor(context: ToolContext) {
    this.#context = context;
  }

  /** Takes a schema; what follows is of it. Gives what is to be said of it. Throws `OvsdbError`. */
  haveSchema(json: Json): string {
    const { name, version, cksum } = (this.#schema = schemaFromJson(json));
    return `"${name}" schema, version="${version}", cksum="${cksum}"`;
  }

  /** Prints a transaction behind what is on the line already. */
  print(record: JsonObject): void {
    const { _date: date, _comment: comment, _is_diff: isDiff } = record;
    const time = typeof date === "number" ? formatTime(date) : undefined;
    if (time) this.#out(` ${time}`);
    if (typeof comment === "string") this.#out(` "${comment}"`);
    this.#out("\n");
    if (this.#context.more === 0) return;
    const tables = Object.entries(record).filter(([name]) => !name.startsWith("_"));
    for (const [table, rows] of tables) {
      // A record that is no record ends as upstream ends it, without its empty line.
      if (!isJsonObject(rows)) return;
      for (const [uuid, row] of Object.entries(rows)) this.#row(table, uuid, row, isDiff === true);
    }
    if (tables.length > 0) this.#out("\n");
  }

  #row(tableName: string, uuid: string, row: Json, isDiff: boolean): void {
    const short = uuid.slice(0, 8);
    const known = this.#names.get(uuid);
    const name = isJsonObject(row) && typeof row["name"] === "string" ? row["name"] : undefined;
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
    if (this.#context.more < 2 || !isJsonObject(row)) return;
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
