import type { MapSpec } from "../map-spec.js";
import { errno, type InterpretedMap } from "./interpreted-map.js";

const EXISTS = 2;

/** Values without keys: a queue gives the oldest back first, a stack the newest. */
export class QueueMap implements InterpretedMap {
  readonly spec: MapSpec;
  readonly #isStack: boolean;
  readonly #values: Uint8Array[] = [];

  constructor(spec: MapSpec, isStack: boolean) {
    this.spec = spec;
    this.#isStack = isStack;
  }

  get size(): number {
    return this.#values.length;
  }

  /** Puts a value in; with the flag BPF_EXIST a full one loses its oldest. */
  push(value: Uint8Array, flags: number): number {
    if (flags !== 0 && flags !== EXISTS) return -errno.EINVAL;
    if (this.#values.length >= this.spec.entries) {
      if (flags !== EXISTS) return -errno.E2BIG;
      this.#values.shift();
    }
    this.#values.push(value.slice());
    return 0;
  }

  /** The value whose turn it is, which stays. */
  peek(): Uint8Array | undefined {
    return this.#isStack ? this.#values.at(-1) : this.#values[0];
  }

  /** The value whose turn it is, which goes. */
  pop(): Uint8Array | undefined {
    return this.#isStack ? this.#values.pop() : this.#values.shift();
  }

  find(): undefined {}

  update(_key: Uint8Array, value: Uint8Array, flags: number): number {
    return this.push(value, flags);
  }

  remove(): number {
    return -errno.EINVAL;
  }

  get(): undefined {}
}
