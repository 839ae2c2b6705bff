import { type Atom, compareAtoms } from "../atom.js";
import { compareDatums, type Datum } from "../datum.js";
import type { ReplicaColumn } from "./resolve.js";
import type { AnyRow, Entry, RowListener } from "./store.js";

/** How many changes are put in place one by one; more are sorted together. */
const few = 32;

/**
 * The rows of a table in the order of some columns, then of their UUIDs. Kept up when it is looked at, so that changes nobody asks
 * about cost little.
 */
export class SortedIndex implements RowListener {
  readonly #columns: readonly ReplicaColumn[];
  #sorted: Entry[];
  readonly #added = new Set<Entry>();
  readonly #removed = new Set<Entry>();

  constructor(columns: readonly ReplicaColumn[], entries: Iterable<Entry>) {
    this.#columns = columns;
    this.#sorted = [...entries].sort((a, b) => this.#order(a, b));
  }

  changed(_uuid: string, before: Entry | undefined, after: Entry | undefined): void {
    if (before && !this.#added.delete(before)) this.#removed.add(before);
    if (after) this.#added.add(after);
  }

  /** All rows, in order. */
  all(): AnyRow[] {
    this.#settle();
    return this.#sorted.map(({ row }) => row);
  }

  /** Rows from `from` up to `to`, both included; each gives values for some of the first columns. Open where undefined. */
  range(from: readonly Datum[] | undefined, to: readonly Datum[] | undefined): AnyRow[] {
    this.#settle();
    const start = from ? this.#search((entry) => this.#compare(entry, from) >= 0) : 0;
    const end = to ? this.#search((entry) => this.#compare(entry, to) > 0) : this.#sorted.length;
    return this.#sorted.slice(start, end).map(({ row }) => row);
  }

  /** Compares a row's first columns with values for them. */
  #compare(entry: Entry, values: readonly Datum[]): number {
    for (const [i, value] of values.entries()) {
      const order = compareDatums(entry.data[this.#columns[i]!.index]!, value);
      if (order !== 0) return order;
    }
    return 0;
  }

  #order(a: Entry, b: Entry): number {
    for (const { index } of this.#columns) {
      const order = compareDatums(a.data[index]!, b.data[index]!);
      if (order !== 0) return order;
    }
    return compareAtoms(a.uuid as Atom, b.uuid as Atom);
  }

  /** The first place for which `reached` holds; it holds for all after it. */
  #search(reached: (entry: Entry) => boolean): number {
    let low = 0;
    let high = this.#sorted.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (reached(this.#sorted[middle]!)) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  #settle(): void {
    if (this.#added.size + this.#removed.size <= few) {
      for (const entry of this.#removed) this.#sorted.splice(this.#place(entry), 1);
      for (const entry of this.#added) this.#sorted.splice(this.#place(entry), 0, entry);
    } else {
      this.#sorted = this.#sorted.filter((entry) => !this.#removed.has(entry));
      // Sorting what is mostly sorted takes one pass.
      this.#sorted.push(...[...this.#added].sort((a, b) => this.#order(a, b)));
      this.#sorted.sort((a, b) => this.#order(a, b));
    }
    this.#added.clear();
    this.#removed.clear();
  }

  #place(entry: Entry): number {
    return this.#search((other) => this.#order(other, entry) >= 0);
  }
}
