import { PORTS, TICKS } from "./connection-layout.js";
import { TUPLE_ID, type Tuple } from "./tuple.js";

const LIFETIME = 300 * TICKS;
const MOST = 65536;

/** A connection that another one has announced. */
export interface Expectation {
  /** Without the source port, which is never known. */
  readonly tuple: Tuple;
  /** The original direction's tuple of the one that announced it. */
  readonly parent: Tuple;
  readonly mark: number;
  readonly label: readonly number[];
  /**
   * The tuple that its packets get where the one that announced it is translated: source address, destination address and port; the source port stays.
   */
  readonly translated: Tuple | undefined;
  expires: number;
}

/** Announced connections, by source address, destination address and port, protocol and zone: the source port is never known. */
export class Expectations {
  readonly #all = new Map<string, Expectation>();

  get size(): number {
    return this.#all.size;
  }

  /** Adds or renews one. */
  add(tuple: Tuple, expectation: Omit<Expectation, "expires" | "tuple">, tick: number): void {
    const name = nameOf(tuple);
    this.#all.delete(name);
    if (this.#all.size >= MOST)
      for (const oldest of this.#all.keys()) {
        this.#all.delete(oldest);
        break;
      }
    this.#all.set(name, { ...expectation, tuple: withoutSourcePort(tuple), expires: (tick + LIFETIME) >>> 0 });
  }

  find(tuple: Tuple, tick: number): Expectation | undefined {
    if (this.#all.size === 0) return undefined;
    const found = this.#all.get(nameOf(tuple));
    return found !== undefined && ((found.expires - tick) | 0) > 0 ? found : undefined;
  }

  /** All that are not over. */
  list(tick: number): (readonly [tuple: Tuple, expectation: Expectation])[] {
    const alive = [...this.#all.values()].filter(({ expires }) => ((expires - tick) | 0) > 0);
    return alive.map((expectation) => [expectation.tuple, expectation] as const);
  }

  /** It has come true. */
  delete(tuple: Tuple): void {
    this.#all.delete(nameOf(tuple));
  }

  clear(): void {
    this.#all.clear();
  }

  /** Forgets those that are over: they are in the order in which they end. */
  sweep(tick: number): void {
    for (const [name, { expires }] of this.#all) {
      if (((expires - tick) | 0) > 0) return;
      this.#all.delete(name);
    }
  }
}

function withoutSourcePort(tuple: Tuple): Tuple {
  const copy = tuple.slice();
  copy[PORTS]! &= 0xffff;
  return copy;
}

function nameOf(tuple: Tuple): string {
  let name = `${tuple[TUPLE_ID]!},${tuple[PORTS]! & 0xffff}`;
  const words = (tuple[TUPLE_ID]! & 1) === 0 ? 1 : 4;
  for (let i = 0; i < words; i++) name += `,${tuple[i]!},${tuple[4 + i]!}`;
  return name;
}
