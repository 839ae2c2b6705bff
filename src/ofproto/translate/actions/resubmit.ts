import { W } from "#flow/layout.js";
import type { GotoTable } from "#openflow/actions/goto-table.js";
import type { Resubmit } from "#openflow/actions/resubmit.js";
import { OFPP } from "#openflow/port-number.js";
import type { TranslationContext } from "../context.js";

/** A table's number that stands for the one whose flow is done. */
const SAME_TABLE = 255;

/** `resubmit`: another table's flow, as if the packet had come in by another port. */
export function translateResubmit(ctx: TranslationContext, { inPort, table, ct }: Resubmit): void {
  const port = inPort === OFPP.inPort ? ctx.flow[W.inPort]! : inPort;
  ctx.pipeline.runTable(ctx, table === SAME_TABLE ? ctx.tableId : table, { inPort: port, ct });
}

/** `goto_table`: the rest of the pipeline. A table without a flow for the packet does what it is set to do. */
export function translateGotoTable(ctx: TranslationContext, { table }: GotoTable): void {
  ctx.pipeline.runTable(ctx, table, { honorsMiss: true });
}
