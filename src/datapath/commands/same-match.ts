import { keysEqual } from "#flow/key.js";
import { equalUnder, type Match } from "#flow/match.js";

/** True where both match the same packets. */
export function sameMatch(a: Match, b: Match): boolean {
  return keysEqual(a.mask, b.mask) && equalUnder(a.mask, a.key, b.key);
}
