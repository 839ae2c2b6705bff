import { copyKey, newKey } from "#flow/key.js";
import type { Clone } from "#openflow/actions/clone.js";
import { branch } from "../branch.js";
import { commit } from "../commit.js";
import type { TranslationContext } from "../context.js";
import { finishFreezing } from "../finish-freezing.js";
import { isReversible } from "../reversible.js";

/** `clone`: what the actions make of the packet, its stack and its action set, is of the copy only. */
export function translateClone(ctx: TranslationContext, { actions }: Clone): void {
  const make = (): void => ctx.pipeline.runActions(ctx, actions);
  if (actions.length === 0) {
    ctx.trace?.enter("action", "drop");
    ctx.trace?.leave();
  }
  if (isReversible(actions)) {
    onCopy(ctx, make);
    return;
  }
  commit(ctx);
  ctx.actions.push({ kind: "clone", actions: branch(ctx, make) });
}

/** Does something with a copy of the packet: its fields, stack and action set are as they were afterwards. */
function onCopy(ctx: TranslationContext, make: () => void): void {
  const flow = newKey();
  copyKey(flow, ctx.flow);
  const { stack, actionSet, conntracked, wasMpls } = ctx;
  ctx.stack = [...stack];
  ctx.actionSet = [...actionSet];
  make();
  finishFreezing(ctx);
  copyKey(ctx.flow, flow);
  ctx.stack = stack;
  ctx.actionSet = actionSet;
  ctx.conntracked = conntracked;
  ctx.wasMpls = wasMpls;
}
