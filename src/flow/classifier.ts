import { ClassifierSubtable } from "./classifier-subtable.js";
import type { FlowKey, FlowMask } from "./key.js";
import { type Match, maskCovers } from "./match.js";
import { PrefixFields } from "./prefix-fields.js";
import { expand, type MaskShape, maskId, shapeOf } from "./shape.js";

/** A version of the tables; later ones are greater. */
export type Version = number;

/** "Never removed". */
const NEVER: Version = Number.POSITIVE_INFINITY;

/** A rule in a classifier. Visible to lookups at versions v with added ≤ v < removed. */
export interface Entry<R> {
  readonly rule: R;
  /** 0 … 65535 from OpenFlow; higher and negative ones are the switch's own. */
  readonly priority: number;
  readonly shape: MaskShape;
  /** Compact values under `shape`. */
  readonly values: Int32Array;
  readonly added: Version;
  removed: Version;
}

/** The match of an entry, as new keys. */
export function entryMatch<R>(entry: Entry<R>): Match {
  return { key: expand(entry.shape, entry.values), mask: entry.shape.mask };
}

/** True where a lookup at this version sees the entry. */
function isVisible<R>(entry: Entry<R>, version: Version): boolean {
  return entry.added <= version && version < entry.removed;
}

/**
 * Rules with priorities, looked up by tuple space search: one subtable per mask, those of higher priority first.
 * Of visible rules with the same match and priority there should be one; among different matches of one priority it is
 * unspecified, but always the same one, that wins.
 *
 * Changes are visible by version: a bundle inserts with `added` = the next version and hides with `removed` = the next version;
 * publishing is to look up at that version. What no lookup can see any more is then removed for good with `remove`.
 */
export class Classifier<R> {
  readonly #byMask = new Map<string, ClassifierSubtable<R>>();
  /** By descending greatest priority; ties in order of creation. */
  #order: ClassifierSubtable<R>[] = [];
  readonly #prefixes: PrefixFields;
  #size = 0;

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

  /** Adds a rule; it does not replace another (`findExact` tells what to hide or remove). */
  insert(match: Match, priority: number, rule: R, added: Version = 0): Entry<R> {
    const id = maskId(match.mask);
    let table = this.#byMask.get(id);
    if (table === undefined) {
      table = new ClassifierSubtable<R>(id, shapeOf(match.mask));
      this.#byMask.set(id, table);
      this.#order.push(table);
    }
    const { shape } = table;
    const values = new Int32Array(shape.words.length);
    shape.gather(match.key, values, 0);
    const entry: Entry<R> = { rule, priority, shape, values, added, removed: NEVER };
    table.insert(entry, match.key);
    this.#prefixes.insert(match.key, shape.mask);
    this.#size++;
    this.#sort();
    return entry;
  }

  /** Takes a rule away at once, whatever the version; false where it is not here. */
  remove(entry: Entry<R>): boolean {
    const table = this.#byMask.get(maskId(entry.shape.mask, entry.shape.words));
    if (table === undefined) return false;
    const key = expand(entry.shape, entry.values);
    if (!table.remove(entry, key)) return false;
    this.#prefixes.remove(key, entry.shape.mask);
    this.#size--;
    if (table.size === 0) {
      this.#byMask.delete(table.id);
      this.#order.splice(this.#order.indexOf(table), 1);
    } else {
      this.#sort();
    }
    return true;
  }

  /**
   * The rule of greatest priority that a key matches at a version. With `looked`, adds the bits the answer depends on: any
   * key that agrees with this one in them gets the same answer.
   */
  lookup(version: Version, key: FlowKey, looked?: FlowMask): Entry<R> | undefined {
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

  /** The visible rule with exactly this match and priority. */
  findExact(match: Match, priority: number, version: Version): Entry<R> | undefined {
    const table = this.#byMask.get(maskId(match.mask));
    for (const entry of table?.bucket(match.key) ?? []) {
      if (entry.priority === priority && isVisible(entry, version)) return entry;
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

  /** Visible rules whose match is within the given one, as loose flow-mods and flow requests select. The classifier must not change meanwhile. */
  *within(match: Match, version: Version): Generator<Entry<R>> {
    for (const table of this.#order) {
      if (!maskCovers(table.shape.mask, match.mask)) continue;
      for (const entry of table.entries()) {
        if (isVisible(entry, version) && entryWithin(entry, match)) yield entry;
      }
    }
  }

  /** Every entry, visible or not. The classifier must not change meanwhile. */
  *entries(): Generator<Entry<R>> {
    for (const table of this.#order) yield* table.entries();
  }

  #sort(): void {
    const order = this.#order;
    for (let i = 1; i < order.length; i++) {
      const table = order[i]!;
      let j = i;
      for (; j > 0 && order[j - 1]!.maxPriority < table.maxPriority; j--) order[j] = order[j - 1]!;
      order[j] = table;
    }
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

function entryWithin<R>(entry: Entry<R>, match: Match): boolean {
  const { words } = entry.shape;
  for (let i = 0; i < words.length; i++) {
    const w = words[i]!;
    if (((entry.values[i]! ^ match.key[w]!) & match.mask[w]!) !== 0) return false;
  }
  return true;
}
