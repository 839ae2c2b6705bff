import { leadingColumn } from "../column-argument.js";
import type { CtlCommand } from "../command.js";
import { parseCondition } from "../condition.js";
import { TryAgain } from "../control.js";
import { findRecord } from "../records.js";

/** `wait-until TABLE RECORD [CONDITION]...`: goes on when the row is there and the conditions hold. */
export const waitUntil: CtlCommand = {
  name: "wait-until",
  minArgs: 2,
  maxArgs: Number.POSITIVE_INFINITY,
  arguments: "!TABLE !RECORD *COLUMN?:KEY=VALUE",
  options: [],
  needs(call, needs) {
    const table = needs.schema.findTable(call.args[0] ?? "");
    needs.addNames(table);
    for (const text of call.args.slice(2)) needs.add(table.name, leadingColumn(table, text).name);
  },
  run(context) {
    const table = context.table();
    const conditions = context.args.slice(2).map((text) => parseCondition(table, text, context.resolve));
    const row = findRecord(context.txn, context.names, table, context.arg(1));
    if (row === undefined) throw new TryAgain();
    for (const condition of conditions) {
      row.verify(condition.column);
      if (!condition.holds(row)) throw new TryAgain();
    }
  },
};
