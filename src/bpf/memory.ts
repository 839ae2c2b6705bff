import { AssemblyError } from "./assembly-error.js";
import { anyImmediate, emit, type Instruction, signedImmediate } from "./instruction.js";
import type { Register } from "./registers.js";

/** Loads and stores of one width; addresses are a register plus a signed 16-bit offset. */
export interface MemoryAccess {
  /** `dst = *(base + offset)`, zero-extended. */
  load(dst: Register, base: Register, offset: number): Instruction;
  /** `*(base + offset) = src`. */
  store(base: Register, offset: number, src: Register): Instruction;
  /** `*(base + offset) = value`, a sign-extended immediate. */
  storeImm(base: Register, offset: number, value: number): Instruction;
  /** `load` that later accesses to memory cannot overtake (Linux 6.15). */
  loadAcquire(dst: Register, base: Register, offset: number): Instruction;
  /** `store` that cannot overtake earlier accesses to memory (Linux 6.15). */
  storeRelease(base: Register, offset: number, src: Register): Instruction;
}

/** A width below 64 bits: loads can extend the sign. */
export interface SignedAccess extends MemoryAccess {
  /** `dst = *(base + offset)`, sign-extended to 64 bits (Linux 6.6). */
  loadSigned(dst: Register, base: Register, offset: number): Instruction;
}

/** Atomic operations on 32 or 64 bits; full memory barriers where they fetch. Those on 32 bits clear the upper half of what they fetch. */
export interface AtomicAccess extends MemoryAccess {
  /** `*(base + offset) += src`, without the old value. */
  atomicAdd(base: Register, offset: number, src: Register): Instruction;
  atomicOr(base: Register, offset: number, src: Register): Instruction;
  atomicAnd(base: Register, offset: number, src: Register): Instruction;
  atomicXor(base: Register, offset: number, src: Register): Instruction;
  /** The same, and `src` becomes the old value. */
  fetchAdd(base: Register, offset: number, src: Register): Instruction;
  fetchOr(base: Register, offset: number, src: Register): Instruction;
  fetchAnd(base: Register, offset: number, src: Register): Instruction;
  fetchXor(base: Register, offset: number, src: Register): Instruction;
  /** Exchanges `src` with memory. */
  exchange(base: Register, offset: number, src: Register): Instruction;
  /** Where memory holds what r0 does, `src` goes there; r0 becomes the old value either way. */
  compareExchange(base: Register, offset: number, src: Register): Instruction;
}

const CLASS_LDX = 0x61;
const CLASS_LDX_SIGNED = 0x81;
const CLASS_ST = 0x62;
const CLASS_STX = 0x63;
const MODE_ATOMIC = 0xc3;
const FETCH = 0x01;

const SIZE_BYTE = 0x10;
const SIZE_HALF = 0x08;
const SIZE_WORD = 0x00;
const SIZE_DOUBLE = 0x18;

function access(size: number): MemoryAccess {
  const checked = size === SIZE_DOUBLE ? signedImmediate : anyImmediate;
  return {
    load: (dst, base, offset) => emit({ opcode: CLASS_LDX | size, dst, src: base, offset, imm: 0 }),
    store: (base, offset, src) => emit({ opcode: CLASS_STX | size, dst: base, src, offset, imm: 0 }),
    storeImm: (base, offset, value) =>
      emit({ opcode: CLASS_ST | size, dst: base, src: 0, offset, imm: checked(value) }),
    loadAcquire: (dst, base, offset) => emit({ opcode: MODE_ATOMIC | size, dst, src: base, offset, imm: 0x100 }),
    storeRelease: (base, offset, src) => emit({ opcode: MODE_ATOMIC | size, dst: base, src, offset, imm: 0x110 }),
  };
}

function signedAccess(size: number): SignedAccess {
  return {
    ...access(size),
    loadSigned: (dst, base, offset) => emit({ opcode: CLASS_LDX_SIGNED | size, dst, src: base, offset, imm: 0 }),
  };
}

function atomicAccess(size: number): Omit<AtomicAccess, keyof MemoryAccess> {
  const operation =
    (imm: number): AtomicAccess["atomicAdd"] =>
    (base, offset, src) =>
      emit({ opcode: MODE_ATOMIC | size, dst: base, src, offset, imm });
  return {
    atomicAdd: operation(0x00),
    atomicOr: operation(0x40),
    atomicAnd: operation(0x50),
    atomicXor: operation(0xa0),
    fetchAdd: operation(0x00 | FETCH),
    fetchOr: operation(0x40 | FETCH),
    fetchAnd: operation(0x50 | FETCH),
    fetchXor: operation(0xa0 | FETCH),
    exchange: operation(0xe0 | FETCH),
    compareExchange: operation(0xf0 | FETCH),
  };
}

export const byte: SignedAccess = signedAccess(SIZE_BYTE);
export const half: SignedAccess = signedAccess(SIZE_HALF);
export const word: SignedAccess & AtomicAccess = { ...signedAccess(SIZE_WORD), ...atomicAccess(SIZE_WORD) };
export const double: AtomicAccess = { ...access(SIZE_DOUBLE), ...atomicAccess(SIZE_DOUBLE) };

/** The second source of a 64-bit immediate load says what its immediate is. */
const OPCODE_WIDE = 0x18;
const PSEUDO_MAP = 1;
const PSEUDO_MAP_VALUE = 2;
const PSEUDO_BTF_ID = 3;
const PSEUDO_FUNCTION = 4;

/** `dst = value`, all 64 bits, with or without a sign. Throws `AssemblyError` for more. */
export function loadImm64(dst: Register, value: bigint): Instruction {
  const bits = BigInt.asUintN(64, value);
  if (value !== bits && value !== BigInt.asIntN(64, value)) throw new AssemblyError(`${value} does not fit 64 bits`);
  const low = Number(BigInt.asIntN(32, bits));
  return emit({ opcode: OPCODE_WIDE, dst, src: 0, offset: 0, imm: low, high: Number(BigInt.asIntN(32, bits >> 32n)) });
}

/** `dst` becomes the map called `name`, as helpers take it. */
export function loadMap(dst: Register, name: string): Instruction {
  return emit({
    opcode: OPCODE_WIDE,
    dst,
    src: PSEUDO_MAP,
    offset: 0,
    imm: 0,
    high: 0,
    reference: { kind: "map", name },
  });
}

/** `dst` becomes the address of byte `offset` of an array map's first value. */
export function loadMapValue(dst: Register, name: string, offset = 0): Instruction {
  const reference = { kind: "map-value", name, offset } as const;
  return emit({ opcode: OPCODE_WIDE, dst, src: PSEUDO_MAP_VALUE, offset: 0, imm: 0, high: offset, reference });
}

/** `dst` becomes the address of a kernel variable, by its name in the kernel's BTF. */
export function loadKernelVariable(dst: Register, name: string): Instruction {
  const reference = { kind: "ksym", name } as const;
  return emit({ opcode: OPCODE_WIDE, dst, src: PSEUDO_BTF_ID, offset: 0, imm: 0, high: 0, reference });
}

/** `dst` becomes the address of a function of this program, for helpers that call back. */
export function loadFunction(dst: Register, target: string): Instruction {
  const reference = { kind: "far-label", name: target } as const;
  return emit({ opcode: OPCODE_WIDE, dst, src: PSEUDO_FUNCTION, offset: 0, imm: 0, high: 0, reference });
}
