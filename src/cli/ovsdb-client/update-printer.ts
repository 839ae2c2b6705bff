import type { ColumnType } from "#ovsdb/column-type.js";
import { anyCount, datumFromJson } from "#ovsdb/datum-json.js";
import { OvsdbError } from "#ovsdb/error.js";
import type { Json } from "#util/json.js";
import { formatJson } from "#util/json-text.js";
import { noCell, type TableCell, TablePrinter, textCell } from "#util/text-table.js";
import type { ClientContext } from "./client-command.js";
import { datumCell } from "./datum-cell.js";
import type { MonitoredTable } from "./monitored-table.js";

type JsonObject = { readonly [name: string]: Json };

/** A line of a table of changes: the row's UUID, what became of it, and the columns that the server told. */
interface Line {
  readonly row: string;
  readonly action: string;
  readonly values: JsonObject;
}

/** Prints what monitors bring: a table for each monitored table that changed. */
export class UpdatePrinter {
  readonly #context: ClientContext;
  readonly #tables: readonly MonitoredTable[];
  readonly #printer: TablePrinter;

  constructor(context: ClientContext, tables: readonly MonitoredTable[]) {
    this.#context = context;
    this.#tables = tables;
    this.#printer = new TablePrinter(context.settings.table);
  }

  /** `<table-updates>` of RFC 7047, which have old and new contents. */
  printUpdate(updates: Json, initial: boolean): void {
    this.#print(updates, (row, update) => this.#linesOfUpdate(row, update, initial));
  }

  /** `<table-updates2>` of ovsdb-server(7), which have differences. */
  printUpdate2(updates: Json): void {
    this.#print(updates, (row, update) => {
      const [action, values] = Object.entries(update)[0] ?? [];
      return action === undefined ? [] : [{ row, action, values: isObject(values) ? values : {} }];
    });
  }

  #linesOfUpdate(row: string, update: JsonObject, initial: boolean): Line[] {
    const { old, new: now } = update;
    if (initial) {
      if (isObject(now)) return [{ row, action: "initial", values: now }];
      this.#complain("missing initial row");
      return [];
    }
    if (!isObject(old)) return isObject(now) ? [{ row, action: "insert", values: now }] : [];
    if (!isObject(now)) return [{ row, action: "delete", values: old }];
    return [
      { row, action: "old", values: old },
      { row: "", action: "new", values: now },
    ];
  }

  #print(updates: Json, linesOf: (row: string, update: JsonObject) => Line[]): void {
    if (!isObject(updates)) {
      this.#complain("<table-updates> is not object");
      return;
    }
    for (const monitored of this.#tables) {
      const rows = updates[monitored.table.name];
      if (rows === undefined) continue;
      if (!isObject(rows)) {
        this.#complain("<table-update> is not object");
        continue;
      }
      const lines = Object.entries(rows).flatMap(([row, update]) => {
        if (isObject(update)) return linesOf(row, update);
        this.#complain("<row-update> is not object");
        return [];
      });
      this.#printTable(monitored, lines);
    }
  }

  #printTable({ table, columns }: MonitoredTable, lines: readonly Line[]): void {
    const { io, settings } = this.#context;
    const text = this.#printer.print({
      ...(this.#tables.length > 1 ? { caption: table.name } : {}),
      ...(settings.timestamp ? { time: timeText(io.host.clock.wall()) } : {}),
      headings: ["row", "action", ...columns.map(({ name }) => name)],
      rows: lines.map(({ row, action, values }) => [
        textCell(row),
        textCell(action),
        ...columns.map(({ name, type }) => valueCell(type, values[name])),
      ]),
    });
    io.stdout(text);
  }

  #complain(text: string): void {
    this.#context.io.stderr(`ovsdb-client: ${text}\n`);
  }
}

function isObject(json: Json | undefined): json is JsonObject {
  return typeof json === "object" && json !== null && !Array.isArray(json);
}

/** A value as the server tells it, which may be a difference; what is none of its column's type is printed as JSON. */
function valueCell(type: ColumnType, json: Json | undefined): TableCell {
  if (json === undefined) return noCell;
  try {
    return datumCell(type, datumFromJson(anyCount(type), json));
  } catch (error) {
    if (!(error instanceof OvsdbError)) throw error;
    const text = (): string => formatJson(json, { sorted: true });
    return { string: text, bare: text, json: () => json };
  }
}

/** Wall-clock time, milliseconds since 1970, as `2026-11-20 11:12:37.355` in UTC. */
function timeText(wall: number): string {
  return new Date(wall).toISOString().replace("T", " ").replace("Z", "");
}
