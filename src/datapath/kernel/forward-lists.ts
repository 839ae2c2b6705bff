import { FORWARD_SLOTS, LAST_LIST, MAX_MASKS, maskEntry, maskList, operationHead } from "#bpf/forward/layout.js";
import type { ForwardMaps } from "#host/forward-maps.js";
import type { ForwardMatch } from "./encode-match.js";
import type { FanOutSets } from "./fan-out-sets.js";
import type { ForwardOperations } from "./operation-list.js";

/** A mask in the maps; flows of several ports may have it. */
export interface ForwardMask {
  readonly id: string;
  readonly index: number;
  flows: number;
}

/** The masks of flows, and which port's flows have which. */
export class MaskLists {
  readonly #maps: ForwardMaps;
  readonly #masks = new Map<string, ForwardMask>();
  readonly #taken: boolean[] = [];
  /** For each port's slot, how many flows each mask has. */
  readonly #uses = new Map<number, Map<number, number>>();

  constructor(maps: ForwardMaps) {
    this.#maps = maps;
  }

  /** How many there are. */
  get size(): number {
    return this.#masks.size;
  }

  /** The mask of a match; undefined where there are too many. */
  take({ maskId, words }: ForwardMatch): ForwardMask | undefined {
    let mask = this.#masks.get(maskId);
    if (mask === undefined) {
      let index = 0;
      while (this.#taken[index]) index++;
      if (index >= MAX_MASKS) return undefined;
      this.#taken[index] = true;
      mask = { id: maskId, index, flows: 0 };
      this.#masks.set(maskId, mask);
      const at = index * maskEntry.size;
      const view = this.#maps.masks;
      for (const [i, { word, bits }] of words.entries()) {
        view.setUint32(at + maskEntry.offset(i), 4 * word, true);
        view.setUint32(at + maskEntry.bits(i), bits, true);
      }
      view.setUint32(at, words.length, true);
      // Whoever has seen half of it, since its cache still names what was here before, must not find a flow by that.
      this.#maps.waitForPrograms();
    }
    mask.flows++;
    return mask;
  }

  /** Nobody looks for flows of it that was not there before. */
  free(mask: ForwardMask): void {
    if (--mask.flows > 0) return;
    this.#masks.delete(mask.id);
    this.#taken[mask.index] = false;
  }

  /** Packets of a port are looked up under a mask, once more often. */
  list(slot: number, { index }: ForwardMask): void {
    let uses = this.#uses.get(slot);
    if (uses === undefined) this.#uses.set(slot, (uses = new Map()));
    const before = uses.get(index) ?? 0;
    uses.set(index, before + 1);
    if (before > 0) return;
    const { lists } = this.#maps;
    const at = slot * maskList.size;
    const count = lists.getUint32(at, true);
    lists.setUint8(at + maskList.masks + count, index);
    lists.setUint32(at, count + 1, true);
  }

  /** The opposite of `list`. A packet that is being looked up may miss another mask for that. */
  unlist(slot: number, { index }: ForwardMask): void {
    const uses = this.#uses.get(slot)!;
    const left = uses.get(index)! - 1;
    if (left > 0) {
      uses.set(index, left);
      return;
    }
    uses.delete(index);
    const { lists } = this.#maps;
    const at = slot * maskList.size;
    const last = lists.getUint32(at, true) - 1;
    for (let i = 0; i <= last; i++) {
      if (lists.getUint8(at + maskList.masks + i) !== index) continue;
      lists.setUint8(at + maskList.masks + i, lists.getUint8(at + maskList.masks + last));
      break;
    }
    lists.setUint32(at, last, true);
  }
}

/** A list of operations in the maps. */
export interface PlacedOperations {
  readonly id: string;
  readonly place: number;
  readonly units: number;
  readonly sets: readonly number[];
  flows: number;
}

/** The lists of operations: equal ones are one. */
export class OperationLists {
  readonly #maps: ForwardMaps;
  readonly #fanOuts: Pick<FanOutSets, "take" | "free">;
  readonly #placed = new Map<string, PlacedOperations>();
  /** Free places by their size. */
  readonly #free: number[][] = [];
  #end = 0;

  /** `fanOuts` are the sets that lists may name. */
  constructor(maps: ForwardMaps, fanOuts: Pick<FanOutSets, "take" | "free">) {
    this.#maps = maps;
    this.#fanOuts = fanOuts;
  }

  /** How many units they take. */
  get units(): number {
    let units = 0;
    for (const placed of this.#placed.values()) units += placed.units;
    return units;
  }

  /** Undefined where there is no room. */
  take({ bytes, id, sets }: ForwardOperations): PlacedOperations | undefined {
    let placed = this.#placed.get(id);
    if (placed === undefined) {
      const units = bytes.length / operationHead.size;
      const place = this.#free[units]?.pop() ?? this.#end;
      if (place > LAST_LIST) return undefined;
      if (place === this.#end) this.#end += units;
      const { buffer, byteOffset } = this.#maps.operations;
      new Uint8Array(buffer, byteOffset).set(bytes, place * operationHead.size);
      placed = { id, place, units, sets, flows: 0 };
      this.#fanOuts.take(sets);
      this.#placed.set(id, placed);
    }
    placed.flows++;
    return placed;
  }

  /** No program runs that could read it for this flow. */
  free(placed: PlacedOperations): void {
    if (--placed.flows > 0) return;
    this.#placed.delete(placed.id);
    this.#fanOuts.free(placed.sets);
    (this.#free[placed.units] ??= []).push(placed.place);
  }
}

/** Slots of port numbers. */
export class PortSlots {
  readonly #slots = new Map<number, { readonly slot: number; uses: number }>();
  readonly #taken: boolean[] = [];

  /** Undefined where there are too many. */
  take(port: number): number | undefined {
    let known = this.#slots.get(port);
    if (known === undefined) {
      let slot = 0;
      while (this.#taken[slot]) slot++;
      if (slot >= FORWARD_SLOTS) return undefined;
      this.#taken[slot] = true;
      this.#slots.set(port, (known = { slot, uses: 0 }));
    }
    known.uses++;
    return known.slot;
  }

  free(port: number): void {
    const known = this.#slots.get(port);
    if (known === undefined || --known.uses > 0) return;
    this.#slots.delete(port);
    this.#taken[known.slot] = false;
  }
}
