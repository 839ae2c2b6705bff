/** More than any flow has values. */
const CHUNK = 1 << 13;

/** Memory for many flows' values together; it is free when none of them is there any more. */
export class ValueChunks {
  chunk: Int32Array = new Int32Array(0);
  #next = 0;

  /** Where in `chunk` there is room for so many. */
  take(count: number): number {
    if (this.#next + count > this.chunk.length) {
      this.chunk = new Int32Array(CHUNK);
      this.#next = 0;
    }
    this.#next += count;
    return this.#next - count;
  }
}
