import type { TableSchema } from "#ovsdb/schema.js";
import { UserError } from "#util/errors.js";
import { leadingColumn, parseAssignment, parseColumnValue } from "../column-argument.js";
import type { CtlCommand } from "../command.js";
import type { CtlContext } from "../context.js";
import type { Needs } from "../needs.js";
import type { CtlRow } from "../row.js";

/** Throws where a column may not be changed in a row that exists. */
export function checkMutable(row: CtlRow, column: { readonly name: string; readonly mutable: boolean }): void {
  if (row.base !== undefined && !column.mutable) {
    throw new UserError(`cannot modify read-only column ${column.name} in table ${row.table.name}`);
  }
}

/** The columns that assignments name. */
export function needAssignments(needs: Needs, table: TableSchema, texts: readonly string[]): void {
  for (const text of texts) needs.add(table.name, leadingColumn(table, text).name);
}

/** Carries out `COLUMN[:KEY]=VALUE` on a row. */
export function assign(context: CtlContext, row: CtlRow, text: string): void {
  const argument = parseColumnValue(row.table, text);
  const { column } = argument;
  checkMutable(row, column);
  const datum = parseAssignment(argument, context.resolve);
  if (argument.key === undefined) row.set(column.name, datum);
  else row.add(column.name, datum);
}

/** `set TABLE RECORD COLUMN[:KEY]=VALUE...`. */
export const set: CtlCommand = {
  name: "set",
  minArgs: 3,
  maxArgs: Number.POSITIVE_INFINITY,
  arguments: "!TABLE !RECORD +COLUMN?:KEY=VALUE",
  options: ["if-exists"],
  changes: true,
  needs(call, needs) {
    const table = needs.schema.findTable(call.args[0] ?? "");
    needs.addNames(table);
    needAssignments(needs, table, call.args.slice(2));
  },
  run(context) {
    const row = context.record(context.table(), context.arg(1));
    if (row === undefined) return;
    for (const text of context.args.slice(2)) assign(context, row, text);
    context.changed(row.table.name);
  },
};
