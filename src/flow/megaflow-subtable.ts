import type { FlowKey } from "./key.js";
import { loads, type MaskShape, mixes } from "./shape.js";

const MIN_SLOTS = 8;
/** Words of a row before its values: the entry's index + 1, and the hash. */
const HEAD = 2;
/** A slot's tag: this and the upper bits of the hash, or 0 where the slot is empty. */
const TAKEN = 0x80;
const TAG_SHIFT = 25;

/** Of each entry of a table: its subtable, and its slot there. Beside these, what holds for all of a table. */
export class EntryPlaces {
  /** Signatures are asked where there is but one mask, too. */
  signsAll = false;
  /** Places of all signature caches together. */
  signatures = 0;
  slots: Int32Array = new Int32Array(MIN_SLOTS);
  readonly subtables: (MegaflowSubtable | undefined)[] = [];

  /** Makes room for an index. */
  reserve(index: number): void {
    if (index < this.slots.length) return;
    const grown = new Int32Array(Math.max(index + 1, this.slots.length * 2));
    grown.set(this.slots);
    this.slots = grown;
  }
}

/** Code for one mask: finds the index of a key's entry, or -1. The second argument is the subtable (generated code has no closure). */
type Find = (key: FlowKey, table: MegaflowSubtable) => number;

/**
 * The entries of one mask: open addressing, linear probing, at most half full, so that a miss ends soon. An entry's index, hash and values lie in
 * one row, so that finding it touches memory once; a slot's tag, a byte in an array that the processor's caches have room for, says of most keys that are not
 * here that they are not, without touching a row. Entries go back in place when one before them is removed; there are no tombstones.
 */
export class MegaflowSubtable {
  readonly shape: MaskShape;
  readonly find: Find;
  /** Each word of the mask: which, and its bits. */
  readonly #mask: Int32Array;
  /** Per slot `HEAD` words and the compact values, `shape.words.length` of them. */
  rows: Int32Array;
  /** Per slot, its tag. */
  tags: Uint8Array = new Uint8Array(MIN_SLOTS);
  readonly stride: number;
  /** Slots less one; a power of two less one. */
  last: number = MIN_SLOTS - 1;
  size = 0;
  hits = 0;
  readonly #places: EntryPlaces;

  /** `places` is that of all subtables, and has room for every index. */
  constructor(shape: MaskShape, places: EntryPlaces) {
    this.#places = places;
    this.shape = shape;
    this.stride = HEAD + shape.words.length;
    this.rows = new Int32Array(MIN_SLOTS * this.stride);
    this.#mask = Int32Array.from(shape.words.flatMap((w) => [w, shape.mask[w]! | 0]));
    this.find = codeOf(shape);
  }

  /**
   * Whether a key is that of a slot's entry. A loop, since it is asked of one subtable after another: calling code of each one's own takes the processor
   * by surprise each time.
   */
  holds(key: FlowKey, slot: number): boolean {
    const mask = this.#mask;
    const { rows } = this;
    let at = slot * this.stride + HEAD;
    for (let i = 0; i < mask.length; i += 2) if (rows[at++] !== (key[mask[i]!]! & mask[i + 1]!)) return false;
    return true;
  }

  insert(key: FlowKey, index: number): void {
    if ((this.size + 1) * 2 > this.last + 1) this.#grow();
    const { rows, stride } = this;
    const hash = this.shape.hash(key);
    const slot = this.#emptySlot(hash);
    const at = slot * stride;
    rows[at] = index + 1;
    rows[at + 1] = hash;
    this.tags[slot] = tagOf(hash);
    this.shape.gather(key, rows, at + HEAD);
    this.#places.subtables[index] = this;
    this.#places.slots[index] = slot;
    this.size++;
  }

  remove(index: number): void {
    const { rows, tags, stride, last } = this;
    const { slots, subtables } = this.#places;
    let hole = slots[index]!;
    subtables[index] = undefined;
    this.size--;
    for (let slot = (hole + 1) & last; tags[slot] !== 0; slot = (slot + 1) & last) {
      const home = rows[slot * stride + 1]! & last;
      // An entry may move back to the hole unless its home lies behind the hole.
      if (((slot - home) & last) < ((slot - hole) & last)) continue;
      rows.copyWithin(hole * stride, slot * stride, (slot + 1) * stride);
      tags[hole] = tags[slot]!;
      slots[rows[hole * stride]! - 1] = hole;
      hole = slot;
    }
    tags[hole] = 0;
  }

  /** Where the compact values of a slot begin in `rows`. */
  valuesAt(slot: number): number {
    return slot * this.stride + HEAD;
  }

  #emptySlot(hash: number): number {
    const { tags, last } = this;
    let slot = hash & last;
    while (tags[slot] !== 0) slot = (slot + 1) & last;
    return slot;
  }

  #grow(): void {
    const { rows: from, tags, stride } = this;
    this.rows = new Int32Array(from.length * 2);
    this.tags = new Uint8Array(tags.length * 2);
    this.last = this.last * 2 + 1;
    for (let i = 0, old = 0; i < tags.length; i++, old += stride) {
      if (tags[i] === 0) continue;
      const slot = this.#emptySlot(from[old + 1]!);
      this.tags[slot] = tags[i]!;
      // Not by views: these are costlier than the words.
      for (let w = 0, to = slot * stride; w < stride; w++) this.rows[to + w] = from[old + w]!;
      this.#places.slots[from[old]! - 1] = slot;
    }
  }
}

function tagOf(hash: number): number {
  return (hash >>> TAG_SHIFT) | TAKEN;
}

/** Ports have subtables of their own, whose masks are often the same. */
const codes = new WeakMap<MaskShape, Find>();

/** Straight-line code for one mask: load, hash, probe, compare. */
function codeOf(shape: MaskShape): Find {
  const known = codes.get(shape);
  if (known !== undefined) return known;
  const { mask, words, seed } = shape;
  const stride = HEAD + words.length;
  const same = words.map((_, i) => `r[a+${i + HEAD}]===w${i}`).join("&&") || "true";
  const text = `${loads(mask, words)}${mixes(words, seed)}
const r=t.rows,g=t.tags,m=t.last,q=(h>>>${TAG_SHIFT})|${TAKEN};
for(let s=h&m;;s=(s+1)&m){
const x=g[s];
if(x===0)return -1;
if(x!==q)continue;
const a=s*${stride};
if(r[a+1]===h&&${same})return r[a]-1;
}`;
  const find = new Function("k", "t", text) as Find;
  codes.set(shape, find);
  return find;
}
