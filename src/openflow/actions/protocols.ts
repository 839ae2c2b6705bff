import type { Field } from "#flow/fields/field.js";
import { exactProtocols } from "../match-words.js";
import { type ProtocolSet, ProtocolSets, protocolsOfVersions } from "../protocol.js";
import { OF11, OF13, OF15 } from "../version.js";
import type { Action } from "./action.js";

const since11 = protocolsOfVersions(OF11, OF15);
const since13 = protocolsOfVersions(OF13, OF15);

/** The protocols that can say an action for itself, whatever stands around it. */
function protocolsOf(action: Action): ProtocolSet {
  switch (action.kind) {
    case "push_vlan":
      return since11;
    case "write_metadata":
      return ProtocolSets.nxm | since11;
    case "meter":
    case "encap":
      return since13;
    case "set_field":
      return setFieldProtocols(action.field);
    default:
      return ProtocolSets.any;
  }
}

const setFieldProtocols = (f: Field): ProtocolSet => exactProtocols(f) || ProtocolSets.any;

/**
 * The protocols that can say these actions: with `checkActions` and those of the match, the "usable protocols" of ovs-ofctl. As upstream has it,
 * a clone makes what came before it forgotten.
 */
export function actionProtocols(actions: readonly Action[]): ProtocolSet {
  let set: ProtocolSet = ProtocolSets.any;
  for (const action of actions) {
    if (action.kind === "clone") set = actionProtocols(action.actions);
    else if (action.kind === "ct" || action.kind === "write_actions") set &= actionProtocols(action.actions);
    else set &= protocolsOf(action);
  }
  return set;
}
