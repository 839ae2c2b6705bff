import { type MapSpec, mapType } from "#bpf/map-spec.js";
import { BugError } from "#util/errors.js";
import { Memory } from "../memory.js";
import * as sys from "../syscalls.js";
import { Attribute, command, withScratch } from "./call.js";
import { possibleCpus } from "./possible-cpus.js";

const ENOENT = 2;
const E2BIG = 7;
const EEXIST = 17;

/**
 * Makes a map and returns its descriptor; one of maps takes those that are as `inner`, of any number of entries. Throws `HostError`.
 *
 * bpf_attr: type@0 key_size@4 value_size@8 max_entries@12 map_flags@16 inner_map_fd@20 map_name@28[16].
 */
export function createMap(spec: MapSpec, inner = 0): number {
  return new Attribute(72)
    .u32(0, spec.type)
    .u32(4, spec.keySize)
    .u32(8, spec.valueSize)
    .u32(12, spec.entries)
    .u32(16, spec.flags ?? 0)
    .u32(20, inner)
    .name(28, spec.name)
    .call(command.mapCreate, `bpf map ${spec.name}`);
}

const perCpu: ReadonlySet<number> = new Set([mapType.percpuArray, mapType.percpuHash, mapType.lruPercpuHash]);

/** Bytes of one element's value as bpf(2) hands it over: of a per-CPU map a multiple of 8 for each possible CPU. */
function valueStride({ type, valueSize }: Pick<MapSpec, "type" | "valueSize">): number {
  return perCpu.has(type) ? ((valueSize + 7) & ~7) * possibleCpus() : valueSize;
}

/** What `BpfMap.update` does with a key that is there, or is not (BPF_ANY, BPF_NOEXIST, BPF_EXIST). */
const mode = { put: 0, add: 1, replace: 2 } as const;

/** Bytes of an element call's attribute, and where a map's memory has each of them: for look-ups first. */
const ATTRIBUTE = 32;
const UPDATE_AT = 32;
const UPDATE_FLAGS = UPDATE_AT + 24;
const DELETE_AT = 64;
const KEY_AT = 96;

/**
 * A map by its descriptor, element by element: 1.5 to 2 µs each. Keys and values are bytes, of the sizes that the map was made with; a value of a program array
 * or an XSK map is a descriptor. `MapBatch` does many at once, `MappedArray` needs no calls at all.
 *
 * bpf_attr of element calls: map_fd@0 key@8 value@16 flags@24.
 */
export class BpfMap {
  readonly fd: number;
  readonly spec: MapSpec;
  /** Bytes that `lookup` returns and `update` takes. */
  readonly stride: number;
  /** Attributes of calls, then a key and a value; made when first used. */
  #memory: Memory | undefined;
  readonly #valueAt: number;

  /** Takes the descriptor over. */
  constructor(fd: number, spec: MapSpec) {
    this.fd = fd;
    this.spec = spec;
    this.stride = valueStride(spec);
    this.#valueAt = KEY_AT + ((spec.keySize + 7) & ~7);
  }

  /** Throws `HostError`. */
  static create(spec: MapSpec): BpfMap {
    return new BpfMap(createMap(spec), spec);
  }

  /** A copy of a key's value; undefined where there is none. Throws `HostError`. */
  lookup(key: Uint8Array): Uint8Array | undefined {
    const memory = this.#withKey(key);
    const { address, bytes } = memory;
    if (sys.bpfAt(command.mapLookup, address, ATTRIBUTE) >= 0)
      return bytes.slice(this.#valueAt, this.#valueAt + this.stride);
    if (sys.errno() === ENOENT) return undefined;
    throw sys.hostError(`bpf map ${this.spec.name} lookup`);
  }

  /**
   * Puts a value, whether or not there was one; `add` refuses a key that is there and `replace` one that is not. False where that, or a full map, was
   * the reason. Of a hash map readers see the old value or the new one, never parts of both. Throws `HostError`.
   */
  update(key: Uint8Array, value: Uint8Array, how: keyof typeof mode = "put"): boolean {
    if (value.length !== this.stride) throw new BugError(`${value.length} bytes are no value of ${this.spec.name}`);
    const memory = this.#withKey(key);
    memory.bytes.set(value, this.#valueAt);
    memory.words[UPDATE_FLAGS >> 2] = mode[how];
    if (sys.bpfAt(command.mapUpdate, memory.address + UPDATE_AT, ATTRIBUTE) >= 0) return true;
    const errno = sys.errno();
    if (errno === E2BIG || (errno === EEXIST && how === "add") || (errno === ENOENT && how === "replace")) return false;
    throw sys.hostError(`bpf map ${this.spec.name} update`, errno);
  }

  /** Removes a key; false where it was not there. Throws `HostError`. */
  delete(key: Uint8Array): boolean {
    if (sys.bpfAt(command.mapDelete, this.#withKey(key).address + DELETE_AT, ATTRIBUTE) >= 0) return true;
    if (sys.errno() === ENOENT) return false;
    throw sys.hostError(`bpf map ${this.spec.name} delete`);
  }

  /** The keys, one call each. One that is removed meanwhile makes the kernel begin again, so some may come twice. */
  *keys(): Generator<Uint8Array> {
    let key: Uint8Array | undefined;
    for (;;) {
      key = this.#next(key);
      if (key === undefined) return;
      yield key;
    }
  }

  #next(key: Uint8Array | undefined): Uint8Array | undefined {
    const { keySize, name } = this.spec;
    return withScratch(2 * keySize + 16, (memory) => {
      const nextAt = (keySize + 7) & ~7;
      const attribute = new Attribute(32).u32(0, this.fd).pointer(16, memory, nextAt);
      if (key) {
        memory.bytes.set(key, 0);
        attribute.pointer(8, memory, 0);
      }
      if (attribute.try(command.mapNextKey) >= 0) return memory.bytes.slice(nextAt, nextAt + keySize);
      if (sys.errno() === ENOENT) return undefined;
      throw sys.hostError(`bpf map ${name} keys`);
    });
  }

  /** The memory that calls use, with a key in it. */
  #withKey(key: Uint8Array): Memory {
    if (key.length !== this.spec.keySize) throw new BugError(`${key.length} bytes are no key of ${this.spec.name}`);
    this.#memory ??= this.#prepare();
    this.#memory.bytes.set(key, KEY_AT);
    return this.#memory;
  }

  #prepare(): Memory {
    const memory = Memory.anonymous((this.#valueAt + this.stride + 4095) & ~4095);
    for (const at of [0, UPDATE_AT, DELETE_AT]) {
      memory.words[at >> 2] = this.fd;
      memory.putAddress(at + 8, memory, KEY_AT);
      // Of a deletion the kernel refuses to hear anything of a value.
      if (at !== DELETE_AT) memory.putAddress(at + 16, memory, this.#valueAt);
    }
    return memory;
  }

  /** The map itself lives on while programs, pins or other descriptors hold it. */
  close(): void {
    this.#memory?.release();
    sys.close(this.fd);
  }
}

/**
 * The values of an array map made with `mapFlag.mmapable`, in this process's memory: programs and this side see each other's writes at once. Each
 * value begins at a multiple of 8 bytes.
 */
export class MappedArray {
  readonly memory: Memory;
  /** Bytes from one value to the next. */
  readonly stride: number;

  /** Throws `HostError` where the map is not of that kind. */
  constructor({ fd, spec }: BpfMap) {
    this.stride = (spec.valueSize + 7) & ~7;
    this.memory = Memory.map(fd, 0, (this.stride * spec.entries + 4095) & ~4095, true);
  }

  /** Offset in `memory` of a value. */
  at(index: number): number {
    return index * this.stride;
  }

  /** Unmaps it; the map stays. */
  close(): void {
    this.memory.release();
  }
}
