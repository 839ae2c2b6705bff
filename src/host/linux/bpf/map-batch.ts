import { Memory } from "../memory.js";
import * as sys from "../syscalls.js";
import { Attribute, command } from "./call.js";
import type { BpfMap } from "./map.js";

const ENOENT = 2;
const E2BIG = 7;
/** Where the kernel keeps its place between calls. How it writes that down is its own affair, so there is room for any. */
const TOKEN = 512;

/**
 * Many elements of a map in one call (Linux 5.6): keys and values lie one after the other in memory of its own, `map.spec.keySize` and `map.stride`
 * bytes each.
 *
 * bpf_attr: in_batch@0 out_batch@8 keys@16 values@24 count@32 map_fd@36 elem_flags@40 flags@48.
 */
export class MapBatch {
  readonly map: BpfMap;
  /** Elements of one call. */
  readonly capacity: number;
  readonly keys: Uint8Array;
  readonly values: Uint8Array;
  readonly valuesView: DataView;
  readonly #memory: Memory;
  readonly #keysAt: number;
  readonly #valuesAt: number;
  readonly #tokens: readonly [number, number];

  /** A hash map's batch must have room for all that share a bucket: a hundred is plenty. Throws `HostError`. */
  constructor(map: BpfMap, capacity: number) {
    const keyBytes = map.spec.keySize * capacity;
    const valueBytes = map.stride * capacity;
    this.map = map;
    this.capacity = capacity;
    this.#memory = Memory.anonymous((keyBytes + valueBytes + 2 * TOKEN + 4 * 64 + 4095) & ~4095);
    this.#tokens = [this.#memory.take(TOKEN), this.#memory.take(TOKEN)];
    this.#keysAt = this.#memory.take(keyBytes);
    this.#valuesAt = this.#memory.take(valueBytes);
    this.keys = this.#memory.bytes.subarray(this.#keysAt, this.#keysAt + keyBytes);
    this.values = this.#memory.bytes.subarray(this.#valuesAt, this.#valuesAt + valueBytes);
    this.valuesView = new DataView(this.values.buffer, this.values.byteOffset, valueBytes);
  }

  #attribute(from: number, count: number): Attribute {
    return new Attribute(56)
      .pointer(16, this.#memory, this.#keysAt + from * this.map.spec.keySize)
      .pointer(24, this.#memory, this.#valuesAt + from * this.map.stride)
      .u32(32, count)
      .u32(36, this.map.fd);
  }

  /**
   * Reads the whole map; each step fills `keys` and `values` and gives the number of elements, which may be 0. With `remove` each is removed as it is read (hash maps
   * only). What changes meanwhile may be seen or not. Throws `HostError` (`ENOSPC` where a bucket holds more than `capacity`).
   */
  *read(remove = false): Generator<number> {
    const which = remove ? command.lookupAndDeleteBatch : command.lookupBatch;
    for (let step = 0; ; step++) {
      const attribute = this.#attribute(0, this.capacity).pointer(8, this.#memory, this.#tokens[step & 1]!);
      if (step > 0) attribute.pointer(0, this.#memory, this.#tokens[(step - 1) & 1]!);
      const failed = attribute.try(which) < 0;
      const errno = failed ? sys.errno() : 0;
      if (failed && errno !== ENOENT) throw sys.hostError(`bpf map ${this.map.spec.name} batch`, errno);
      yield attribute.read32(32);
      // ENOENT says that this was the last one.
      if (failed) return;
    }
  }

  /** Puts the first `count` elements. Returns how many were put before the map was full: all, where it is not. Throws `HostError`. */
  update(count: number): number {
    const attribute = this.#attribute(0, count);
    if (attribute.try(command.updateBatch) >= 0) return count;
    if (sys.errno() !== E2BIG) throw sys.hostError(`bpf map ${this.map.spec.name} batch`);
    return attribute.read32(32);
  }

  /** Removes the first `count` keys; those that are not there are passed over. Returns how many were. Throws `HostError`. */
  delete(count: number): number {
    let removed = 0;
    for (let from = 0; from < count; ) {
      const attribute = this.#attribute(from, count - from).u64(24, 0n);
      if (attribute.try(command.deleteBatch) >= 0) return removed + count - from;
      if (sys.errno() !== ENOENT) throw sys.hostError(`bpf map ${this.map.spec.name} batch`);
      const done = attribute.read32(32);
      removed += done;
      from += done + 1;
    }
    return removed;
  }

  /** Gives the memory back; the map stays open. */
  close(): void {
    this.#memory.release();
  }
}
