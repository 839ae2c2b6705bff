/** What a roster keeps: something that knows its place there. A new one's place is -1. */
export interface Listed {
  place: number;
}

/**
 * Things in the order in which they came: adding, removing and asking for one takes no search, and no memory but its place in a list. One walk may go on
 * while things come and go (`walk`); what is gone meanwhile is passed over, what has come is met.
 */
export class Roster<T extends Listed> {
  #items: (T | undefined)[] = [];
  #size = 0;
  #walked = 0;

  get size(): number {
    return this.#size;
  }

  add(item: T): void {
    if (this.#items.length > 2 * this.#size + 64) this.#compact();
    item.place = this.#items.length;
    this.#items.push(item);
    this.#size++;
  }

  has(item: T): boolean {
    return this.#items[item.place] === item;
  }

  /** False where it is not here. */
  delete(item: T): boolean {
    if (!this.has(item)) return false;
    this.#items[item.place] = undefined;
    item.place = -1;
    this.#size--;
    return true;
  }

  clear(): void {
    this.#items = [];
    this.#size = 0;
    this.#walked = 0;
  }

  /** Begins the walk again. */
  rewind(): void {
    this.#walked = 0;
  }

  /** The next one of the walk; undefined at its end. */
  walk(): T | undefined {
    while (this.#walked < this.#items.length) {
      const item = this.#items[this.#walked++];
      if (item !== undefined) return item;
    }
    return undefined;
  }

  /** All of them; they may be deleted meanwhile, and none added. */
  *[Symbol.iterator](): Generator<T> {
    for (const item of this.#items) if (item !== undefined) yield item;
  }

  #compact(): void {
    const kept: T[] = [];
    let walked = 0;
    for (const [place, item] of this.#items.entries()) {
      if (place === this.#walked) walked = kept.length;
      if (item === undefined) continue;
      item.place = kept.length;
      kept.push(item);
    }
    this.#walked = this.#walked >= this.#items.length ? kept.length : walked;
    this.#items = kept;
  }
}
