/** True where two lists of actions, of the datapath or of flows, do the same. */
export function sameActions<A>(a: readonly A[], b: readonly A[]): boolean {
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
