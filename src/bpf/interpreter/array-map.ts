import type { MapSpec } from "../map-spec.js";
import type { AddressSpace, Region } from "./address-space.js";
import { bytesOf32, errno, type InterpretedMap, updateFlag } from "./interpreted-map.js";

/** An array, also one for each CPU, of which there is one: values in a row, each at a multiple of 8 bytes. */
export class ArrayMap implements InterpretedMap {
  readonly spec: MapSpec;
  readonly #region: Region;
  readonly #step: number;

  constructor(spec: MapSpec, memory: AddressSpace) {
    this.spec = spec;
    this.#step = (spec.valueSize + 7) & ~7;
    this.#region = memory.add(`values of map ${spec.name}`, new Uint8Array(this.#step * spec.entries));
  }

  /** All values, each at a multiple of 8 bytes: what a mapped array shows. */
  get bytes(): Uint8Array {
    return this.#region.bytes;
  }

  /** Address of the first value. */
  get base(): bigint {
    return this.#region.base;
  }

  #place(key: Uint8Array): number | undefined {
    const index = new DataView(key.buffer, key.byteOffset).getUint32(0, true);
    return index < this.spec.entries ? index * this.#step : undefined;
  }

  find(key: Uint8Array): bigint | undefined {
    const at = this.#place(key);
    return at === undefined ? undefined : this.#region.base + BigInt(at);
  }

  update(key: Uint8Array, value: Uint8Array, flags: number): number {
    const at = this.#place(key);
    if (flags > updateFlag.change) return -errno.EINVAL;
    if (at === undefined) return -errno.E2BIG;
    if (flags === updateFlag.create) return -errno.EEXIST;
    this.#region.bytes.set(value, at);
    return 0;
  }

  remove(): number {
    return -errno.EINVAL;
  }

  get(key: Uint8Array): Uint8Array | undefined {
    const at = this.#place(key);
    return at === undefined ? undefined : this.#region.bytes.slice(at, at + this.spec.valueSize);
  }

  /** The value at an index, undefined beyond the end. */
  valueAt(index: number): Uint8Array | undefined {
    return this.get(bytesOf32(index));
  }
}
