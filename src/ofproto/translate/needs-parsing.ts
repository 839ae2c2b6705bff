import { W } from "#flow/layout.js";
import type { Action } from "#openflow/actions/action.js";

/** What can be done with a packet whose inner headers are not known. */
const doesWithout: ReadonlySet<Action["kind"]> = new Set<Action["kind"]>([
  "output",
  "output_reg",
  "output_trunc",
  "enqueue",
  "controller",
  "set_queue",
  "set_vlan_vid",
  "set_vlan_pcp",
  "mod_dl_src",
  "mod_dl_dst",
  "set_tunnel",
  "write_metadata",
  "write_actions",
  "clear_actions",
]);

/** True of an action before which a packet that has lost its labels must be parsed: nothing is known of what is under them. */
export function needsParsing(action: Action): boolean {
  if (action.kind === "set_field") return isInside(action.field.word);
  if (action.kind === "load") return isInside(action.destination.field.word);
  return !doesWithout.has(action.kind);
}

/** A field of the network layer or above. */
const isInside = (word: number): boolean => word >= W.mpls && word < W.tunMetadata;
