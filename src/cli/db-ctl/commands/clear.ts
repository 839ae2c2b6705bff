import { EMPTY_MAP, EMPTY_SET } from "#ovsdb/datum.js";
import { UserError } from "#util/errors.js";
import type { CtlCommand } from "../command.js";
import { findColumn } from "../schema.js";
import { checkMutable } from "./set.js";

/** `clear TABLE RECORD COLUMN...`: empties columns. */
export const clear: CtlCommand = {
  name: "clear",
  minArgs: 3,
  maxArgs: Number.POSITIVE_INFINITY,
  arguments: "!TABLE !RECORD +COLUMN",
  options: ["if-exists"],
  changes: true,
  needs(call, needs) {
    const table = needs.schema.findTable(call.args[0] ?? "");
    needs.addNames(table);
    needs.add(table.name, ...call.args.slice(2).map((word) => findColumn(table, word).name));
  },
  run(context) {
    const table = context.table();
    const row = context.record(table, context.arg(1));
    if (row === undefined) return;
    for (const word of context.args.slice(2)) {
      const column = findColumn(table, word);
      checkMutable(row, column);
      if (column.type.min > 0) {
        throw new UserError(
          `"clear" operation cannot be applied to column ${column.name} of table ${table.name},` +
            " which is not allowed to be empty",
        );
      }
      row.set(column.name, column.type.value === undefined ? EMPTY_SET : EMPTY_MAP);
    }
    context.changed(row.table.name);
  },
};
