import { Memory } from "../memory.js";
import * as sys from "../syscalls.js";

/** Commands of bpf(2) (enum bpf_cmd, linux/bpf.h). */
export const command = {
  mapCreate: 0,
  mapLookup: 1,
  mapUpdate: 2,
  mapDelete: 3,
  mapNextKey: 4,
  programLoad: 5,
  pin: 6,
  openPinned: 7,
  testRun: 10,
  nextProgram: 11,
  nextMap: 12,
  programById: 13,
  mapById: 14,
  information: 15,
  lookupBatch: 24,
  lookupAndDeleteBatch: 25,
  updateBatch: 26,
  deleteBatch: 27,
  linkCreate: 28,
  linkUpdate: 29,
  linkById: 30,
  nextLink: 31,
  linkDetach: 34,
} as const;

/** A zeroed union bpf_attr. Members are little-endian, as on every machine that the daemon runs on; pointers take 8 bytes. */
export class Attribute {
  readonly bytes: Uint8Array;
  readonly #view: DataView;

  constructor(size: number) {
    this.bytes = new Uint8Array(size);
    this.#view = new DataView(this.bytes.buffer);
  }

  u32(at: number, value: number): this {
    this.#view.setUint32(at, value, true);
    return this;
  }

  u64(at: number, value: bigint): this {
    this.#view.setBigUint64(at, value, true);
    return this;
  }

  /** The address of byte `offset` of `memory`: of what lies elsewhere the address could change during the call. */
  pointer(at: number, memory: Memory, offset: number): this {
    return this.u64(at, BigInt(memory.address + offset));
  }

  /** An object's name: at most 15 bytes. */
  name(at: number, text: string): this {
    this.bytes.set(new TextEncoder().encode(text.slice(0, 15)), at);
    return this;
  }

  /** What the kernel wrote there. */
  read32(at: number): number {
    return this.#view.getUint32(at, true);
  }

  /** Makes the call; what it returned, negative where it failed and `sys.errno()` says why. */
  try(which: number): number {
    return sys.bpf(which, this.bytes);
  }

  /** Makes the call and returns its result. Throws `HostError`; `tried` says what was attempted. */
  call(which: number, tried: string): number {
    return sys.check(this.try(which), tried);
  }
}

const SCRATCH = 64 << 10;
let scratch: Memory | undefined;

/** Runs `use` with memory for a call's time, at least `size` bytes; calls do not nest. What is in it from before is anything. */
export function withScratch<T>(size: number, use: (memory: Memory) => T): T {
  if (size <= SCRATCH) {
    scratch ??= Memory.anonymous(SCRATCH);
    return use(scratch);
  }
  const memory = Memory.anonymous((size + 4095) & ~4095);
  try {
    return use(memory);
  } finally {
    memory.release();
  }
}
