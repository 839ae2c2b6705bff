import type { ColumnType } from "#ovsdb/column-type.js";
import { UNLIMITED } from "#ovsdb/column-type.js";
import { parseDatum } from "#ovsdb/parse-text.js";
import type { CtlCommand } from "../command.js";
import { findColumn } from "../schema.js";
import { checkMutable } from "./set.js";

/** The column's type for values that are added to or removed from it: one or more. */
export function someOf(type: ColumnType): ColumnType {
  return { ...type, min: 1, max: UNLIMITED };
}

/** `add TABLE RECORD COLUMN [KEY=]VALUE...`. */
export const add: CtlCommand = {
  name: "add",
  minArgs: 4,
  maxArgs: Number.POSITIVE_INFINITY,
  arguments: "!TABLE !RECORD !COLUMN +?KEY=VALUE",
  options: ["if-exists"],
  changes: true,
  needs(call, needs) {
    const table = needs.schema.findTable(call.args[0] ?? "");
    needs.addNames(table);
    needs.add(table.name, findColumn(table, call.args[2] ?? "").name);
  },
  run(context) {
    const table = context.table();
    const row = context.record(table, context.arg(1));
    if (row === undefined) return;
    const column = findColumn(table, context.arg(2));
    checkMutable(row, column);
    for (const text of context.args.slice(3)) {
      row.add(column.name, parseDatum(someOf(column.type), text, context.resolve));
    }
    context.changed(row.table.name);
  },
};
