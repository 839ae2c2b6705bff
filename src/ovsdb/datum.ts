import { type Atom, compareAtoms } from "./atom.js";

/**
 * The value of a column: a set of atoms, or a map when `values` is there (same length as `keys`). Keys are sorted and
 * distinct, and a datum never changes once made; so two datums can share parts and be compared member by member. A plain
 * scalar is a set of one.
 */
export interface Datum {
  readonly keys: readonly Atom[];
  readonly values: readonly Atom[] | undefined;
}

/** The set of no elements. */
export const EMPTY_SET: Datum = { keys: [], values: undefined };
/** The map of no pairs. */
export const EMPTY_MAP: Datum = { keys: [], values: [] };

/** A set of one atom. */
export function scalar(atom: Atom): Datum {
  return { keys: [atom], values: undefined };
}

/** A set from atoms in any order; repeated ones count once. */
export function setOf(atoms: readonly Atom[]): Datum {
  if (atoms.length <= 1) return { keys: atoms, values: undefined };
  const sorted = [...atoms].sort(compareAtoms);
  return { keys: sorted.filter((atom, i) => i === 0 || atom !== sorted[i - 1]), values: undefined };
}

/** A map from pairs in any order; of pairs with one key, the last counts. */
export function mapOf(pairs: Iterable<readonly [Atom, Atom]>): Datum {
  const unique = new Map(pairs);
  const keys = [...unique.keys()].sort(compareAtoms);
  return { keys, values: keys.map((key) => unique.get(key)!) };
}

/** The pairs of a map, in key order. */
export function pairsOf(map: Datum): [Atom, Atom][] {
  return map.keys.map((key, i) => [key, map.values![i]!]);
}

/** Where `key` is among the sorted `keys`, or `-1 - i` where it would have to be put at `i`. */
function findKey(keys: readonly Atom[], key: Atom): number {
  let low = 0;
  let high = keys.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const order = compareAtoms(keys[middle]!, key);
    if (order === 0) return middle;
    if (order < 0) low = middle + 1;
    else high = middle;
  }
  return -1 - low;
}

/** Whether a set or map has `key`. */
export function hasKey(datum: Datum, key: Atom): boolean {
  return findKey(datum.keys, key) >= 0;
}

/** What a map holds at `key`. */
export function valueAt(map: Datum, key: Atom): Atom | undefined {
  const i = findKey(map.keys, key);
  return i < 0 ? undefined : map.values?.[i];
}

/** Whether two datums of one type are the same. */
export function equalDatums(a: Datum, b: Datum): boolean {
  return a === b || (equalAtoms(a.keys, b.keys) && equalAtoms(a.values ?? [], b.values ?? []));
}

function equalAtoms(a: readonly Atom[], b: readonly Atom[]): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** Orders datums: fewer elements first, then by keys in turn, then by values in turn. */
export function compareDatums(a: Datum, b: Datum): number {
  if (a.keys.length !== b.keys.length) return a.keys.length - b.keys.length;
  return compareLists(a.keys, b.keys) || compareLists(a.values ?? [], b.values ?? []);
}

function compareLists(a: readonly Atom[], b: readonly Atom[]): number {
  for (let i = 0; i < a.length; i++) {
    const order = compareAtoms(a[i]!, b[i]!);
    if (order !== 0) return order;
  }
  return 0;
}

/** Whether every element (or pair) of `part` is in `whole`. */
export function includesAll(whole: Datum, part: Datum): boolean {
  return part.keys.every((_, i) => holds(whole, part, i));
}

/** Whether no element (or pair) of `part` is in `whole`. */
export function excludesAll(whole: Datum, part: Datum): boolean {
  return part.keys.every((_, i) => !holds(whole, part, i));
}

function holds(whole: Datum, part: Datum, i: number): boolean {
  const at = findKey(whole.keys, part.keys[i]!);
  return at >= 0 && (part.values === undefined || whole.values?.[at] === part.values[i]);
}

/** Elements of either. Of two pairs with one key `a`'s is kept, as the `insert` mutation does. */
export function union(a: Datum, b: Datum): Datum {
  const keys: Atom[] = [];
  const values: Atom[] = [];
  merge(a, b, (source, i) => {
    keys.push(source.keys[i]!);
    if (source.values) values.push(source.values[i]!);
  });
  if (keys.length === a.keys.length) return a;
  return { keys, values: a.values && values };
}

/** Walks two datums in key order and visits each distinct key once, `a`'s if both have it. */
function merge(a: Datum, b: Datum, visit: (source: Datum, index: number) => void): void {
  let i = 0;
  let j = 0;
  while (i < a.keys.length || j < b.keys.length) {
    const order = i >= a.keys.length ? 1 : j >= b.keys.length ? -1 : compareAtoms(a.keys[i]!, b.keys[j]!);
    if (order <= 0) visit(a, i++);
    else visit(b, j);
    if (order >= 0) j++;
  }
}

/** Elements (or pairs) of `a` that are not in `b`. A pair goes only if both key and value are in `b`. */
export function difference(a: Datum, b: Datum): Datum {
  return keep(a, (_, i) => !holds(b, a, i));
}

/** Elements (or pairs) of `a` whose key is not among the keys of `b`. */
export function withoutKeys(a: Datum, b: Datum): Datum {
  return keep(a, (key) => !hasKey(b, key));
}

/** The elements (or pairs) that `wanted` accepts; the same object if that is all of them. */
export function keep(datum: Datum, wanted: (key: Atom, index: number) => boolean): Datum {
  const kept: number[] = [];
  for (let i = 0; i < datum.keys.length; i++) if (wanted(datum.keys[i]!, i)) kept.push(i);
  if (kept.length === datum.keys.length) return datum;
  return { keys: kept.map((i) => datum.keys[i]!), values: datum.values && kept.map((i) => datum.values![i]!) };
}

/**
 * The difference that `update2` notifications and the log carry for a set or map: elements in only one of the two; for
 * maps also the keys in both whose value changed, with `after`'s value. A scalar column's difference is `after` itself;
 * that is for the caller to decide.
 */
export function symmetricDifference(before: Datum, after: Datum): Datum {
  const keys: Atom[] = [];
  const values: Atom[] = [];
  merge(after, before, (source, i) => {
    if (source === after ? holds(before, after, i) : false) return;
    keys.push(source.keys[i]!);
    if (source.values) values.push(source.values[i]!);
  });
  return { keys, values: after.values && values };
}

/** Undoes `symmetricDifference`: `applyDifference(a, symmetricDifference(a, b))` equals `b`. */
export function applyDifference(before: Datum, change: Datum): Datum {
  // Few changes to much are put in place one by one, so that a large set costs what its copy costs.
  if (change.keys.length * 8 < before.keys.length) return applyFew(before, change);
  const keys: Atom[] = [];
  const values: Atom[] = [];
  merge(change, before, (source, i) => {
    if (source === change && holds(before, change, i)) return;
    keys.push(source.keys[i]!);
    if (source.values) values.push(source.values[i]!);
  });
  return { keys, values: before.values && values };
}

function applyFew(before: Datum, change: Datum): Datum {
  const keys = before.keys.slice();
  const values = before.values?.slice();
  for (let i = 0; i < change.keys.length; i++) {
    const key = change.keys[i]!;
    const value = change.values?.[i];
    const at = findKey(keys, key);
    if (at < 0) {
      keys.splice(-1 - at, 0, key);
      values?.splice(-1 - at, 0, value!);
    } else if (values && values[at] !== value) values[at] = value!;
    else {
      keys.splice(at, 1);
      values?.splice(at, 1);
    }
  }
  return { keys, values };
}
