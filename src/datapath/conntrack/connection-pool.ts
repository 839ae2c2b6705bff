import { C, F_USED, ROW_WORDS } from "./connection-layout.js";

const CHUNK_BITS = 12;
const CHUNK_ROWS = 1 << CHUNK_BITS;
const CHUNK_WORDS = CHUNK_ROWS * ROW_WORDS;

/**
 * Rows of connections, in chunks of memory that are made as they are needed: 168 bytes each, no objects. A connection's number stays the same while it
 * lives.
 */
export class ConnectionPool {
  readonly #chunks: Uint32Array[] = [];
  /** The last row that was given back; each says in `C.next` which one was before it. */
  #free = -1;
  #used = 0;
  #count = 0;
  /** Where the first rows lie; empty where they lie nowhere in particular. */
  #shared: Uint32Array = new Uint32Array(0);

  /** Connections there are. */
  get count(): number {
    return this.#count;
  }

  /** Numbers lie below this. */
  get end(): number {
    return this.#used;
  }

  /** The memory that holds a row; it begins at `row(id)`. */
  words(id: number): Uint32Array {
    return this.#chunks[id >>> CHUNK_BITS]!;
  }

  row(id: number): number {
    return (id & (CHUNK_ROWS - 1)) * ROW_WORDS;
  }

  /** Takes a row, all zeros. */
  take(): number {
    this.#count++;
    const id = this.#free >= 0 ? this.#free : this.#used++;
    if (id >>> CHUNK_BITS === this.#chunks.length) this.#chunks.push(this.#chunk(this.#chunks.length));
    const at = this.row(id);
    const w = this.words(id);
    if (id === this.#free) this.#free = w[at + C.next]! | 0;
    w.fill(0, at, at + ROW_WORDS);
    return id;
  }

  /** Has the first rows lie in `memory`, or again in memory of their own where there is none. What they hold goes with them; connections keep their numbers. */
  share(memory: Uint32Array = new Uint32Array(0)): void {
    const before = this.#shared.length / CHUNK_WORDS;
    this.#shared = memory;
    for (let i = 0; i < Math.max(before, memory.length / CHUNK_WORDS) && i < this.#chunks.length; i++) {
      const chunk = this.#chunk(i);
      chunk.set(this.#chunks[i]!);
      this.#chunks[i] = chunk;
    }
  }

  /** Takes rows over that lie in `memory`, of connections for which `keeps` is true; the others are free. There are none yet. */
  adopt(memory: Uint32Array, keeps: (id: number) => boolean): void {
    this.#shared = memory;
    const rows = memory.length / ROW_WORDS;
    for (let id = 0; id < rows; id++) if ((memory[id * ROW_WORDS + C.flags]! & F_USED) !== 0) this.#used = id + 1;
    while (this.#chunks.length * CHUNK_ROWS < this.#used) this.#chunks.push(this.#chunk(this.#chunks.length));
    for (let id = this.#used - 1; id >= 0; id--) {
      this.#count++;
      if (keeps(id)) continue;
      this.words(id)[this.row(id) + C.flags] = 0;
      this.give(id);
    }
  }

  /** Memory for the rows of a chunk. */
  #chunk(i: number): Uint32Array {
    const from = i * CHUNK_WORDS;
    const isShared = from + CHUNK_WORDS <= this.#shared.length;
    return isShared ? this.#shared.subarray(from, from + CHUNK_WORDS) : new Uint32Array(CHUNK_WORDS);
  }

  give(id: number): void {
    this.#count--;
    this.words(id)[this.row(id) + C.next] = this.#free;
    this.#free = id;
  }
}
