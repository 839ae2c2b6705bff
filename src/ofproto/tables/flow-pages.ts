/** Bytes of a page: flows that are there together share some. */
const PAGE = 8192;

/**
 * Keeps short runs of bytes in pages, since an array for each costs more than what is in it. A page is free when nobody knows it any more; bytes of flows that
 * go are not used again before.
 */
export class FlowPages {
  #page: Uint8Array = new Uint8Array(0);
  #next = 0;

  /** The page that the last bytes were kept in. */
  get page(): Uint8Array {
    return this.#page;
  }

  /** Copies `bytes` from `from` on; gives their place in `page`. */
  keep(bytes: Uint8Array, from: number): number {
    const length = bytes.length - from;
    if (this.#next + length > this.#page.length) {
      this.#page = new Uint8Array(Math.max(PAGE, length));
      this.#next = 0;
    }
    const at = this.#next;
    const page = this.#page;
    for (let i = 0; i < length; i++) page[at + i] = bytes[from + i]!;
    this.#next += length;
    return at;
  }
}
