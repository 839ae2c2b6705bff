import { always } from "../version.js";
import type { Action, ActionRow } from "./action.js";
import { LONGEST, nx } from "./wire-form.js";

/** Does actions on a copy of the packet, and goes on with the packet as it was. */
export interface Clone {
  readonly kind: "clone";
  readonly actions: readonly Action[];
}

export const clone: ActionRow<Clone> = {
  kind: "clone",
  wire: [
    {
      ids: [nx(always, 42)],
      length: [16, LONGEST],
      decode: (r, ctx) => {
        r.skip(6);
        return { kind: "clone", actions: ctx.actions(r) };
      },
      encode: ({ actions }, w, ctx) => {
        w.zeros(6);
        ctx.actions(actions, w);
      },
    },
  ],
  format: ({ actions }, ctx) => `clone(${ctx.formatActions(actions)})`,
  parse: { clone: (text, ctx) => ({ kind: "clone", actions: ctx.parseActions(text, "clone") }) },
};
