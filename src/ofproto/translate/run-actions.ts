import type { Action } from "#openflow/actions/action.js";
import { type ActionTranslator, translators } from "./actions/table.js";
import { commit } from "./commit.js";
import type { TranslationContext } from "./context.js";
import { freeze, keepRest } from "./freeze.js";
import { needsParsing } from "./needs-parsing.js";

/**
 * Does a list of actions in order. It ends early where the translation is void or `exit` was done; where the packet was frozen, what is left becomes a
 * step to be done when it goes on.
 */
export function runActions(ctx: TranslationContext, actions: readonly Action[]): void {
  for (let i = 0; i < actions.length; i++) {
    const action = actions[i]!;
    if (ctx.wasMpls && needsParsing(action)) {
      commit(ctx);
      freeze(ctx);
      keepRest(ctx, actions.slice(i));
      return;
    }
    if (ctx.trace) ctx.trace.enter("action", ctx.trace.actionText(action, ctx.bridge));
    (translators[action.kind] as ActionTranslator<Action>)(ctx, action, actions, i);
    ctx.trace?.leave();
    if (ctx.freezing) keepRest(ctx, actions.slice(i + 1));
    if (ctx.stopped) return;
    if (ctx.leavesList) {
      ctx.leavesList = false;
      return;
    }
  }
}
