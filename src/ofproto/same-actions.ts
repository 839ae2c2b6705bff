/** True where two lists of actions, of the datapath or of flows, do the same. */
export function sameActions<A>(a: readonly A[], b: readonly A[]): boolean {
  if (a === b) return true;
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (!same(a[i], b[i])) return false;
  return true;
}

interface Kinded {
  readonly kind: string;
}

/** Deep equality of plain values, arrays and typed arrays. */
function same(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  if ((a as Partial<Kinded>).kind !== (b as Partial<Kinded>).kind) return false;
  if (a instanceof Uint32Array && b instanceof Uint32Array) return sameWords(a, b);
  const [left, right] = [a as Record<string, unknown>, b as Record<string, unknown>];
  const names = Object.keys(left);
  return names.length === Object.keys(right).length && names.every((name) => same(left[name], right[name]));
}

function sameWords(a: Uint32Array, b: Uint32Array): boolean {
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return a.length === b.length;
}
