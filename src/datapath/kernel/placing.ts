import type { Cancel, Clock } from "#util/clock.js";
import { NumberRoster } from "#util/number-roster.js";
import type { Slot } from "../userspace/flow-slots.js";

/** Flows that go into the maps as they come, of each turn; more are put off. While there are more, turn after turn, it is fewer and fewer: most of a flood would be there for nothing. */
const AT_ONCE = 32;
const LEAST_AT_ONCE = 1;
/** Milliseconds until the next turn: while flows come, and the most while none that was put off is used. */
const TURN = 1;
const LONGEST = 64;
/** Flows that are looked at in one turn, and milliseconds after which no more of them are placed in it. */
const LOOKED_AT = 2048;
const BUDGET = 1;

/** A flow that threads count in a slot. */
interface Countable {
  /** A small number that no other flow has. */
  readonly index: number;
  readonly slot: Slot;
}

/**
 * Says when new flows go into the maps: at once where few come. Of a flood, most are of one packet each, which has been executed by then; these wait until a thread has counted
 * another one. Whatever goes before that has cost nothing.
 */
export class Placing<F extends Countable> {
  readonly #clock: Clock;
  readonly #flowAt: (index: number) => F;
  readonly #place: (flow: F) => void;
  readonly #later = new NumberRoster();
  /** How many may go in one turn, and how many more in this one. */
  #allowed = AT_ONCE;
  #left = AT_ONCE;
  #pause = TURN;
  #timer: { readonly delay: number; readonly cancel: Cancel } | undefined;

  /** `flowAt` gives a flow by its index. */
  constructor(clock: Clock, flowAt: (index: number) => F, place: (flow: F) => void) {
    this.#clock = clock;
    this.#flowAt = flowAt;
    this.#place = place;
  }

  /** How many flows are put off. */
  get size(): number {
    return this.#later.size;
  }

  /** Places a flow, now or later. */
  add(flow: F): void {
    this.#wake(TURN);
    if (this.#left > 0) {
      this.#left--;
      this.#place(flow);
    } else this.#later.add(flow.index);
  }

  /** Whether the flow of an index is put off. */
  has(index: number): boolean {
    return this.#later.has(index);
  }

  /** The flow of an index need not be placed any more; false where it was not put off. */
  delete(index: number): boolean {
    return this.#later.delete(index);
  }

  /** Places those that were put off. */
  placeAll(): void {
    for (const index of this.#later) this.#placeLate(this.#flowAt(index));
  }

  /** Places those that were put off and have been used meanwhile. */
  placeUsed(): void {
    for (const index of this.#later) {
      const flow = this.#flowAt(index);
      if (isUsed(flow.slot)) this.#placeLate(flow);
    }
  }

  close(): void {
    this.#timer?.cancel.cancel();
    this.#timer = undefined;
    this.#later.clear();
  }

  #placeLate(flow: F): void {
    this.#later.delete(flow.index);
    this.#place(flow);
  }

  #wake(delay: number): void {
    if (this.#timer && this.#timer.delay <= delay) return;
    this.#timer?.cancel.cancel();
    const cancel = this.#clock.after(delay, () => {
      this.#timer = undefined;
      this.#turn();
    });
    this.#timer = { delay, cancel };
  }

  #turn(): void {
    const isQuiet = this.#left === this.#allowed;
    this.#allowed = this.#left > 0 ? AT_ONCE : Math.max(LEAST_AT_ONCE, this.#allowed >> 1);
    this.#left = this.#allowed;
    const used = this.#look();
    this.#pause = isQuiet && !used ? Math.min(2 * this.#pause, LONGEST) : TURN;
    if (this.#later.size > 0) this.#wake(this.#pause);
  }

  /** Goes round those that were put off; whether some of them have been used. */
  #look(): boolean {
    if (this.#later.size === 0) return false;
    const end = this.#clock.now() + BUDGET;
    let used = false;
    for (let i = Math.min(LOOKED_AT, this.#later.size); i > 0; i--) {
      const index = this.#later.walk();
      if (index < 0) {
        this.#later.rewind();
        continue;
      }
      const flow = this.#flowAt(index);
      if (!isUsed(flow.slot)) continue;
      used = true;
      this.#placeLate(flow);
      if (this.#clock.now() >= end) break;
    }
    return used;
  }
}

/** A thread has counted a packet. */
function isUsed({ chunk: { memories }, at }: Slot): boolean {
  for (const memory of memories) if (memory[at]! > 0) return true;
  return false;
}
