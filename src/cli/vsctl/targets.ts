import type { CtlContext } from "../db-ctl/context.js";
import type { CtlRow } from "../db-ctl/row.js";
import { printNames } from "./commands/bridges.js";
import { text } from "./model.js";

/** Prints the `target` of every row that a column refers to. */
export function printTargets(context: CtlContext, row: CtlRow, column: string, table: string): void {
  const rows = context.txn.referenced(row, column, table);
  printNames(
    context,
    rows.map((r) => r.text("target")),
  );
}

/** Deletes the rows that a column refers to, and empties it. */
export function deleteTargets(context: CtlContext, row: CtlRow, column: string, table: string): void {
  row.verify(column);
  for (const old of context.txn.referenced(row, column, table)) context.txn.delete(old);
  row.set(column, { keys: [], values: undefined });
}

/** Makes a row for every target in place of those that a column refers to. */
export function replaceTargets(
  context: CtlContext,
  row: CtlRow,
  column: string,
  table: string,
  targets: readonly string[],
): void {
  for (const target of targets) {
    if (/^p?(unix|tcp|ssl):/.test(target)) continue;
    context.log.module("vsctl").warn(`target type "${target}" is possibly erroneous`);
  }
  deleteTargets(context, row, column, table);
  const probe = context.option("inactivity-probe");
  const rows = targets.map((target) => {
    const made = context.txn.insert(table);
    made.set("target", text(target));
    if (probe !== undefined) {
      made.set("inactivity_probe", { keys: [Number.parseInt(probe, 10) || 0], values: undefined });
    }
    return made;
  });
  context.txn.setReferences(row, column, rows);
}
