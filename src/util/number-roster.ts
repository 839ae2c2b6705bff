const GONE = -1;

/**
 * Small numbers in the order in which they came, each once: as `Roster`, for things that are known by a number. They lie in plain memory, which the garbage collector
 * need not look at. One walk may go on while numbers come and go (`walk`); what is gone meanwhile is passed over, what has come is met.
 */
export class NumberRoster {
  /** The numbers, `GONE` where one was, the first `#end` of them. */
  #list = new Int32Array(64);
  #end = 0;
  /** By number, its place in the list plus 1; 0 where it is not here. */
  #places = new Int32Array(64);
  #size = 0;
  #walked = 0;

  get size(): number {
    return this.#size;
  }

  add(number: number): void {
    if (this.#end > 2 * this.#size + 64) this.#compact();
    if (number >= this.#places.length) this.#places = grown(this.#places, number);
    if (this.#end === this.#list.length) this.#list = grown(this.#list, this.#end);
    this.#list[this.#end++] = number;
    this.#places[number] = this.#end;
    this.#size++;
  }

  has(number: number): boolean {
    return number < this.#places.length && this.#places[number] !== 0;
  }

  /** False where it is not here. */
  delete(number: number): boolean {
    if (!this.has(number)) return false;
    this.#list[this.#places[number]! - 1] = GONE;
    this.#places[number] = 0;
    this.#size--;
    return true;
  }

  clear(): void {
    this.#places.fill(0);
    this.#end = this.#size = this.#walked = 0;
  }

  /** Begins the walk again. */
  rewind(): void {
    this.#walked = 0;
  }

  /** The next one of the walk; -1 at its end. */
  walk(): number {
    while (this.#walked < this.#end) {
      const number = this.#list[this.#walked++]!;
      if (number !== GONE) return number;
    }
    return -1;
  }

  /** All of them; they may be deleted meanwhile, and none added. */
  *[Symbol.iterator](): Generator<number> {
    for (let place = 0; place < this.#end; place++) {
      const number = this.#list[place]!;
      if (number !== GONE) yield number;
    }
  }

  #compact(): void {
    const list = this.#list;
    let [end, walked] = [0, 0];
    for (let place = 0; place < this.#end; place++) {
      if (place === this.#walked) walked = end;
      const number = list[place]!;
      if (number === GONE) continue;
      list[end++] = number;
      this.#places[number] = end;
    }
    this.#walked = this.#walked >= this.#end ? end : walked;
    this.#end = end;
  }
}

/** With room for an index. */
function grown(numbers: Int32Array<ArrayBuffer>, index: number): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(Math.max(index + 1, 2 * numbers.length));
  larger.set(numbers);
  return larger;
}
