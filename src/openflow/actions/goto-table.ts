import { UserError } from "#util/errors.js";
import { OFPP } from "../port-number.js";
import { formatTableNumber, parseTableNumber } from "../table-number.js";
import { OF10 } from "../version.js";
import type { ActionRow } from "./action.js";

/** Goes on in a later table when the actions of this one are done. An instruction. */
export interface GotoTable {
  readonly kind: "goto_table";
  readonly table: number;
}

export const gotoTable: ActionRow<GotoTable> = {
  kind: "goto_table",
  wire: [],
  instead: ({ table }, version) =>
    version === OF10 ? [{ kind: "resubmit", inPort: OFPP.inPort, table, ct: false }] : undefined,
  format: ({ table }, ctx) => `goto_table:${formatTableNumber(table, ctx)}`,
  parse: {
    goto_table: (text, ctx) => {
      const table = parseTableNumber(text, ctx);
      if (table === undefined) throw new UserError(`unknown table "${text}"`);
      return { kind: "goto_table", table };
    },
  },
};
