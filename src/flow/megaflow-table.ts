import { BugError } from "#util/errors.js";
import { type FlowKey, type FlowMask, newKey } from "./key.js";
import { EntrySlots, MegaflowSubtable } from "./megaflow-subtable.js";
import { type MaskShape, scatter, shapeOf } from "./shape.js";

/** Subtables are ranked anew after so many lookups (a power of two). */
const RANK_EVERY = 4096;

/**
 * Entries that match keys under masks, disjoint: no key matches two of them (where two do, either may be found). One subtable per
 * mask; a lookup tries them, those that hit most first. An entry is known by its index, a small number that stays until it
 * is removed and is then used again. Lookups allocate nothing.
 */
export class MegaflowTable<T> {
  readonly #byMask = new Map<string, MegaflowSubtable>();
  /** In the order of trial. */
  readonly #order: MegaflowSubtable[] = [];
  readonly #values: (T | undefined)[] = [];
  readonly #homes: (MegaflowSubtable | undefined)[] = [];
  readonly #free: number[] = [];
  readonly #slots = new EntrySlots();
  #lookups = 0;
  #maskHits = 0;

  /** Number of entries. */
  get size(): number {
    return this.#values.length - this.#free.length;
  }

  /** Number of different masks. */
  get masks(): number {
    return this.#order.length;
  }

  /** Subtables tried in all lookups so far, as `dpctl/show` reports. */
  get maskHits(): number {
    return this.#maskHits;
  }

  /** The index of the entry that a key matches, or -1. */
  lookup(key: FlowKey): number {
    const order = this.#order;
    if ((++this.#lookups & (RANK_EVERY - 1)) === 0) this.rank();
    for (let i = 0; i < order.length; i++) {
      const table = order[i]!;
      const index = table.find(key, table);
      if (index >= 0) {
        table.hits++;
        this.#maskHits += i + 1;
        return index;
      }
    }
    this.#maskHits += order.length;
    return -1;
  }

  /** The entry with exactly this key and mask, or -1. */
  find(key: FlowKey, mask: FlowMask): number {
    return this.findShaped(key, shapeOf(mask));
  }

  /** As `find`, of a mask whose shape is known. */
  findShaped(key: FlowKey, shape: MaskShape): number {
    const table = this.#byMask.get(shape.id);
    return table === undefined ? -1 : table.find(key, table);
  }

  /** Adds an entry; throws `BugError` where there is one of the same key and mask. */
  insert(key: FlowKey, mask: FlowMask, value: T): number {
    return this.insertShaped(key, shapeOf(mask), value);
  }

  /** As `insert`, of a mask whose shape is known. */
  insertShaped(key: FlowKey, shape: MaskShape, value: T): number {
    const index = this.tryInsert(key, shape, value);
    if (index < 0) throw new BugError("a megaflow of this key and mask is there already");
    return index;
  }

  /** As `insertShaped`, but -1 where there is one of the same key and mask. */
  tryInsert(key: FlowKey, shape: MaskShape, value: T): number {
    let table = this.#byMask.get(shape.id);
    if (table === undefined) {
      table = new MegaflowSubtable(shape.id, shape, this.#slots);
      this.#byMask.set(shape.id, table);
      this.#order.push(table);
    } else if (table.find(key, table) >= 0) return -1;
    const index = this.nextIndex;
    this.#free.pop();
    this.#values[index] = value;
    this.#homes[index] = table;
    this.#slots.reserve(index);
    table.insert(key, index);
    return index;
  }

  /** The index that the next entry will have. */
  get nextIndex(): number {
    return this.#free.at(-1) ?? this.#values.length;
  }

  /** Removes an entry and gives its value. */
  remove(index: number): T {
    const table = this.#homes[index];
    if (table === undefined) throw new BugError(`no megaflow ${index}`);
    const value = this.#values[index] as T;
    table.remove(index);
    this.#values[index] = undefined;
    this.#homes[index] = undefined;
    this.#free.push(index);
    if (table.size === 0) {
      this.#byMask.delete(table.id);
      this.#order.splice(this.#order.indexOf(table), 1);
    }
    return value;
  }

  /** The value of an entry. */
  value(index: number): T {
    return this.#values[index] as T;
  }

  /** Gives an entry another value. */
  setValue(index: number, value: T): void {
    if (this.#homes[index] === undefined) throw new BugError(`no megaflow ${index}`);
    this.#values[index] = value;
  }

  /** An entry's key, masked, as a new key. */
  key(index: number): FlowKey {
    const table = this.#home(index);
    const key = newKey();
    scatter(table.shape, table.compact, this.#slots.at[index]! * table.shape.words.length, key);
    return key;
  }

  /** An entry's mask; shared, not to be changed. */
  mask(index: number): FlowMask {
    return this.#home(index).shape.mask;
  }

  /** The shape of an entry's mask. */
  shape(index: number): MaskShape {
    return this.#home(index).shape;
  }

  /** Indexes of all entries. The table must not change meanwhile. */
  *indexes(): Generator<number> {
    for (let i = 0; i < this.#homes.length; i++) if (this.#homes[i] !== undefined) yield i;
  }

  /** Removes everything. */
  clear(): void {
    this.#byMask.clear();
    this.#order.length = 0;
    this.#values.length = 0;
    this.#homes.length = 0;
    this.#free.length = 0;
  }

  /** Sorts the subtables by hits, and halves the hits so that the past fades. */
  rank(): void {
    const order = this.#order;
    for (let i = 1; i < order.length; i++) {
      const table = order[i]!;
      let j = i;
      for (; j > 0 && order[j - 1]!.hits < table.hits; j--) order[j] = order[j - 1]!;
      order[j] = table;
    }
    for (const table of order) table.hits >>>= 1;
  }

  #home(index: number): MegaflowSubtable {
    const table = this.#homes[index];
    if (table === undefined) throw new BugError(`no megaflow ${index}`);
    return table;
  }
}
