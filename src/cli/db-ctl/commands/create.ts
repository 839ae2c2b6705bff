import { UserError } from "#util/errors.js";
import type { CtlCommand } from "../command.js";
import { CtlContext } from "../context.js";
import type { CtlRow } from "../row.js";
import { assign, needAssignments } from "./set.js";

/** `create TABLE COLUMN[:KEY]=VALUE...`: a new row, whose UUID is printed. */
export const create: CtlCommand = {
  name: "create",
  minArgs: 2,
  maxArgs: Number.POSITIVE_INFINITY,
  arguments: "!TABLE +COLUMN?:KEY=VALUE",
  options: ["id="],
  changes: true,
  needs(call, needs) {
    const table = needs.schema.findTable(call.args[0] ?? "");
    needs.add(table.name);
    needAssignments(needs, table, call.args.slice(1));
  },
  run(context) {
    const row = insert(context);
    for (const text of context.args.slice(1)) assign(context, row, text);
    context.print(row.uuid);
    context.output.setData(row.uuid);
    context.changed();
  },
};

function insert(context: CtlContext): CtlRow {
  const table = context.table();
  const id = context.option("id");
  if (id === undefined) {
    if (!table.isRoot) {
      context.log
        .module("db_ctl_base")
        .warn(`applying "create" command to table ${table.name} without --id option will have no effect`);
    }
    return context.txn.insert(table.name);
  }
  const uuid = CtlContext.uuidOption(id);
  if (uuid !== undefined) return context.txn.insert(table.name, uuid, true);
  const symbol = context.symbols.get(context.symbolName(id));
  if (symbol.created) throw new UserError(`row id "${id}" may only be specified on one --id option`);
  symbol.created = true;
  // Rows of root tables stay without a reference.
  if (table.isRoot) symbol.strongRef = true;
  return context.txn.insert(table.name, symbol.uuid);
}
