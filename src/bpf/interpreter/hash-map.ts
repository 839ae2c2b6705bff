import type { MapSpec } from "../map-spec.js";
import type { AddressSpace, Region } from "./address-space.js";
import { errno, type InterpretedMap, updateFlag } from "./interpreted-map.js";

const nameOf = (key: Uint8Array): string => String.fromCharCode(...key);

/**
 * A hash map, also one for each CPU, of which there is one. A full one refuses, or with `evicts` drops what was used longest ago (the kernel's
 * LRU maps come near to that). What is removed stays in memory for those that still have its address, as in the kernel until they are done.
 */
export class HashMap implements InterpretedMap {
  readonly spec: MapSpec;
  readonly #memory: AddressSpace;
  readonly #evicts: boolean;
  /** In the order of use, the latest last. */
  readonly #values = new Map<string, Region>();

  constructor(spec: MapSpec, memory: AddressSpace, evicts: boolean) {
    this.spec = spec;
    this.#memory = memory;
    this.#evicts = evicts;
  }

  get size(): number {
    return this.#values.size;
  }

  find(key: Uint8Array): bigint | undefined {
    const name = nameOf(key);
    const region = this.#values.get(name);
    if (!region) return undefined;
    this.#values.delete(name);
    this.#values.set(name, region);
    return region.base;
  }

  update(key: Uint8Array, value: Uint8Array, flags: number): number {
    const name = nameOf(key);
    const exists = this.#values.has(name);
    if (flags > updateFlag.change) return -errno.EINVAL;
    if (exists && flags === updateFlag.create) return -errno.EEXIST;
    if (!exists && flags === updateFlag.change) return -errno.ENOENT;
    if (!exists && this.#values.size >= this.spec.entries) {
      if (!this.#evicts) return -errno.E2BIG;
      for (const oldest of this.#values.keys()) {
        this.#values.delete(oldest);
        break;
      }
    }
    this.#values.delete(name);
    this.#values.set(name, this.#memory.add(`a value of map ${this.spec.name}`, value.slice()));
    return 0;
  }

  remove(key: Uint8Array): number {
    return this.#values.delete(nameOf(key)) ? 0 : -errno.ENOENT;
  }

  get(key: Uint8Array): Uint8Array | undefined {
    return this.#values.get(nameOf(key))?.bytes.slice();
  }

  /** Keys and values, those that were used longest ago first. */
  entries(): [key: Uint8Array, value: Uint8Array][] {
    return [...this.#values].map(([name, region]) => [
      Uint8Array.from(name, (letter) => letter.charCodeAt(0)),
      region.bytes.slice(),
    ]);
  }
}
