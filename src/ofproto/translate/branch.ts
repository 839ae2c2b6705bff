import type { DatapathAction } from "#datapath/actions.js";
import { copyKey, newKey } from "#flow/key.js";
import type { TranslationContext } from "./context.js";
import { finishFreezing } from "./finish-freezing.js";

/**
 * Does something with a copy of the packet, which ends there; afterwards the packet is as it was. Gives the datapath's actions for the copy.
 */
export function branch(ctx: TranslationContext, make: () => void): DatapathAction[] {
  const [flow, base] = [newKey(), newKey()];
  copyKey(flow, ctx.flow);
  copyKey(base, ctx.base);
  const { stack, actionSet, conntracked, wasMpls, header } = ctx;
  ctx.stack = [...stack];
  ctx.actionSet = [...actionSet];
  const actions = ctx.nested(() => {
    make();
    finishFreezing(ctx);
  });
  copyKey(ctx.flow, flow);
  copyKey(ctx.base, base);
  Object.assign(ctx, { stack, actionSet, conntracked, wasMpls, header });
  return actions;
}
