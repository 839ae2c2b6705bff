import { isFieldExact } from "#flow/access.js";
import { field } from "#flow/fields/table.js";
import { VLAN_PRESENT, W } from "#flow/layout.js";
import type { Match } from "#flow/match.js";
import type { Action } from "./action.js";

/**
 * Actions with what their flow's match, and the actions before, say of the packet: for `mod_tp_src` and `mod_tp_dst` the protocol whose ports they write, for
 * `mod_vlan_vid` and `mod_vlan_pcp` whether there is a header already.
 */
export function resolveActions(actions: readonly Action[], match: Match): Action[] {
  return resolve(actions, {
    protocol: isFieldExact(match.mask, field("nw_proto")) ? match.key[W.nw]! & 0xff : undefined,
    isTagged: (match.key[W.vlan0]! & match.mask[W.vlan0]! & VLAN_PRESENT) !== 0,
  });
}

/** What is known of the packet. */
interface Known {
  readonly protocol: number | undefined;
  isTagged: boolean;
}

function resolve(actions: readonly Action[], known: Known): Action[] {
  return actions.map((action) => resolveOne(action, known));
}

function resolveOne(action: Action, known: Known): Action {
  switch (action.kind) {
    case "write_actions":
    case "clone":
      return { ...action, actions: resolve(action.actions, { ...known }) };
    case "mod_tp_src":
    case "mod_tp_dst":
      return known.protocol === undefined ? action : { ...action, protocol: known.protocol };
    case "push_vlan":
      known.isTagged = true;
      return action;
    case "strip_vlan":
      known.isTagged = false;
      return action;
    case "set_vlan_vid":
    case "set_vlan_pcp": {
      const { isTagged } = known;
      known.isTagged = true;
      return isTagged && action.pushes ? { ...action, hasHeader: true } : action;
    }
    default:
      return action;
  }
}
