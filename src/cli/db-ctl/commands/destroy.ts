import { UserError } from "#util/errors.js";
import type { CtlCommand } from "../command.js";

/** `destroy TABLE RECORD...` and `--all destroy TABLE`: deletes rows. */
export const destroy: CtlCommand = {
  name: "destroy",
  minArgs: 1,
  maxArgs: Number.POSITIVE_INFINITY,
  arguments: "!TABLE *RECORD",
  options: ["if-exists", "all"],
  changes: true,
  needs(call, needs) {
    const table = needs.schema.findTable(call.args[0] ?? "");
    needs.addNames(table);
  },
  run(context) {
    const table = context.table();
    const ids = context.args.slice(1);
    const all = context.has("all");
    if (all && ids.length > 0) throw new UserError("--all and records argument should not be specified together");
    if (all && context.has("if-exists")) throw new UserError("--all and --if-exists should not be specified together");
    if (!all && ids.length === 0) {
      context.log.module("db_ctl_base").warn("either --all or records argument should be specified");
    }
    if (all) for (const row of context.txn.rows(table.name)) context.txn.delete(row);
    for (const id of ids) {
      const row = context.record(table, id);
      if (row !== undefined) context.txn.delete(row);
    }
    context.changed();
  },
};
