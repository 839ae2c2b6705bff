import type { Action, ActionRow } from "./action.js";
import { controller } from "./controller.js";
import { output } from "./output.js";

/** Every kind of action. */
const actionRows: { readonly [K in Action["kind"]]: ActionRow<Extract<Action, { kind: K }>> } = {
  output,
  controller,
};

/** One action as text. */
export function formatAction(action: Action): string {
  const row = actionRows[action.kind] as ActionRow<Action>;
  return row.format(action);
}

/** A list of actions as text; `drop` for an empty one. */
export function formatActions(actions: readonly Action[]): string {
  return actions.length === 0 ? "drop" : actions.map(formatAction).join(",");
}
