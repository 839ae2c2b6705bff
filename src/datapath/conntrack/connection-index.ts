import { C, PORTS, TUPLE_WORDS } from "./connection-layout.js";
import type { ConnectionPool } from "./connection-pool.js";
import { TUPLE_ID, type Tuple } from "./tuple.js";

const LEAST_BUCKETS = 256;
/** Buckets lie in pieces of this many, so that growing copies nothing. */
const PIECE_BITS = 12;
const PIECE = 1 << PIECE_BITS;

/**
 * Finds connections by the tuples of both directions. A linear hash: with each connection that comes, two buckets are split, so that growing never takes
 * longer for one packet than for another. Entries are `2 * number + direction`; chains go through the rows. There are two buckets per connection.
 */
export class ConnectionIndex {
  readonly #pool: ConnectionPool;
  readonly #pieces: Int32Array[] = [new Int32Array(PIECE).fill(-1)];
  /** Buckets below `#split` have been split already; there are `#base + #split`. */
  #base = LEAST_BUCKETS;
  #split = 0;

  constructor(pool: ConnectionPool) {
    this.#pool = pool;
  }

  #bucket(hash: number): number {
    const low = hash & (this.#base - 1);
    return low < this.#split ? hash & (2 * this.#base - 1) : low;
  }

  /** The entry whose packets have this tuple, or -1. */
  find(tuple: Tuple, hash: number): number {
    const pool = this.#pool;
    const found = this.#bucket(hash);
    let entry = this.#pieces[found >>> PIECE_BITS]![found & (PIECE - 1)]!;
    while (entry >= 0) {
      const id = entry >> 1;
      const direction = entry & 1;
      const w = pool.words(id);
      const at = pool.row(id);
      if (w[at + C.hash + direction] === hash && matches(w, at, direction, tuple)) return entry;
      entry = w[at + C.next + direction]! | 0;
    }
    return -1;
  }

  /** Enters both directions of a connection by the hashes in its row. */
  insert(id: number): void {
    this.#grow();
    this.#grow();
    this.#link(id, 1);
    this.#link(id, 0);
  }

  remove(id: number): void {
    this.#unlink(id, 0);
    this.#unlink(id, 1);
  }

  #link(id: number, direction: number): void {
    const w = this.#pool.words(id);
    const at = this.#pool.row(id);
    const bucket = this.#bucket(w[at + C.hash + direction]!);
    const piece = this.#pieces[bucket >>> PIECE_BITS]!;
    w[at + C.next + direction] = piece[bucket & (PIECE - 1)]!;
    piece[bucket & (PIECE - 1)] = id * 2 + direction;
  }

  #unlink(id: number, direction: number): void {
    const pool = this.#pool;
    const w = pool.words(id);
    const at = pool.row(id);
    const bucket = this.#bucket(w[at + C.hash + direction]!);
    const wanted = id * 2 + direction;
    const after = w[at + C.next + direction]! | 0;
    const piece = this.#pieces[bucket >>> PIECE_BITS]!;
    let entry = piece[bucket & (PIECE - 1)]!;
    if (entry === wanted) {
      piece[bucket & (PIECE - 1)] = after;
      return;
    }
    while (entry >= 0) {
      const words = pool.words(entry >> 1);
      const link = pool.row(entry >> 1) + C.next + (entry & 1);
      entry = words[link]! | 0;
      if (entry === wanted) {
        words[link] = after;
        return;
      }
    }
  }

  /** Splits the next bucket where there are less than two for each connection. */
  #grow(): void {
    const count = this.#base + this.#split;
    if (2 * this.#pool.count <= count) return;
    if (count >>> PIECE_BITS === this.#pieces.length) this.#pieces.push(new Int32Array(PIECE).fill(-1));
    const piece = this.#pieces[this.#split >>> PIECE_BITS]!;
    let entry = piece[this.#split & (PIECE - 1)]!;
    piece[this.#split & (PIECE - 1)] = -1;
    this.#split++;
    while (entry >= 0) {
      const w = this.#pool.words(entry >> 1);
      const at = this.#pool.row(entry >> 1);
      const after = w[at + C.next + (entry & 1)]! | 0;
      this.#link(entry >> 1, entry & 1);
      entry = after;
    }
    if (this.#split === this.#base) {
      this.#base *= 2;
      this.#split = 0;
    }
  }
}

function matches(w: Uint32Array, row: number, direction: number, tuple: Tuple): boolean {
  const at = row + C.original + direction * TUPLE_WORDS;
  const id = tuple[TUPLE_ID]!;
  if (w[at] !== tuple[0] || w[at + 4] !== tuple[4] || w[at + PORTS] !== tuple[PORTS] || w[row + C.id] !== id)
    return false;
  if ((id & 1) === 0) return true;
  for (let i = 1; i < 4; i++) if (w[at + i] !== tuple[i] || w[at + 4 + i] !== tuple[4 + i]) return false;
  return true;
}
