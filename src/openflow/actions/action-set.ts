import type { Action } from "./action.js";

/** How an action set's actions are done, ovs-actions(7) "Action Sets": in this order, of each kind the one that was added last. */
const once: readonly Action["kind"][] = [
  "strip_vlan",
  "pop_mpls",
  "decap",
  "encap",
  "push_mpls",
  "push_vlan",
  "dec_ttl",
  "dec_mpls_ttl",
  "dec_nsh_ttl",
];

/** Then all of these, as they were added. */
const changes: ReadonlySet<Action["kind"]> = new Set<Action["kind"]>([
  ...(["load", "move", "set_field", "set_tunnel"] as const),
  ...(["mod_dl_src", "mod_dl_dst", "mod_nw_src", "mod_nw_dst", "mod_nw_tos", "mod_nw_ecn", "mod_nw_ttl"] as const),
  ...(["mod_tp_src", "mod_tp_dst", "set_vlan_vid", "set_vlan_pcp"] as const),
  ...(["set_mpls_label", "set_mpls_tc", "set_mpls_ttl", "set_queue"] as const),
]);

/** At last the first of these that is there. */
const ends: readonly (readonly Action["kind"][])[] = [
  ["group"],
  ["output", "controller"],
  ["resubmit"],
  ["ct_clear"],
  ["ct"],
];

const known: ReadonlySet<Action["kind"]> = new Set([...once, ...changes, ...ends.flat()]);

/** True for actions that an action set may have. */
export function isInActionSet({ kind }: Action): boolean {
  return known.has(kind);
}

/**
 * The actions that an action set comes to: `added` are all that were written to it since it was cleared, in that order. None where nothing in it sends the packet
 * anywhere, as its changes would not be seen.
 */
export function resolveActionSet(added: readonly Action[]): Action[] {
  const lastOf = (kinds: readonly Action["kind"][]): Action | undefined =>
    added.findLast((a) => kinds.includes(a.kind));
  const end = ends.map(lastOf).find((a) => a !== undefined);
  if (end === undefined) return [];
  return [...once.flatMap((kind) => lastOf([kind]) ?? []), ...added.filter((a) => changes.has(a.kind)), end];
}
