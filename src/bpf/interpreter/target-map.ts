import type { ProgramItem } from "../instruction.js";
import type { MapSpec } from "../map-spec.js";
import { place, type Slots } from "../place.js";
import { errno, type InterpretedMap } from "./interpreted-map.js";

/** Programs for tail calls. */
export class ProgramMap implements InterpretedMap {
  readonly spec: MapSpec;
  readonly #programs = new Map<number, Slots>();

  constructor(spec: MapSpec) {
    this.spec = spec;
  }

  /** Puts a program at an index. Throws `AssemblyError`. */
  set(index: number, items: readonly ProgramItem[]): void {
    this.#programs.set(index, place(items));
  }

  program(index: number): Slots | undefined {
    return this.#programs.get(index);
  }

  find(): undefined {}

  update(): number {
    return -errno.EINVAL;
  }

  remove(): number {
    return -errno.EINVAL;
  }

  get(): undefined {}
}

/** Addresses of targets, in no memory of a machine's. */
const TARGET_ADDRESS = 0xffff_8000_0000_0000n;

/** Where packets can be sent to by `bpf_redirect_map`: sockets, devices or CPUs, by index. */
export class RedirectTargets implements InterpretedMap {
  readonly spec: MapSpec;
  readonly #targets = new Map<number, number>();

  constructor(spec: MapSpec) {
    this.spec = spec;
  }

  set(index: number, target: number): void {
    this.#targets.set(index, target);
  }

  target(index: number): number | undefined {
    return this.#targets.get(index);
  }

  /** Something other than 0 where there is a target; nothing can be read there. */
  find(key: Uint8Array): bigint | undefined {
    const index = new DataView(key.buffer, key.byteOffset).getUint32(0, true);
    return this.#targets.has(index) ? TARGET_ADDRESS + BigInt(index) : undefined;
  }

  update(): number {
    return -errno.EINVAL;
  }

  remove(): number {
    return -errno.EINVAL;
  }

  get(): undefined {}
}
