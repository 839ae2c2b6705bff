import type { DatapathAction } from "#datapath/actions.js";

/** True where two lists of actions do the same. */
export function sameActions(a: readonly DatapathAction[], b: readonly DatapathAction[]): boolean {
  return a === b || (a.length === b.length && a.every((action, i) => same(action, b[i])));
}

/** Deep equality of plain values, arrays and typed arrays. */
function same(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  const [left, right] = [a as Record<string, unknown>, b as Record<string, unknown>];
  const names = Object.keys(left);
  return names.length === Object.keys(right).length && names.every((name) => same(left[name], right[name]));
}
