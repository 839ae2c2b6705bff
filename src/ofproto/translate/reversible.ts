import type { Action } from "#openflow/actions/action.js";

/** What these do to the datapath's packet no later action of the datapath takes back. */
const irreversible: ReadonlySet<Action["kind"]> = new Set<Action["kind"]>([
  "ct",
  "meter",
  "encap",
  "decap",
  "output_trunc",
  "dec_nsh_ttl",
]);

/**
 * True where the packet can be made again what it was before these actions: the datapath then needs no copy for them. Flows of other tables that they lead to are
 * not looked at.
 */
export function isReversible(actions: readonly Action[]): boolean {
  return actions.every((a) => (a.kind === "clone" ? isReversible(a.actions) : !irreversible.has(a.kind)));
}
