import { BugError } from "#util/errors.js";
import { type FlowKey, type FlowMask, newKey } from "./key.js";
import { W } from "./layout.js";
import { MegaflowPartition } from "./megaflow-partition.js";
import { EntryPlaces, type MegaflowSubtable } from "./megaflow-subtable.js";
import { type MaskShape, scatter, shapeOf } from "./shape.js";

/** Datapath ports are below. */
const MAX_PORTS = 1 << 16;

/**
 * Entries that match keys under masks, disjoint: no key matches two of them (where two do, either may be found). Those of one
 * `in_port` are a partition, in which the masks of other ports cost nothing; those that do not tell ports apart are another one, which
 * is tried after the port's own. An entry is known by its index, a small number that stays until it is removed and is then used
 * again. Lookups allocate nothing.
 */
export class MegaflowTable<T> {
  readonly #places = new EntryPlaces();
  readonly #byPort: (MegaflowPartition | undefined)[] = [];
  /** Entries of any port. */
  readonly #others: MegaflowPartition = new MegaflowPartition(this.#places);
  readonly #values: (T | undefined)[] = [];
  readonly #free: number[] = [];
  /** How many partitions have a mask. */
  readonly #masks = new Map<string, number>();
  /** Subtables that the last lookup tried, as `dpctl/show` reports; 0 where a signature cache knew. */
  tried = 0;

  /** Number of entries. */
  get size(): number {
    return this.#values.length - this.#free.length;
  }

  /** Number of different masks. */
  get masks(): number {
    return this.#masks.size;
  }

  /** The index of the entry that a key matches, or -1. */
  lookup(key: FlowKey): number {
    let tried = 0;
    const own = this.#byPort[key[W.inPort]!];
    if (own !== undefined) {
      const index = own.lookup(key);
      tried = own.tried;
      if (index >= 0) {
        this.tried = tried;
        return index;
      }
    }
    const others = this.#others;
    const index = others.size === 0 ? -1 : others.lookup(key);
    this.tried = others.size === 0 ? tried : tried + others.tried;
    return index;
  }

  /** Whether signature caches are asked where there is but one mask, too, which is slower than asking that. */
  signAll(signs: boolean): void {
    this.#places.signsAll = signs;
  }

  /**
   * The mask to be used for an entry of `key` where `mask` is asked for: itself, or where its port has `most` different ones already, one that covers it and is mostly the
   * same for all new entries of that port (`MegaflowPartition.bounded`). Not to be changed.
   */
  boundedMask(key: FlowKey, mask: FlowMask, most: number): FlowMask {
    const partition = this.#partitionOf(key, mask);
    return partition === undefined || partition === this.#others ? mask : partition.bounded(mask, most);
  }

  /** The entry with exactly this key and mask, or -1. */
  find(key: FlowKey, mask: FlowMask): number {
    return this.findShaped(key, shapeOf(mask));
  }

  /** As `find`, of a mask whose shape is known. */
  findShaped(key: FlowKey, shape: MaskShape): number {
    const table = this.#partitionOf(key, shape.mask)?.subtable(shape);
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
    const partition = this.#partitionOf(key, shape.mask) ?? this.#addPartition(key[W.inPort]!);
    const index = this.nextIndex;
    this.#places.reserve(index);
    const { masks } = partition;
    if (!partition.insert(key, shape, index)) return -1;
    if (partition.masks > masks) this.#masks.set(shape.id, (this.#masks.get(shape.id) ?? 0) + 1);
    this.#free.pop();
    this.#values[index] = value;
    return index;
  }

  /** The index that the next entry will have. */
  get nextIndex(): number {
    return this.#free.at(-1) ?? this.#values.length;
  }

  /** Removes an entry and gives its value. */
  remove(index: number): T {
    const { shape } = this.#home(index);
    const port = this.#portOf(index);
    const partition = this.#byPort[port] ?? this.#others;
    const value = this.#values[index] as T;
    const { masks } = partition;
    partition.remove(index);
    this.#values[index] = undefined;
    this.#free.push(index);
    if (partition.masks < masks) {
      const left = this.#masks.get(shape.id)! - 1;
      if (left === 0) this.#masks.delete(shape.id);
      else this.#masks.set(shape.id, left);
    }
    if (partition.size === 0 && partition !== this.#others) this.#byPort[port] = undefined;
    return value;
  }

  /** The value of an entry. */
  value(index: number): T {
    return this.#values[index] as T;
  }

  /** An entry's key, masked, as a new key. */
  key(index: number): FlowKey {
    const table = this.#home(index);
    const key = newKey();
    scatter(table.shape, table.rows, table.valuesAt(this.#places.slots[index]!), key);
    return key;
  }

  /** An entry's mask; shared, not to be changed. */
  mask(index: number): FlowMask {
    return this.#home(index).shape.mask;
  }

  /** Indexes of all entries. The table must not change meanwhile. */
  *indexes(): Generator<number> {
    const { subtables } = this.#places;
    for (let i = 0; i < subtables.length; i++) if (subtables[i] !== undefined) yield i;
  }

  /** Removes everything. */
  clear(): void {
    for (const index of [...this.indexes()]) this.remove(index);
  }

  /** Has every port's subtables ranked by their hits now. */
  rank(): void {
    for (const partition of this.#byPort) partition?.look();
    this.#others.look();
  }

  /** Undefined where a port has none yet. */
  #partitionOf(key: FlowKey, mask: FlowMask): MegaflowPartition | undefined {
    const port = key[W.inPort]!;
    return mask[W.inPort] === 0xffffffff && port < MAX_PORTS ? this.#byPort[port] : this.#others;
  }

  /** The port whose partition an entry is in; -1 where it is in that of the others. */
  #portOf(index: number): number {
    const table = this.#home(index);
    const { mask, words } = table.shape;
    if (mask[W.inPort] !== 0xffffffff) return -1;
    const port = table.rows[table.valuesAt(this.#places.slots[index]!) + words.indexOf(W.inPort)]! >>> 0;
    return port < MAX_PORTS ? port : -1;
  }

  #addPartition(port: number): MegaflowPartition {
    // An array with holes is no array to the engine.
    for (let i = this.#byPort.length; i < port; i++) this.#byPort.push(undefined);
    return (this.#byPort[port] = new MegaflowPartition(this.#places));
  }

  #home(index: number): MegaflowSubtable {
    const table = this.#places.subtables[index];
    if (table === undefined) throw new BugError(`no megaflow ${index}`);
    return table;
  }
}
