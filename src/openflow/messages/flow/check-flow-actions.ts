import type { Match } from "#flow/match.js";
import type { Action } from "../../actions/action.js";
import { resolveActions } from "../../actions/resolve.js";
import { OfpError } from "../../ofp-error.js";
import { ALL_TABLES } from "./flow-parts.js";

/** A flow's actions with what its match says of them. Throws `OfpError` for actions that no packet of the match can be given. */
export function checkFlowActions(actions: readonly Action[], match: Match, table: number): readonly Action[] {
  for (const action of actions) {
    if (action.kind === "goto_table" && table !== ALL_TABLES && action.table <= table) {
      throw new OfpError("OFPBIC_BAD_TABLE_ID");
    }
  }
  return resolveActions(actions, match);
}
