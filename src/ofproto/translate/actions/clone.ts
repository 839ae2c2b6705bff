import { copyKey, newKey } from "#flow/key.js";
import type { Clone } from "#openflow/actions/clone.js";
import type { TranslationContext } from "../context.js";

/** `clone`: what the actions make of the packet, its stack and its action set, is of the copy only. */
export function translateClone(ctx: TranslationContext, { actions }: Clone): void {
  onCopy(ctx, () => ctx.pipeline.runActions(ctx, actions));
}

/** Does something with a copy of the packet: its fields, stack and action set are as they were afterwards. */
function onCopy(ctx: TranslationContext, make: () => void): void {
  const flow = newKey();
  copyKey(flow, ctx.flow);
  const { stack, actionSet, conntracked, wasMpls } = ctx;
  ctx.stack = [...stack];
  ctx.actionSet = [...actionSet];
  make();
  copyKey(ctx.flow, flow);
  ctx.stack = stack;
  ctx.actionSet = actionSet;
  ctx.conntracked = conntracked;
  ctx.wasMpls = wasMpls;
}
