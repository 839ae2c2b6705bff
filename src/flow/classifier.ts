import { ClassifierSubtable } from "./classifier-subtable.js";
import { type Clause, fulfilled } from "./conjunctions.js";
import { type FlowKey, type FlowMask, newKey } from "./key.js";
import { W } from "./layout.js";
import { type Match, maskCovers } from "./match.js";
import { PrefixFields } from "./prefix-fields.js";
import { expand, type MaskShape, maskId, scatter, shapeOf } from "./shape.js";

/** A version of the tables; later ones are greater. */
export type Version = number;

/** "Never removed". */
export const NEVER: Version = Number.POSITIVE_INFINITY;

/** What a classifier holds of a rule. */
export interface EntryInit<R> {
  readonly rule: R;
  /** 0 … 65535 from OpenFlow; higher and negative ones are the switch's own. */
  readonly priority: number;
  readonly shape: MaskShape;
  /** Compact values under `shape`. */
  readonly values: Int32Array;
  /** Where the rule is no more than a part of conjunctions. */
  readonly clauses?: readonly Clause[] | undefined;
}

/** A rule in a classifier. Visible to lookups at versions v with added ≤ v < removed. */
export interface Entry<R> extends EntryInit<R> {
  readonly clauses: readonly Clause[] | undefined;
  readonly added: Version;
  removed: Version;
  /** The next of those with the same mask and hash; this and what follows is the classifier's own. */
  next: Entry<R> | undefined;
  /** Those of the same mask that were inserted before and after it. */
  earlier: Entry<R> | undefined;
  later: Entry<R> | undefined;
}

/** The match of an entry, as new keys. */
export function entryMatch<R>(entry: Entry<R>): Match {
  return { key: expand(entry.shape, entry.values), mask: entry.shape.mask };
}

/** True where a lookup at this version sees the entry. */
function isVisible<R>(entry: Entry<R>, version: Version): boolean {
  return entry.added <= version && version < entry.removed;
}

const scratch = newKey();

/** As `expand`, into a key that the next call uses again. */
function expandOnce(shape: MaskShape, values: Int32Array): FlowKey {
  scratch.fill(0);
  scatter(shape, values, 0, scratch);
  return scratch;
}

/**
 * Rules with priorities, looked up by tuple space search: one subtable per mask, those of higher priority first.
 * Of visible rules with the same match and priority there should be one; among different matches of one priority it is
 * unspecified, but always the same one, that wins.
 *
 * Changes are visible by version: a bundle inserts with `added` = the next version and hides with `removed` = the next version;
 * publishing is to look up at that version. What no lookup can see any more is then removed for good with `remove`.
 *
 * Rules with `clauses` never match by themselves: a packet that has one of each clause of a conjunction is looked up once more with
 * the conjunction's number as its conj_id (ovs-fields(7), "Conjunctive Match Fields").
 */
export class Classifier<R> {
  readonly #byMask = new Map<string, ClassifierSubtable<R>>();
  /** By descending greatest priority; of equal ones the first that came to have it. */
  #order: ClassifierSubtable<R>[] = [];
  #prefixes: PrefixFields;
  #size = 0;
  /** Number of entries that are parts of conjunctions. */
  #parts = 0;

  /** `prefixFields`: names of fields whose prefixes are tracked (Flow_Table:prefixes), by default ip_dst and ip_src. */
  constructor(prefixFields: readonly string[] = ["ip_dst", "ip_src"]) {
    this.#prefixes = new PrefixFields(prefixFields);
  }

  /** Number of entries, visible or not. */
  get size(): number {
    return this.#size;
  }

  /** Number of different masks. */
  get masks(): number {
    return this.#byMask.size;
  }

  /** Tracks the prefixes of other fields from now on. */
  trackPrefixes(prefixFields: readonly string[]): void {
    this.#prefixes = new PrefixFields(prefixFields);
    for (const { shape, values } of this.entries()) this.#prefixes.insert(expandOnce(shape, values), shape.mask);
  }

  /** Adds a rule; it does not replace another (`findExact` tells what to hide or remove). */
  insert(match: Match, priority: number, rule: R, added: Version = 0): Entry<R> {
    const shape = shapeOf(match.mask);
    const values = new Int32Array(shape.words.length);
    shape.gather(match.key, values, 0);
    return this.insertEntry({ rule, priority, shape, values }, added);
  }

  /** As `insert`, of a match that is compact already; `values` is kept. */
  insertEntry({ rule, priority, shape, values, clauses }: EntryInit<R>, added: Version): Entry<R> {
    let table = this.#byMask.get(shape.id);
    if (table === undefined) {
      table = new ClassifierSubtable<R>(shape);
      this.#byMask.set(shape.id, table);
      this.#order.push(table);
    }
    const entry: Entry<R> = {
      ...{ rule, priority, shape, values, clauses, added },
      removed: NEVER,
      next: undefined,
      earlier: undefined,
      later: undefined,
    };
    const key = expandOnce(shape, values);
    const before = table.maxPriority;
    table.insert(entry, key);
    this.#prefixes.insert(key, shape.mask);
    this.#size++;
    if (clauses !== undefined) this.#parts++;
    if (table.maxPriority !== before) this.#moveUp(table);
    return entry;
  }

  /** Takes a rule away at once, whatever the version; false where it is not here. */
  remove(entry: Entry<R>): boolean {
    const { shape, values } = entry;
    const table = this.#byMask.get(shape.id);
    if (table === undefined) return false;
    const key = expandOnce(shape, values);
    const before = table.maxPriority;
    if (!table.remove(entry, key)) return false;
    this.#prefixes.remove(key, shape.mask);
    this.#size--;
    if (entry.clauses !== undefined) this.#parts--;
    if (table.size === 0) {
      this.#byMask.delete(shape.id);
      this.#order.splice(this.#order.indexOf(table), 1);
    } else if (table.maxPriority !== before) this.#moveDown(table);
    return true;
  }

  /**
   * The rule of greatest priority that a key matches at a version. With `looked`, adds the bits the answer depends on: any
   * key that agrees with this one in them gets the same answer.
   */
  lookup(version: Version, key: FlowKey, looked?: FlowMask): Entry<R> | undefined {
    if (this.#parts > 0) return this.#lookupConjunctive(version, key, looked);
    return this.#lookupPlain(version, key, looked);
  }

  #lookupPlain(version: Version, key: FlowKey, looked: FlowMask | undefined): Entry<R> | undefined {
    let best: Entry<R> | undefined;
    const prefixes = looked === undefined ? undefined : this.#prefixes;
    prefixes?.start();
    for (const table of this.#order) {
      if (best !== undefined && table.maxPriority <= best.priority) break;
      if (looked !== undefined && prefixes!.excludes(key, table.shape.mask, looked)) continue;
      const found = table.lookup(version, key, looked);
      if (found !== undefined && (best === undefined || found.priority > best.priority)) best = found;
    }
    return best;
  }

  /** As above, where parts of conjunctions may be of greater priority than the best rule that matches by itself. */
  #lookupConjunctive(version: Version, key: FlowKey, looked: FlowMask | undefined): Entry<R> | undefined {
    let best: Entry<R> | undefined;
    const parts: Entry<R>[] = [];
    const prefixes = looked === undefined ? undefined : this.#prefixes;
    prefixes?.start();
    for (const table of this.#order) {
      if (best !== undefined && table.maxPriority <= best.priority) break;
      if (looked !== undefined && prefixes!.excludes(key, table.shape.mask, looked)) continue;
      for (let entry = table.candidates(key, looked); entry !== undefined; entry = entry.next) {
        if (best !== undefined && entry.priority <= best.priority) break;
        if (!isVisible(entry, version) || !table.shape.equal(key, entry.values, 0)) continue;
        if (entry.clauses !== undefined) parts.push(entry);
        else best = entry;
      }
    }
    const least = best?.priority ?? Number.NEGATIVE_INFINITY;
    for (const id of fulfilled(parts.filter((p) => p.priority > least))) {
      const found = this.#lookupById(id, version, key, looked);
      if (found !== undefined) return found;
    }
    return best;
  }

  /** What a packet that fulfils a conjunction matches. */
  #lookupById(id: number, version: Version, key: FlowKey, looked: FlowMask | undefined): Entry<R> | undefined {
    const before = key[W.conjId]!;
    const lookedBefore = looked?.[W.conjId] ?? 0;
    key[W.conjId] = id;
    const found = this.#lookupPlain(version, key, looked);
    key[W.conjId] = before;
    if (looked !== undefined) looked[W.conjId] = lookedBefore;
    return found;
  }

  /** The visible rule with exactly this match and priority. */
  findExact(match: Match, priority: number, version: Version): Entry<R> | undefined {
    const table = this.#byMask.get(maskId(match.mask));
    for (let entry = table?.chain(match.key); entry !== undefined && entry.priority >= priority; entry = entry.next) {
      if (entry.priority !== priority || !isVisible(entry, version)) continue;
      if (entry.shape.equal(match.key, entry.values, 0)) return entry;
    }
    return undefined;
  }

  /** True where a visible rule of this priority has a packet in common with the match (OFPFF_CHECK_OVERLAP). */
  overlaps(match: Match, priority: number, version: Version): boolean {
    for (const entry of this.entries()) {
      if (entry.priority === priority && isVisible(entry, version) && entryOverlaps(entry, match)) return true;
    }
    return false;
  }

  /**
   * Visible rules whose match is within the given one, as loose flow-mods and flow requests select: by mask, those of one in the order of their
   * insertion. The classifier must not change meanwhile.
   */
  *within(match: Match, version: Version): Generator<Entry<R>> {
    for (const table of this.#order) {
      if (!maskCovers(table.shape.mask, match.mask)) continue;
      for (const entry of table.entries()) {
        if (isVisible(entry, version) && agrees(entry, match)) yield entry;
      }
    }
  }

  /** Every entry, visible or not. The classifier must not change meanwhile. */
  *entries(): Generator<Entry<R>> {
    for (const table of this.#order) yield* table.entries();
  }

  /** Puts a subtable whose greatest priority rose where it belongs. */
  #moveUp(table: ClassifierSubtable<R>): void {
    const order = this.#order;
    let at = order.lastIndexOf(table);
    for (; at > 0 && order[at - 1]!.maxPriority < table.maxPriority; at--) order[at] = order[at - 1]!;
    order[at] = table;
  }

  /** The same where it fell. */
  #moveDown(table: ClassifierSubtable<R>): void {
    const order = this.#order;
    let at = order.indexOf(table);
    for (; at + 1 < order.length && order[at + 1]!.maxPriority > table.maxPriority; at++) order[at] = order[at + 1]!;
    order[at] = table;
  }
}

function entryOverlaps<R>(entry: Entry<R>, match: Match): boolean {
  const { words, mask } = entry.shape;
  for (let i = 0; i < words.length; i++) {
    const w = words[i]!;
    if (((entry.values[i]! ^ match.key[w]!) & mask[w]! & match.mask[w]!) !== 0) return false;
  }
  return true;
}

/** True where every packet that the entry matches is one of the given match. */
export function entryWithin<R>(entry: Entry<R>, match: Match): boolean {
  return maskCovers(entry.shape.mask, match.mask) && agrees(entry, match);
}

/** As above, where the entry's mask is known to have all bits of the match's. */
function agrees<R>(entry: Entry<R>, match: Match): boolean {
  const { words } = entry.shape;
  for (let i = 0; i < words.length; i++) {
    const w = words[i]!;
    if (((entry.values[i]! ^ match.key[w]!) & match.mask[w]!) !== 0) return false;
  }
  return true;
}
