import { UserError } from "#util/errors.js";
import { parseUnsigned } from "../number-text.js";
import { OFPP } from "../port-number.js";
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
  format: ({ table }) => `goto_table:${table}`,
  parse: {
    goto_table: (text) => {
      const table = parseUnsigned(text, 255);
      if (table === undefined) throw new UserError(`unknown table "${text}"`);
      return { kind: "goto_table", table };
    },
  },
};
