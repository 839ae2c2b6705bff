import { agrees, Entry, type EntryInit, entryOverlaps, isVisible, type Version } from "./classifier-entry.js";
import { ClassifierSubtable } from "./classifier-subtable.js";
import { fulfilled } from "./conjunctions.js";
import { type FlowKey, type FlowMask, newKey } from "./key.js";
import { W } from "./layout.js";
import { type Match, maskCovers } from "./match.js";
import { PrefixFields } from "./prefix-fields.js";
import { type CompactValues, type MaskShape, scatter, shapeOf } from "./shape.js";

const scratch = newKey();

/** As `expand`, into a key that the next call uses again. */
function expandOnce(shape: MaskShape, values: CompactValues): FlowKey {
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
    const values = new Array<number>(shape.words.length);
    shape.gather(match.key, values, 0);
    return this.insertEntry({ rule, priority, shape, values }, added);
  }

  /** As `insert`, of a match that is compact already; `values` is kept. */
  insertEntry(init: EntryInit<R>, added: Version): Entry<R> {
    const { shape, values, clauses } = init;
    let table = this.#byMask.get(shape.id);
    if (table === undefined) {
      table = new ClassifierSubtable<R>(shape);
      this.#byMask.set(shape.id, table);
      this.#order.push(table);
    }
    const entry = new Entry(init, added);
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
    return this.#find(shapeOf(match.mask), match.key, priority, version);
  }

  /** As `findExact`, of a match that is compact already. */
  findLike(
    { shape, values, priority }: Pick<EntryInit<R>, "shape" | "values" | "priority">,
    version: Version,
  ): Entry<R> | undefined {
    return this.#find(shape, expandOnce(shape, values), priority, version);
  }

  #find(shape: MaskShape, key: FlowKey, priority: number, version: Version): Entry<R> | undefined {
    let entry = this.#byMask.get(shape.id)?.chain(key);
    for (; entry !== undefined && entry.priority >= priority; entry = entry.next) {
      if (entry.priority !== priority || !isVisible(entry, version)) continue;
      if (shape.equal(key, entry.values, 0)) return entry;
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
   * insertion.
   */
  within(match: Match, version: Version): Entry<R>[] {
    const found: Entry<R>[] = [];
    for (const table of this.#order) {
      if (!maskCovers(table.shape.mask, match.mask)) continue;
      for (let entry = table.first; entry !== undefined; entry = entry.later) {
        if (isVisible(entry, version) && agrees(entry, match)) found.push(entry);
      }
    }
    return found;
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
