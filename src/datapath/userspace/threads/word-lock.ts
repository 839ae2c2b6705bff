/** Longest that a holder is waited for, in milliseconds: the dozen instructions that a lock is held for do not take so long. */
const PATIENCE = 100;
const FREE = 0;
const HELD = 1;
/** Held, and somebody waits. */
const AWAITED = 2;

/**
 * A lock of one word in memory that threads share, for a few instructions at a time. Where its holder has died, the next one takes it over after a while;
 * where it was only kept from running for so long, two may hold it for a moment: it is for what may then be a little wrong.
 */
export class WordLock {
  readonly #words: Int32Array;
  readonly #at: number;

  constructor(words: Int32Array, at: number) {
    this.#words = words;
    this.#at = at;
  }

  take(): void {
    if (Atomics.compareExchange(this.#words, this.#at, FREE, HELD) !== FREE) this.#wait();
  }

  release(): void {
    if (Atomics.exchange(this.#words, this.#at, FREE) === AWAITED) Atomics.notify(this.#words, this.#at, 1);
  }

  #wait(): void {
    while (Atomics.exchange(this.#words, this.#at, AWAITED) !== FREE) {
      if (Atomics.wait(this.#words, this.#at, AWAITED, PATIENCE) === "timed-out") return;
    }
  }
}
