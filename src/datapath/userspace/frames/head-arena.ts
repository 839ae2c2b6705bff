/** Bytes kept free before a copied head, for tags that are pushed later. */
export const HEADROOM = 64;

/**
 * Scratch memory for rewritten heads. A head stays unchanged until the frames that use it have been flushed; `reset` then makes all
 * of it free. Beyond the arena's size heads get memory of their own, so a flood with many rewrites is slower, never wrong.
 */
export class HeadArena {
  readonly #memory: Uint8Array;
  #used = 0;
  /** The memory of the last `take`. */
  bytes: Uint8Array;

  /** `memory`: the arena, of any size. An engine whose output wants registered memory passes it here. */
  constructor(memory: Uint8Array) {
    this.#memory = memory;
    this.bytes = memory;
  }

  /** Reserves `size` bytes and returns where they start in `bytes`. */
  take(size: number): number {
    const at = this.#used;
    if (at + size > this.#memory.length) {
      this.bytes = new Uint8Array(size);
      return 0;
    }
    this.#used = at + ((size + 7) & ~7);
    this.bytes = this.#memory;
    return at;
  }

  /** True when a flush would be worth its cost. */
  get crowded(): boolean {
    return this.#used > this.#memory.length >> 1;
  }

  reset(): void {
    this.#used = 0;
  }
}
