import { always } from "../version.js";
import type { ActionRow } from "./action.js";
import { bare, nx } from "./wire-form.js";

/** Forgets what connection tracking knows of the packet. */
export interface CtClear {
  readonly kind: "ct_clear";
}

export const ctClear: ActionRow<CtClear> = {
  kind: "ct_clear",
  wire: [bare({ kind: "ct_clear" }, nx(always, 43))],
  format: () => "ct_clear",
  parse: { ct_clear: () => ({ kind: "ct_clear" }) },
};
