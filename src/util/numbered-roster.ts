/**
 * Things in the order in which they came, each known by a small number that no other thing here has: as `Roster`, for what cannot keep its place itself. One walk may
 * go on while things come and go (`walk`); what is gone meanwhile is passed over, what has come is met.
 */
export class NumberedRoster<T> {
  #items: (T | undefined)[] = [];
  /** The number of each item. */
  #numbers: number[] = [];
  /** By number, the place of its thing in the list, plus 1; 0 where there is none. */
  #places = new Int32Array(64);
  #size = 0;
  #walked = 0;

  get size(): number {
    return this.#size;
  }

  add(number: number, item: T): void {
    if (this.#items.length > 2 * this.#size + 64) this.#compact();
    if (number >= this.#places.length) this.#grow(number);
    this.#items.push(item);
    this.#numbers.push(number);
    this.#places[number] = this.#items.length;
    this.#size++;
  }

  has(number: number): boolean {
    return number < this.#places.length && this.#places[number] !== 0;
  }

  /** False where it is not here. */
  delete(number: number): boolean {
    if (!this.has(number)) return false;
    this.#items[this.#places[number]! - 1] = undefined;
    this.#places[number] = 0;
    this.#size--;
    return true;
  }

  clear(): void {
    this.#items = [];
    this.#numbers = [];
    this.#places.fill(0);
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

  #grow(number: number): void {
    const grown = new Int32Array(Math.max(number + 1, 2 * this.#places.length));
    grown.set(this.#places);
    this.#places = grown;
  }

  #compact(): void {
    const items: T[] = [];
    const numbers: number[] = [];
    let walked = 0;
    for (let place = 0; place < this.#items.length; place++) {
      if (place === this.#walked) walked = items.length;
      const item = this.#items[place];
      if (item === undefined) continue;
      const number = this.#numbers[place]!;
      items.push(item);
      numbers.push(number);
      this.#places[number] = items.length;
    }
    this.#walked = this.#walked >= this.#items.length ? items.length : walked;
    this.#items = items;
    this.#numbers = numbers;
  }
}
