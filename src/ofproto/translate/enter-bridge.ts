import { PortConfig } from "../port-config.js";
import { runActionSet } from "./action-set.js";
import type { TranslationContext } from "./context.js";
import { runFirstTable } from "./run-table.js";
import { noticeLive } from "./trace-live.js";

/** A packet begins in a bridge, having come in by `ctx.inPort`: the first table decides. */
export function enterBridge(ctx: TranslationContext): void {
  if (ctx.world.live.length > 0) noticeLive(ctx);
  ctx.trace?.enter("bridge", ctx.bridge.name);
  runFirstTable(ctx, (ctx.inPort.config & PortConfig.noReceive) === 0, () => runActionSet(ctx));
  ctx.trace?.leave();
}
