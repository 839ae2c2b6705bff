import { W } from "#flow/layout.js";
import type { Upcall } from "../datapath.js";

/** The upcalls of one port that wait, oldest first, from `at` on. */
interface PortQueue<T> {
  readonly port: number;
  entries: Entry<T>[];
  at: number;
}

/** An upcall that waits, and whom to tell when it is done. */
export interface Entry<T> {
  readonly upcall: Upcall;
  readonly from: T;
}

/**
 * Upcalls that have come up and wait for their turn. Ports take turns, one upcall each: however many one port has waiting, another's next one
 * is behind at most one of each. Upcalls of one port stay in order.
 */
export class UpcallQueue<T> {
  readonly #ports = new Map<number, PortQueue<T>>();
  /** Ports with something waiting, in the order of their turns, from `#first` on. */
  #turns: PortQueue<T>[] = [];
  #first = 0;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  add(upcall: Upcall, from: T): void {
    const port = upcall.key[W.inPort]!;
    let queue = this.#ports.get(port);
    if (queue === undefined) {
      this.#ports.set(port, (queue = { port, entries: [], at: 0 }));
      this.#turns.push(queue);
    }
    queue.entries.push({ upcall, from });
    this.#size++;
  }

  /** Takes the oldest upcall of the port whose turn it is. */
  take(): Entry<T> | undefined {
    for (;;) {
      const queue = this.#turns[this.#first];
      if (queue === undefined) return undefined;
      this.#advance();
      if (this.#ports.get(queue.port) !== queue) continue;
      const entry = queue.entries[queue.at++]!;
      this.#size--;
      if (queue.at < queue.entries.length) this.#turns.push(queue);
      else this.#ports.delete(queue.port);
      return entry;
    }
  }

  /** Takes all that wait of one port. */
  takePort(port: number): readonly Entry<T>[] {
    const queue = this.#ports.get(port);
    if (queue === undefined) return [];
    this.#ports.delete(port);
    const entries = queue.entries.slice(queue.at);
    this.#size -= entries.length;
    return entries;
  }

  clear(): void {
    this.#ports.clear();
    this.#turns = [];
    this.#first = 0;
    this.#size = 0;
  }

  #advance(): void {
    if (++this.#first < 1024) return;
    this.#turns = this.#turns.slice(this.#first);
    this.#first = 0;
  }
}
