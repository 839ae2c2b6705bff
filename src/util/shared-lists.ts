/** Lists kept in mind. */
const RECENT = 16;

/** Finds that a list was made before: one that is in use thousands of times is kept once. Nobody may change a list that was given. */
export class SharedLists<T> {
  readonly #same: (a: readonly T[], b: readonly T[]) => boolean;
  readonly #recent: (readonly T[])[] = [];
  #next = 0;
  #last: readonly T[] = [];

  constructor(same: (a: readonly T[], b: readonly T[]) => boolean) {
    this.#same = same;
  }

  /** A recent list that says the same, or the list itself. */
  of(list: readonly T[]): readonly T[] {
    if (this.#same(this.#last, list)) return this.#last;
    for (const recent of this.#recent) {
      if (this.#same(recent, list)) {
        this.#last = recent;
        return recent;
      }
    }
    this.#recent[this.#next] = list;
    this.#next = (this.#next + 1) % RECENT;
    this.#last = list;
    return list;
  }
}
