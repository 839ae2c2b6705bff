/** Used up places of a port's list are cleared away from so many on. */
const CLEARED = 1024;

/** The upcalls of one port that wait, oldest first, from `next` on. */
interface PortQueue<T> {
  readonly port: number;
  /** Where each is. */
  sources: T[];
  places: number[];
  next: number;
}

/**
 * Upcalls that have come up and wait for their turn, known by where they are: a place in a source of many. Ports take turns, one upcall each: however
 * many one port has waiting, another's next one is behind at most one of each. Upcalls of one port stay in order.
 */
export class UpcallQueue<T> {
  readonly #ports = new Map<number, PortQueue<T>>();
  /** Ports with something waiting, in the order of their turns, from `#first` on. */
  #turns: PortQueue<T>[] = [];
  #first = 0;
  #size = 0;
  #source: T | undefined;
  #place = 0;

  get size(): number {
    return this.#size;
  }

  add(port: number, source: T, place: number): void {
    let queue = this.#ports.get(port);
    if (queue === undefined) {
      this.#ports.set(port, (queue = { port, sources: [], places: [], next: 0 }));
      this.#turns.push(queue);
    }
    queue.sources.push(source);
    queue.places.push(place);
    this.#size++;
  }

  /** Takes the oldest upcall of the port whose turn it is, which `source` and `place` then say; false where none waits. */
  take(): boolean {
    for (;;) {
      const queue = this.#turns[this.#first];
      if (queue === undefined) return false;
      this.#advance();
      if (this.#ports.get(queue.port) !== queue) continue;
      this.#source = queue.sources[queue.next];
      this.#place = queue.places[queue.next]!;
      queue.next++;
      this.#size--;
      if (queue.next === queue.sources.length) this.#ports.delete(queue.port);
      else {
        if (queue.next >= CLEARED) clear(queue);
        this.#turns.push(queue);
      }
      return true;
    }
  }

  /** Where the upcall is that was taken last. */
  get source(): T {
    return this.#source!;
  }

  get place(): number {
    return this.#place;
  }

  /** Takes all that wait of one port. */
  takePort(port: number): readonly { readonly source: T; readonly place: number }[] {
    const queue = this.#ports.get(port);
    if (queue === undefined) return [];
    this.#ports.delete(port);
    clear(queue);
    this.#size -= queue.sources.length;
    return queue.sources.map((source, i) => ({ source, place: queue.places[i]! }));
  }

  clear(): void {
    this.#ports.clear();
    this.#turns = [];
    this.#first = 0;
    this.#size = 0;
    this.#source = undefined;
  }

  #advance(): void {
    if (++this.#first < CLEARED) return;
    this.#turns = this.#turns.slice(this.#first);
    this.#first = 0;
  }
}

/** Forgets what was taken already. */
function clear(queue: PortQueue<unknown>): void {
  queue.sources = queue.sources.slice(queue.next);
  queue.places = queue.places.slice(queue.next);
  queue.next = 0;
}
