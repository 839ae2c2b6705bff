import { type FlowKey, type FlowMask, newKey } from "./key.js";
import { foldMask, maskCovers } from "./match.js";
import { type EntryPlaces, MegaflowSubtable } from "./megaflow-subtable.js";
import { type MaskShape, maskId, shapeOf } from "./shape.js";
import { SignatureCache } from "./signature-cache.js";
import { wholeBytes } from "./whole-bytes.js";

/** Subtables are ranked, and the signature cache is looked at, after so many lookups (a power of two). */
const LOOK_EVERY = 4096;
/** Places of the signature cache for each entry: that many, so that few sets are crowded. */
const ROOM = 4;
/** The most places, 4 bytes each: of a port, and of all ports of a table before others get none but the fewest. */
const MOST_PLACES = 1 << 20;
const MOST_IN_ALL = 1 << 23;

/**
 * The entries of one port. Where there are several masks, a signature cache says which entry a key led to before; what it does not know is looked for in
 * the subtables, those that hit most first.
 *
 * The signature is a hash of just the bits that some mask looks at, so that packets which are alike to all flows share a place.
 */
export class MegaflowPartition {
  /** In the order of trial. */
  readonly #order: MegaflowSubtable[] = [];
  readonly #byMask = new Map<string, MegaflowSubtable>();
  readonly #places: EntryPlaces;
  #size = 0;
  #signatures: SignatureCache | undefined;
  #hash: MaskShape["hash"] | undefined;
  /** Every bit that some mask looks at; made when it is asked for. */
  #union: FlowMask | undefined;
  /** Once there were too many masks: the one that new ones become. */
  #wide: FlowMask | undefined;
  #lookups = 0;
  /** Lookups since the last look that the signature cache had no answer to. */
  #unknown = 0;
  /** Subtables that the last lookup tried; 0 where the signature cache knew. */
  tried = 0;

  constructor(places: EntryPlaces) {
    this.#places = places;
  }

  /** Number of different masks. */
  get masks(): number {
    return this.#order.length;
  }

  get size(): number {
    return this.#size;
  }

  subtable(shape: MaskShape): MegaflowSubtable | undefined {
    return this.#byMask.get(shape.id);
  }

  /** Every bit that some entry's mask looks at. */
  get #looked(): FlowMask {
    if (this.#union === undefined) {
      this.#union = newKey();
      for (const { shape } of this.#order) foldMask(this.#union, shape.mask);
    }
    return this.#union;
  }

  /**
   * The mask to be used where `mask` is asked for: itself, or, where there are `most` masks already and it is not among them, one that covers it, and
   * tells apart all that some mask of this partition does in whole bytes. Later ones are mostly the same then: it grows only where a byte is looked at that
   * none has looked at before. Not to be changed.
   */
  bounded(mask: FlowMask, most: number): FlowMask {
    if (this.masks < most) {
      this.#wide = undefined;
      return mask;
    }
    if (this.#byMask.has(maskId(mask))) return mask;
    let wide = this.#wide ?? wholeBytes(this.#looked);
    if (!maskCovers(wide, mask)) {
      wide = wholeBytes(wide);
      foldMask(wide, wholeBytes(mask));
    }
    this.#wide = wide;
    return wide;
  }

  /** The index of the entry that a key matches, or -1. */
  lookup(key: FlowKey): number {
    const order = this.#order;
    if ((++this.#lookups & (LOOK_EVERY - 1)) === 0) this.look();
    if (order.length === 1 && !this.#places.signsAll) {
      const only = order[0]!;
      this.tried = 1;
      return only.find(key, only);
    }
    const signatures = (this.#signatures ??= this.#begin());
    const hash = this.#hash!(key);
    const { subtables, slots } = this.#places;
    for (let at = signatures.next(hash, signatures.begin(hash)); at >= 0; at = signatures.next(hash, at + 1)) {
      const index = signatures.index(at);
      const table = subtables[index];
      if (table === undefined || !table.holds(key, slots[index]!)) continue;
      this.tried = 0;
      return index;
    }
    this.#unknown++;
    for (let i = 0; i < order.length; i++) {
      const table = order[i]!;
      const index = table.find(key, table);
      if (index < 0) continue;
      table.hits++;
      this.tried = i + 1;
      signatures.insert(hash, index);
      return index;
    }
    this.tried = order.length;
    return -1;
  }

  /** Adds an entry; false where there is one of the same key and mask. */
  insert(key: FlowKey, shape: MaskShape, index: number): boolean {
    let table = this.#byMask.get(shape.id);
    if (table === undefined) {
      table = new MegaflowSubtable(shape, this.#places);
      this.#byMask.set(shape.id, table);
      this.#order.push(table);
      this.#union = undefined;
    } else if (table.find(key, table) >= 0) return false;
    table.insert(key, index);
    this.#size++;
    return true;
  }

  remove(index: number): void {
    const table = this.#places.subtables[index]!;
    table.remove(index);
    this.#size--;
    if (table.size > 0) return;
    if (this.#size === 0) this.#forgetSignatures();
    this.#byMask.delete(table.shape.id);
    this.#order.splice(this.#order.indexOf(table), 1);
    this.#union = undefined;
  }

  /** Sorts the subtables by hits, and halves the hits so that the past fades; sees to the signature cache. */
  look(): void {
    const order = this.#order;
    for (let i = 1; i < order.length; i++) {
      const table = order[i]!;
      let j = i;
      for (; j > 0 && order[j - 1]!.hits < table.hits; j--) order[j] = order[j - 1]!;
      order[j] = table;
    }
    for (const table of order) table.hits >>>= 1;
    this.#lookAtSignatures();
  }

  /** There is a second mask: from now on lookups have signatures. */
  #begin(): SignatureCache {
    this.#hash = shapeOf(this.#looked).hash;
    const signatures = new SignatureCache(this.#granted(this.#size * ROOM));
    this.#places.signatures += signatures.size;
    return signatures;
  }

  /** How many of the places that are wanted there may be, `has` of them being there. */
  #granted(wanted: number, has = 0): number {
    return Math.max(has, Math.min(wanted, MOST_PLACES, MOST_IN_ALL - this.#places.signatures + has));
  }

  #forgetSignatures(): void {
    this.#places.signatures -= this.#signatures?.size ?? 0;
    this.#signatures = undefined;
  }

  /** With one mask there is no need of it. It grows with the entries, and where many packets are unknown since others displaced them. */
  #lookAtSignatures(): void {
    const signatures = this.#signatures;
    if (signatures === undefined) return;
    if (this.#order.length <= 1 && !this.#places.signsAll) {
      this.#forgetSignatures();
      return;
    }
    const { hash } = shapeOf(this.#looked);
    const isOther = hash !== this.#hash;
    this.#hash = hash;
    const unknown = this.#unknown;
    this.#unknown = 0;
    const displaced = signatures.takeDisplaced();
    const isCrowded = unknown > LOOK_EVERY / 8 && displaced > unknown / 2 && !isOther;
    const has = signatures.size;
    const granted = this.#granted(Math.max(this.#size * ROOM, isCrowded ? has * 4 : 0), has);
    if (granted <= has) return;
    signatures.resize(granted);
    this.#places.signatures += signatures.size - has;
  }
}
