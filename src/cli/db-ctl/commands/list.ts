import type { ColumnSchema, TableSchema } from "#ovsdb/schema.js";
import { UserError } from "#util/errors.js";
import { rowTable } from "../cells.js";
import type { CtlCommand } from "../command.js";
import { columnNames, findColumnOrUuid } from "../schema.js";

/** The columns that `--columns` names, or all of them. */
export function selectColumns(table: TableSchema, option: string | undefined): ColumnSchema[] {
  if (option === undefined) {
    return ["_uuid", ...columnNames(table)].map((name) => table.columns.get(name) as ColumnSchema);
  }
  const words = option.split(/[, ]+/).filter((word) => word !== "");
  if (words.length === 0) throw new UserError("must specify at least one column name");
  return words.map((word) => findColumnOrUuid(table, word));
}

/** `list TABLE [RECORD]...`: all or some rows of a table. */
export const list: CtlCommand = {
  name: "list",
  minArgs: 1,
  maxArgs: Number.POSITIVE_INFINITY,
  arguments: "!TABLE *RECORD",
  options: ["if-exists", "columns="],
  needs(call, needs) {
    const table = needs.schema.findTable(call.args[0] ?? "");
    needs.add(table.name, ...selectColumns(table, call.options.get("columns")).map((column) => column.name));
    needs.addNames(table);
  },
  run(context) {
    const table = context.table();
    const columns = selectColumns(table, context.option("columns"));
    const ids = context.args.slice(1);
    const rows =
      ids.length === 0
        ? context.txn.rows(table.name)
        : ids.map((id) => context.record(table, id)).filter((row) => row !== undefined);
    context.output.setTable(rowTable(columns, rows));
  },
};
