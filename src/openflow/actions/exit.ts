import { always } from "../version.js";
import type { ActionRow } from "./action.js";
import { bare, nx } from "./wire-form.js";

/** Ends the actions: what comes after is not done, in callers neither. */
export interface Exit {
  readonly kind: "exit";
}

export const exit: ActionRow<Exit> = {
  kind: "exit",
  wire: [bare({ kind: "exit" }, nx(always, 17))],
  format: () => "exit",
  parse: { exit: () => ({ kind: "exit" }) },
};
