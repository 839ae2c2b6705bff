import type { Action } from "#openflow/actions/action.js";
import { formatAction } from "#openflow/actions/table.js";
import { type ActionTranslator, translators } from "./actions/table.js";
import type { TranslationContext } from "./context.js";

/**
 * Does a list of actions in order. It ends early where the translation is void or `exit` was done; where the packet was frozen, what is left becomes a
 * step to be done when it goes on.
 */
export function runActions(ctx: TranslationContext, actions: readonly Action[]): void {
  for (let i = 0; i < actions.length; i++) {
    if (ctx.stopped) return;
    const action = actions[i]!;
    ctx.trace?.enter("action", formatAction(action));
    (translators[action.kind] as ActionTranslator<Action>)(ctx, action, actions.slice(i + 1));
    ctx.trace?.leave();
    if (ctx.freezing) {
      const rest = actions.slice(i + 1);
      if (rest.length > 0) ctx.freezing.steps.push({ table: ctx.tableId, cookie: ctx.flowCookie, actions: rest });
    }
  }
}
