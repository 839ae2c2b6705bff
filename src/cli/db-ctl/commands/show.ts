import type { Atom } from "#ovsdb/atom.js";
import { isDefaultDatum } from "#ovsdb/column-type.js";
import { pairsOf } from "#ovsdb/datum.js";
import { formatDatum } from "#ovsdb/datum-text.js";
import type { Json } from "#util/json.js";
import type { CtlCommand } from "../command.js";
import type { CtlContext } from "../context.js";
import type { CtlRow } from "../row.js";

/** What `show` says of a table's rows. */
export interface ShowTable {
  readonly table: string;
  /** The column that stands behind the table's name; the root table has none and shows its UUID. */
  readonly name?: string;
  /** Printed in this order where they are not empty; references to other shown tables become their rows. */
  readonly columns: readonly string[];
}

/** The `show` command for a tree of tables, of which the first is the root. */
export function showCommand(tables: readonly ShowTable[]): CtlCommand {
  const byName = new Map(tables.map((table) => [table.table, table]));
  return {
    name: "show",
    minArgs: 0,
    maxArgs: 0,
    arguments: "",
    options: [],
    needs(_call, needs) {
      for (const { table, name, columns } of tables) {
        needs.add(table, ...(name === undefined ? [] : [name]), ...columns);
      }
    },
    run(context) {
      const root = tables[0];
      if (root === undefined) return;
      const rows = context.txn.rows(root.table);
      context.output.print(rows.map((row) => `${row.uuid}\n${showColumns(context, byName, root, row, 1)}`).join(""));
      context.output.setData(rows.map((row) => rowData(context, byName, root, row)));
    },
  };
}

type Tables = ReadonlyMap<string, ShowTable>;

function showColumns(context: CtlContext, tables: Tables, shown: ShowTable, row: CtlRow, level: number): string {
  const indent = "    ".repeat(level);
  return shown.columns
    .filter((column) => row.has(column))
    .map((column) => {
      const type = row.type(column);
      const target = tables.get(type.key.refTable ?? "");
      if (target !== undefined) {
        const children = context.txn.referenced(row, column, target.table);
        return children.map((child) => showRow(context, tables, target, child, level)).join("");
      }
      const datum = row.get(column);
      return isDefaultDatum(type, datum) ? "" : `${indent}${column}: ${formatDatum(type, datum)}\n`;
    })
    .join("");
}

function showRow(context: CtlContext, tables: Tables, shown: ShowTable, row: CtlRow, level: number): string {
  const { name = "_uuid" } = shown;
  const heading = `${"    ".repeat(level)}${shown.table} ${formatDatum(row.type(name), row.get(name))}\n`;
  return heading + showColumns(context, tables, shown, row, level + 1);
}

/** A row as plain JSON: references to shown tables as nested rows, sets as arrays, maps as objects. */
function rowData(context: CtlContext, tables: Tables, shown: ShowTable, row: CtlRow): Json {
  const { name = "_uuid" } = shown;
  const data: Record<string, Json> = { [name]: plain(row.one(name)) };
  for (const column of shown.columns) {
    if (!row.has(column)) continue;
    const type = row.type(column);
    const datum = row.get(column);
    const target = tables.get(type.key.refTable ?? "");
    if (target !== undefined) {
      const children = context.txn.referenced(row, column, target.table);
      data[column] = children.map((child) => rowData(context, tables, target, child));
    } else if (isDefaultDatum(type, datum)) {
    } else if (type.value !== undefined) {
      data[column] = Object.fromEntries(pairsOf(datum).map(([key, value]) => [String(key), value]));
    } else {
      data[column] = type.max === 1 ? plain(datum.keys[0]) : [...datum.keys];
    }
  }
  return data;
}

const plain = (atom: Atom | undefined): Json => atom ?? null;
