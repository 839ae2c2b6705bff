import { type Datum, difference, withoutKeys } from "#ovsdb/datum.js";
import { parseDatum } from "#ovsdb/parse-text.js";
import type { ColumnSchema } from "#ovsdb/schema.js";
import { UserError } from "#util/errors.js";
import type { CtlCommand } from "../command.js";
import type { CtlContext } from "../context.js";
import { findColumn } from "../schema.js";
import { someOf } from "./add.js";
import { checkMutable } from "./set.js";

/** `remove TABLE RECORD COLUMN KEY|VALUE|KEY=VALUE...`. */
export const remove: CtlCommand = {
  name: "remove",
  minArgs: 4,
  maxArgs: Number.POSITIVE_INFINITY,
  arguments: "!TABLE !RECORD !COLUMN +KEY|VALUE|KEY=VALUE",
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
    const left = context.args
      .slice(3)
      .reduce((datum, text) => without(context, column, datum, text), row.get(column.name));
    if (left.keys.length < column.type.min) {
      throw new UserError(
        `"remove" operation would put ${left.keys.length} values in column ${column.name} of table ${table.name}` +
          ` but the minimum number is ${column.type.min}`,
      );
    }
    row.verify(column.name);
    row.set(column.name, left);
    context.changed(row.table.name);
  },
};

/** A map loses pairs where the text is pairs, else the pairs with the keys that the text lists. */
function without(context: CtlContext, column: ColumnSchema, datum: Datum, text: string): Datum {
  const type = someOf(column.type);
  if (type.value === undefined) return difference(datum, parseDatum(type, text, context.resolve));
  try {
    return difference(datum, parseDatum(type, text, context.resolve));
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    const keys = { key: type.key, min: type.min, max: type.max };
    return withoutKeys(datum, parseDatum(keys, text, context.resolve));
  }
}
