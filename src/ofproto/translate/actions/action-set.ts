import type { ClearActions, WriteActions } from "#openflow/actions/write-actions.js";
import { clearActionSet, writeToActionSet } from "../action-set.js";
import type { TranslationContext } from "../context.js";

/** `write_actions`. */
export function translateWriteActions(ctx: TranslationContext, { actions }: WriteActions): void {
  writeToActionSet(ctx, actions);
}

/** `clear_actions`. */
export function translateClearActions(ctx: TranslationContext, _action: ClearActions): void {
  clearActionSet(ctx);
}
