import { OF10 } from "../version.js";
import type { Action, ActionRow } from "./action.js";

/** Adds actions to the set that is done at the pipeline's end. An instruction; OpenFlow 1.0 leaves it out. */
export interface WriteActions {
  readonly kind: "write_actions";
  readonly actions: readonly Action[];
}

/** Empties the action set. An instruction; OpenFlow 1.0 leaves it out. */
export interface ClearActions {
  readonly kind: "clear_actions";
}

export const writeActions: ActionRow<WriteActions> = {
  kind: "write_actions",
  wire: [],
  instead: (_action, version) => (version === OF10 ? [] : undefined),
  format: ({ actions }, ctx) => `write_actions(${ctx.formatActions(actions)})`,
  parse: {
    write_actions: (text, ctx) => ({ kind: "write_actions", actions: ctx.parseActions(text, "write_actions") }),
  },
};

export const clearActions: ActionRow<ClearActions> = {
  kind: "clear_actions",
  wire: [],
  instead: (_action, version) => (version === OF10 ? [] : undefined),
  format: () => "clear_actions",
  parse: { clear_actions: () => ({ kind: "clear_actions" }) },
};
