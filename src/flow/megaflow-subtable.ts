import type { FlowKey } from "./key.js";
import { loads, type MaskShape, mixes } from "./shape.js";

const MIN_SLOTS = 8;

/** Of each entry of a table: its slot in its subtable. */
export class EntrySlots {
  at: Int32Array = new Int32Array(MIN_SLOTS);

  /** Makes room for an index. */
  reserve(index: number): void {
    if (index < this.at.length) return;
    const grown = new Int32Array(Math.max(index + 1, this.at.length * 2));
    grown.set(this.at);
    this.at = grown;
  }
}

/**
 * The entries of one mask: open addressing, linear probing, at most half full, so that a miss ends soon. Entries
 * go back in place when one before them is removed; there are no tombstones.
 */
export class MegaflowSubtable {
  readonly id: string;
  readonly shape: MaskShape;
  /** Finds a key's entry index, or -1; the second argument is this subtable (generated code has no closure). */
  readonly find: (key: FlowKey, table: MegaflowSubtable) => number;
  /** Per slot: entry index + 1, 0 where empty. */
  entries: Int32Array = new Int32Array(MIN_SLOTS);
  /** Per slot: the hash of its entry. */
  hashes: Int32Array = new Int32Array(MIN_SLOTS);
  /** Per slot: compact values, `shape.words.length` of them. */
  compact: Int32Array;
  last: number = MIN_SLOTS - 1;
  size = 0;
  hits = 0;
  readonly #slots: EntrySlots;

  /** `slots` is that of all subtables, and has room for every index. */
  constructor(id: string, shape: MaskShape, slots: EntrySlots) {
    this.#slots = slots;
    this.id = id;
    this.shape = shape;
    this.compact = new Int32Array(MIN_SLOTS * shape.words.length);
    this.find = makeFind(shape);
  }

  insert(key: FlowKey, index: number): void {
    if ((this.size + 1) * 2 > this.entries.length) this.#grow();
    const hash = this.shape.hash(key);
    const slot = this.#emptySlot(hash);
    this.shape.gather(key, this.compact, slot * this.shape.words.length);
    this.#put(slot, hash, index);
    this.size++;
  }

  remove(index: number): void {
    let hole = this.#slots.at[index]!;
    this.size--;
    for (let slot = (hole + 1) & this.last; this.entries[slot] !== 0; slot = (slot + 1) & this.last) {
      const home = this.hashes[slot]! & this.last;
      // An entry may move back to the hole unless its home lies behind the hole.
      if (((slot - home) & this.last) < ((slot - hole) & this.last)) continue;
      const n = this.shape.words.length;
      this.compact.copyWithin(hole * n, slot * n, slot * n + n);
      this.#put(hole, this.hashes[slot]!, this.entries[slot]! - 1);
      hole = slot;
    }
    this.entries[hole] = 0;
  }

  #put(slot: number, hash: number, index: number): void {
    this.hashes[slot] = hash;
    this.entries[slot] = index + 1;
    this.#slots.at[index] = slot;
  }

  #emptySlot(hash: number): number {
    let slot = hash & this.last;
    while (this.entries[slot] !== 0) slot = (slot + 1) & this.last;
    return slot;
  }

  #grow(): void {
    const { entries, hashes, compact } = this;
    const n = this.shape.words.length;
    const length = entries.length * 2;
    this.entries = new Int32Array(length);
    this.hashes = new Int32Array(length);
    this.compact = new Int32Array(length * n);
    this.last = length - 1;
    for (let old = 0; old < entries.length; old++) {
      if (entries[old] === 0) continue;
      const slot = this.#emptySlot(hashes[old]!);
      // Not by views: these are costlier than the words.
      for (let i = 0; i < n; i++) this.compact[slot * n + i] = compact[old * n + i]!;
      this.#put(slot, hashes[old]!, entries[old]! - 1);
    }
  }
}

/** Code for one mask: load, hash, probe, compare, all in one function. */
function makeFind(shape: MaskShape): (key: FlowKey, table: MegaflowSubtable) => number {
  const n = shape.words.length;
  const equal = shape.words.map((_, i) => `c[a+${i}]===w${i}`).join("&&");
  const code = `${loads(shape.mask, shape.words)}${mixes(shape.words)}
const e=t.entries,g=t.hashes,c=t.compact,m=t.last;
for(let s=h&m;;s=(s+1)&m){
const x=e[s];
if(x===0)return -1;
if(g[s]===h){const a=s*${n};if(${equal || "true"})return x-1;}
}`;
  return new Function("k", "t", code) as (key: FlowKey, table: MegaflowSubtable) => number;
}
