import { C, ROW_WORDS } from "./connection-layout.js";

const CHUNK_BITS = 12;
const CHUNK_ROWS = 1 << CHUNK_BITS;

/**
 * Rows of connections, in chunks of memory that are made as they are needed: 164 bytes each, no objects. A connection's number stays the same while it
 * lives.
 */
export class ConnectionPool {
  readonly #chunks: Uint32Array[] = [];
  /** The last row that was given back; each says in `C.next` which one was before it. */
  #free = -1;
  #used = 0;
  #count = 0;

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
    if (id >>> CHUNK_BITS === this.#chunks.length) this.#chunks.push(new Uint32Array(CHUNK_ROWS * ROW_WORDS));
    const at = this.row(id);
    const w = this.words(id);
    if (id === this.#free) this.#free = w[at + C.next]! | 0;
    w.fill(0, at, at + ROW_WORDS);
    return id;
  }

  give(id: number): void {
    this.#count--;
    this.words(id)[this.row(id) + C.next] = this.#free;
    this.#free = id;
  }
}
