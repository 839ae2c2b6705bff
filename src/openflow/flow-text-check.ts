import type { Match } from "#flow/match.js";
import { UserError } from "#util/errors.js";
import type { Action } from "./actions/action.js";
import { checkActions } from "./actions/check.js";
import { actionProtocols } from "./actions/protocols.js";
import { resolveActions } from "./actions/resolve.js";
import type { TableParseOptions } from "./flow-text-table.js";
import { OfpError } from "./ofp-error.js";
import type { ProtocolSet } from "./protocol.js";

/**
 * Looks at a text's actions as a switch would. Gives them with what the match says of them, and the protocols that can say all. Throws `UserError`
 * where no packet of the match can be given them.
 */
export function checkFlowText(
  actions: readonly Action[],
  match: Match,
  table: number,
  usable: ProtocolSet,
  { warn }: TableParseOptions,
): { readonly actions: readonly Action[]; readonly usable: ProtocolSet } {
  try {
    const limits = { protocols: usable & actionProtocols(actions), tableId: table, ...(warn && { warn }) };
    const left = checkActions(actions, match, limits);
    return { actions: resolveActions(actions, match), usable: left };
  } catch (e) {
    if (!(e instanceof OfpError)) throw e;
    throw new UserError(`actions are invalid with specified match (${e.error})`);
  }
}
