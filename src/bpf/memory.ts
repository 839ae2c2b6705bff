import type { Instruction } from "./instruction.js";
import type { Register } from "./registers.js";

/** Loads, stores and atomics of one width; addresses are a register plus a signed 16-bit offset. */
export interface MemoryAccess {
  /** `dst = *(base + offset)`, zero-extended. */
  load(dst: Register, base: Register, offset: number): Instruction;
  /** `*(base + offset) = src`. */
  store(base: Register, offset: number, src: Register): Instruction;
  /** `*(base + offset) = value`, a sign-extended immediate. */
  storeImm(base: Register, offset: number, value: number): Instruction;
}

/** Atomic operations on 32 or 64 bits; full memory barriers where they fetch. */
export interface AtomicAccess extends MemoryAccess {
  /** `*(base + offset) += src`, without the old value. */
  atomicAdd(base: Register, offset: number, src: Register): Instruction;
  /** Exchanges `src` with memory. */
  exchange(base: Register, offset: number, src: Register): Instruction;
}

const CLASS_LDX = 0x61;
const CLASS_ST = 0x62;
const CLASS_STX = 0x63;
const MODE_ATOMIC = 0xc3;
const ATOMIC_ADD = 0x00;
const ATOMIC_XCHG = 0xe1;

function access(size: number): MemoryAccess {
  return {
    load: (dst, base, offset) => ({ opcode: CLASS_LDX | size, dst, src: base, offset, imm: 0 }),
    store: (base, offset, src) => ({ opcode: CLASS_STX | size, dst: base, src, offset, imm: 0 }),
    storeImm: (base, offset, value) => ({ opcode: CLASS_ST | size, dst: base, src: 0, offset, imm: value | 0 }),
  };
}

function atomicAccess(size: number): AtomicAccess {
  return {
    ...access(size),
    atomicAdd: (base, offset, src) => ({ opcode: MODE_ATOMIC | size, dst: base, src, offset, imm: ATOMIC_ADD }),
    exchange: (base, offset, src) => ({ opcode: MODE_ATOMIC | size, dst: base, src, offset, imm: ATOMIC_XCHG }),
  };
}

export const byte: MemoryAccess = access(0x10);
export const half: MemoryAccess = access(0x08);
export const word: AtomicAccess = atomicAccess(0x00);
export const double: AtomicAccess = atomicAccess(0x18);

/** `dst = value`, all 64 bits. */
export function loadImm64(dst: Register, value: bigint): Instruction {
  const bits = BigInt.asUintN(64, value);
  const low = Number(BigInt.asIntN(32, bits));
  return { opcode: 0x18, dst, src: 0, offset: 0, imm: low, high: Number(BigInt.asIntN(32, bits >> 32n)) };
}

/** `dst` becomes the map called `name`, as helpers take it. */
export function loadMap(dst: Register, name: string): Instruction {
  return { opcode: 0x18, dst, src: 1, offset: 0, imm: 0, high: 0, reference: { kind: "map", name } };
}

/** `dst` becomes the address of byte `offset` of an array map's first value. */
export function loadMapValue(dst: Register, name: string, offset = 0): Instruction {
  return { opcode: 0x18, dst, src: 2, offset: 0, imm: 0, high: offset, reference: { kind: "map-value", name, offset } };
}
