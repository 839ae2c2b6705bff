import { UserError } from "#util/errors.js";
import { OfpError } from "../ofp-error.js";
import { always } from "../version.js";
import type { ActionRow } from "./action.js";
import { parseU32 } from "./argument.js";
import { nx } from "./wire-form.js";

/** Says that a flow is part of one clause of a conjunctive match. */
export interface Conjunction {
  readonly kind: "conjunction";
  readonly id: number;
  /** From 0. */
  readonly clause: number;
  /** 2 to 64. */
  readonly clauses: number;
}

export const conjunction: ActionRow<Conjunction> = {
  kind: "conjunction",
  wire: [
    {
      ids: [nx(always, 34)],
      length: [16, 16],
      decode: (r) => {
        const [clause, clauses, id] = [r.u8(), r.u8(), r.u32()];
        if (clause >= clauses || clauses < 2 || clauses > 64) throw new OfpError("NXBAC_BAD_CONJUNCTION");
        return { kind: "conjunction", id, clause, clauses };
      },
      encode: ({ clause, clauses, id }, w) => void w.u8(clause).u8(clauses).u32(id),
    },
  ],
  format: ({ id, clause, clauses }) => `conjunction(${id},${clause + 1}/${clauses})`,
  parse: {
    conjunction: (text) => {
      const found = /^\s*(\w+)\s*,\s*(\d+)\s*\/\s*(\d+)\s*$/.exec(text);
      if (found === null) throw new UserError('"conjunction" syntax is "conjunction(id,i/n)"');
      const [clause, clauses] = [Number(found[2]), Number(found[3])];
      if (clauses < 2) throw new UserError("conjunction must have at least 2 clauses");
      if (clauses > 64) throw new UserError("conjunction must have at most 64 clauses");
      if (clause < 1) throw new UserError("clause index must be positive");
      if (clause > clauses) {
        throw new UserError("clause index must be less than or equal to number of clauses");
      }
      return { kind: "conjunction", id: parseU32(found[1]!), clause: clause - 1, clauses };
    },
  },
};
