import { FAN_OUT_LIMIT } from "#bpf/forward/layout.js";
import type { FanOut } from "#host/fan-out.js";
import type { Clock } from "#util/clock.js";

/** How long a set stays as it is after the last list that names it has gone, in milliseconds: packets may be on their way to it. */
const REST = 1000;

interface KnownSet {
  /** The devices, for which it is found; something else where the kernel has taken one of them out. */
  id: string;
  readonly ifindexes: readonly number[];
  readonly number: number;
  /** Lists that name it. */
  lists: number;
  /** When it was last asked for, or given back. */
  since: number;
}

/** Where copies for many devices are made: by the fan-out device, for the devices of a set. */
export interface FanOutPlace {
  readonly ifindex: number;
  readonly set: number;
}

/** The sets of devices that packets are copied to at once. */
export class FanOutSets {
  readonly #open: () => FanOut | undefined;
  readonly #clock: Clock;
  readonly #changed: () => void;
  /** The set that was asked for or given back first comes first. */
  readonly #known = new Map<string, KnownSet>();
  readonly #numbers: KnownSet[] = [];
  readonly #free: number[] = [];
  #next = 0;
  #fanOut: FanOut | undefined;
  #isTried = false;

  /** `open` makes the device, or says why not and gives undefined. `changed` is told where sets that were found are others now, or none. */
  constructor(open: () => FanOut | undefined, clock: Clock, changed: () => void) {
    this.#open = open;
    this.#clock = clock;
    this.#changed = changed;
  }

  /** How many sets there are. */
  get size(): number {
    return this.#known.size;
  }

  /** Where packets get to all of these devices; undefined where that cannot be. It is so for a second, and for as long as lists take it. */
  find(ifindexes: readonly number[]): FanOutPlace | undefined {
    const fanOut = this.#device();
    if (fanOut === undefined) return undefined;
    const id = ifindexes.join();
    const known = this.#known.get(id);
    if (known) {
      this.#rest(known);
      return { ifindex: fanOut.ifindex, set: known.number };
    }
    const number = this.#number();
    if (number === undefined) return undefined;
    try {
      fanOut.put(number, ifindexes);
    } catch {
      // One of the devices has gone, or there is no memory.
      this.#free.push(number);
      return undefined;
    }
    const set = { id, ifindexes, number, lists: 0, since: 0 };
    this.#numbers[number] = set;
    this.#rest(set);
    return { ifindex: fanOut.ifindex, set: number };
  }

  /** A list names these sets. */
  take(sets: readonly number[]): void {
    for (const number of sets) this.#numbers[number]!.lists++;
  }

  /** It does so no more. */
  free(sets: readonly number[]): void {
    for (const number of sets) {
      const set = this.#numbers[number]!;
      set.lists--;
      if (this.#known.get(set.id) === set) this.#rest(set);
    }
  }

  /** A device has gone, or may have: the kernel has taken it out of the sets then, and does not put it back where it comes again. */
  forget(ifindex: number): void {
    for (const set of [...this.#known.values()]) {
      if (!set.ifindexes.includes(ifindex)) continue;
      this.#known.delete(set.id);
      set.id = `${set.number} as it was`;
      this.#rest(set);
    }
  }

  #rest(set: KnownSet): void {
    set.since = this.#clock.now();
    this.#known.delete(set.id);
    this.#known.set(set.id, set);
  }

  /** A number for a set, perhaps that of one which nobody has named for a while. */
  #number(): number | undefined {
    const free = this.#free.pop();
    if (free !== undefined) return free;
    if (this.#next < FAN_OUT_LIMIT) return this.#next++;
    const before = this.#clock.now() - REST;
    for (const set of this.#known.values()) {
      if (set.since > before) return undefined;
      if (set.lists > 0) continue;
      this.#known.delete(set.id);
      this.#changed();
      return set.number;
    }
    return undefined;
  }

  #device(): FanOut | undefined {
    if (this.#isTried) return this.#fanOut;
    this.#isTried = true;
    this.#fanOut = this.#open();
    if (this.#fanOut)
      this.#fanOut.onLost = () => {
        this.#fanOut = undefined;
        this.#known.clear();
        this.#changed();
      };
    return this.#fanOut;
  }
}
