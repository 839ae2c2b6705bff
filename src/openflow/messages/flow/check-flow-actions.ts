import type { Match } from "#flow/match.js";
import type { Action } from "../../actions/action.js";
import { checkActions } from "../../actions/check.js";
import { resolveActions } from "../../actions/resolve.js";
import { protocolsOfVersions } from "../../protocol.js";
import type { Version } from "../../version.js";

/** A flow's actions with what its match says of them. Throws `OfpError` for actions that no packet of the match can be given. */
export function checkFlowActions(
  actions: readonly Action[],
  match: Match,
  table: number,
  version: Version,
): readonly Action[] {
  checkActions(actions, match, { protocols: protocolsOfVersions(version, version), tableId: table });
  return resolveActions(actions, match);
}
