import { C, TICKS } from "./connection-layout.js";
import type { ConnectionPool } from "./connection-pool.js";

/** Seconds round the wheel: what expires later is looked at once a round. */
const SLOTS = 1024;

/**
 * Connections by the second in which they are to be looked at. A packet that makes a connection live longer does not move it: when its
 * second comes, it is put where it then belongs. Ones that are to end sooner are moved at once.
 */
export class ExpiryWheel {
  readonly #pool: ConnectionPool;
  readonly #heads = new Int32Array(SLOTS).fill(-1);
  /** The second that is being looked through. */
  #second: number;

  constructor(pool: ConnectionPool, tick: number) {
    this.#pool = pool;
    this.#second = secondOf(tick);
  }

  /** Puts in a connection whose row says when it expires. */
  add(id: number): void {
    const w = this.#pool.words(id);
    const at = this.#pool.row(id);
    const ahead = Math.min(SLOTS - 1, Math.max(1, (secondOf(w[at + C.expires]!) - this.#second + SECONDS) % SECONDS));
    const slot = (this.#second + ahead) % SLOTS;
    const head = this.#heads[slot]!;
    w[at + C.wheelSlot] = slot;
    w[at + C.wheelNext] = head;
    w[at + C.wheelPrevious] = -1;
    if (head >= 0) this.#pool.words(head)[this.#pool.row(head) + C.wheelPrevious] = id;
    this.#heads[slot] = id;
  }

  remove(id: number): void {
    const pool = this.#pool;
    const w = pool.words(id);
    const at = pool.row(id);
    const next = w[at + C.wheelNext]! | 0;
    const previous = w[at + C.wheelPrevious]! | 0;
    if (next >= 0) pool.words(next)[pool.row(next) + C.wheelPrevious] = previous;
    if (previous >= 0) pool.words(previous)[pool.row(previous) + C.wheelNext] = next;
    else this.#heads[w[at + C.wheelSlot]!] = next;
  }

  /** Says that a connection expires sooner than it did. */
  hasten(id: number): void {
    this.remove(id);
    this.add(id);
  }

  /** Looks at `budget` connections at most whose second has come, and hands over those that have expired. True where there are more. */
  sweep(tick: number, budget: number, expired: (id: number) => void): boolean {
    const until = secondOf(tick);
    const pool = this.#pool;
    let left = budget;
    for (let rounds = 0; this.#second !== until && rounds < SLOTS; ) {
      const id = this.#heads[this.#second % SLOTS]!;
      if (id < 0) {
        this.#second = (this.#second + 1) % SECONDS;
        rounds++;
        continue;
      }
      if (left-- <= 0) return true;
      if (((pool.words(id)[pool.row(id) + C.expires]! - tick) | 0) <= 0) expired(id);
      else this.hasten(id);
    }
    this.#second = until;
    return false;
  }
}

/** Seconds that ticks can say; a multiple of the wheel's. */
const SECONDS = Math.floor(2 ** 32 / TICKS / SLOTS) * SLOTS;

function secondOf(tick: number): number {
  return Math.floor(tick / TICKS) % SECONDS;
}
