import { rowTable } from "../cells.js";
import { leadingColumn } from "../column-argument.js";
import type { CtlCommand } from "../command.js";
import { parseCondition } from "../condition.js";
import { selectColumns } from "./list.js";

/** `find TABLE [CONDITION]...`: the rows for which all conditions hold. */
export const find: CtlCommand = {
  name: "find",
  minArgs: 1,
  maxArgs: Number.POSITIVE_INFINITY,
  arguments: "!TABLE *COLUMN?:KEY=VALUE",
  options: ["columns="],
  needs(call, needs) {
    const table = needs.schema.findTable(call.args[0] ?? "");
    needs.add(table.name, ...selectColumns(table, call.options.get("columns")).map((column) => column.name));
    needs.addNames(table);
    for (const text of call.args.slice(1)) needs.add(table.name, leadingColumn(table, text).name);
  },
  run(context) {
    const table = context.table();
    const columns = selectColumns(table, context.option("columns"));
    const conditions = context.args.slice(1).map((text) => parseCondition(table, text, context.resolve));
    const rows = context.txn.rows(table.name).filter((row) => conditions.every((condition) => condition.holds(row)));
    context.output.setTable(rowTable(columns, rows));
  },
};
