import { OFPP } from "#openflow/port-number.js";

/**
 * Gives OpenFlow port numbers: what was asked for if it is free, else the number the name had before, else the next one never given; when the
 * numbers have run out, the one that has been free longest. Numbers are not reused early, since controllers may still hold flows for them.
 */
export class PortNumbers {
  readonly #byName = new Map<string, number>();
  readonly #inUse = new Set<number>();
  /** Free numbers that were in use, longest free first. */
  readonly #freed = new Set<number>();
  #next = 1;

  /** A number for `name`, or undefined when all are in use. `requested` outside 1 … 65279 is ignored. */
  take(name: string, requested: number | undefined): number | undefined {
    const number = this.#choose(name, requested);
    if (number === undefined) return undefined;
    this.#freed.delete(number);
    this.#inUse.add(number);
    this.#byName.set(name, number);
    return number;
  }

  release(number: number): void {
    if (this.#inUse.delete(number)) this.#freed.add(number);
  }

  /** Forgets which number a name had. */
  forget(name: string): void {
    this.#byName.delete(name);
  }

  isFree(number: number): boolean {
    return !this.#inUse.has(number);
  }

  #choose(name: string, requested: number | undefined): number | undefined {
    if (requested !== undefined && requested >= 1 && requested < OFPP.max && this.isFree(requested)) return requested;
    const before = this.#byName.get(name);
    if (before !== undefined && this.isFree(before)) return before;
    while (this.#next < OFPP.max) {
      const candidate = this.#next++;
      if (this.isFree(candidate)) return candidate;
    }
    const [oldest] = this.#freed;
    return oldest;
  }
}
