import { isFieldExact } from "#flow/access.js";
import { field } from "#flow/fields/table.js";
import { W } from "#flow/layout.js";
import type { Match } from "#flow/match.js";
import type { Action } from "./action.js";

/** Actions with what their flow's match says of the packet: for `mod_tp_src` and `mod_tp_dst` the protocol whose ports they write. */
export function resolveActions(actions: readonly Action[], match: Match): Action[] {
  const protocol = isFieldExact(match.mask, field("nw_proto")) ? match.key[W.nw]! & 0xff : undefined;
  return actions.map((action) => {
    if (action.kind === "write_actions" || action.kind === "clone") {
      return { ...action, actions: resolveActions(action.actions, match) };
    }
    const isTransport = action.kind === "mod_tp_src" || action.kind === "mod_tp_dst";
    return isTransport && protocol !== undefined ? { ...action, protocol } : action;
  });
}
