import { PortConfig } from "../port-config.js";
import type { TranslationContext } from "./context.js";
import { runTable } from "./run-table.js";

/** A packet begins in a bridge, having come in by `ctx.inPort`: the first table decides. */
export function enterBridge(ctx: TranslationContext): void {
  ctx.trace?.enter("bridge", ctx.bridge.name);
  if ((ctx.inPort.config & PortConfig.noReceive) === 0) runTable(ctx, 0);
  else ctx.refuse("no_receive");
  ctx.trace?.leave();
}
