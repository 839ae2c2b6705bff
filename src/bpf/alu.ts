import { anyImmediate, emit, type Instruction, signedImmediate } from "./instruction.js";
import type { Register } from "./registers.js";

/** Builders of one arithmetic operation: with an immediate (sign-extended 32 bits) or a register as the source. */
export interface AluOperation {
  imm(dst: Register, value: number): Instruction;
  reg(dst: Register, src: Register): Instruction;
}

const CLASS_ALU32 = 0x04;
const CLASS_ALU64 = 0x07;
const SOURCE_REGISTER = 0x08;
const CODE_NEG = 0x80;
const CODE_MOV = 0xb0;
const CODE_END = 0xd0;

function operation(code: number, instructionClass: number, offset = 0): AluOperation {
  const checked = instructionClass === CLASS_ALU64 ? signedImmediate : anyImmediate;
  return {
    imm: (dst, value) => emit({ opcode: code | instructionClass, dst, src: 0, offset, imm: checked(value) }),
    reg: (dst, src) => emit({ opcode: code | SOURCE_REGISTER | instructionClass, dst, src, offset, imm: 0 }),
  };
}

/** The divisions are unsigned; by zero they give 0, and remainders the dividend. The signed ones came with Linux 6.6. */
const SIGNED = 1;

export const add: AluOperation = operation(0x00, CLASS_ALU64);
export const sub: AluOperation = operation(0x10, CLASS_ALU64);
export const mul: AluOperation = operation(0x20, CLASS_ALU64);
export const div: AluOperation = operation(0x30, CLASS_ALU64);
export const signedDiv: AluOperation = operation(0x30, CLASS_ALU64, SIGNED);
export const or: AluOperation = operation(0x40, CLASS_ALU64);
export const and: AluOperation = operation(0x50, CLASS_ALU64);
export const shiftLeft: AluOperation = operation(0x60, CLASS_ALU64);
export const shiftRight: AluOperation = operation(0x70, CLASS_ALU64);
export const mod: AluOperation = operation(0x90, CLASS_ALU64);
export const signedMod: AluOperation = operation(0x90, CLASS_ALU64, SIGNED);
export const xor: AluOperation = operation(0xa0, CLASS_ALU64);
export const mov: AluOperation = operation(CODE_MOV, CLASS_ALU64);
/** Shifts to the right and fills up with the sign. */
export const shiftRightSigned: AluOperation = operation(0xc0, CLASS_ALU64);

/** Those on 32 bits clear the upper half of the destination. */
export const add32: AluOperation = operation(0x00, CLASS_ALU32);
export const sub32: AluOperation = operation(0x10, CLASS_ALU32);
export const mul32: AluOperation = operation(0x20, CLASS_ALU32);
export const div32: AluOperation = operation(0x30, CLASS_ALU32);
export const signedDiv32: AluOperation = operation(0x30, CLASS_ALU32, SIGNED);
export const or32: AluOperation = operation(0x40, CLASS_ALU32);
export const and32: AluOperation = operation(0x50, CLASS_ALU32);
export const shiftLeft32: AluOperation = operation(0x60, CLASS_ALU32);
export const shiftRight32: AluOperation = operation(0x70, CLASS_ALU32);
export const mod32: AluOperation = operation(0x90, CLASS_ALU32);
export const signedMod32: AluOperation = operation(0x90, CLASS_ALU32, SIGNED);
export const xor32: AluOperation = operation(0xa0, CLASS_ALU32);
/** Moves 32 bits and clears the upper half of the destination. */
export const mov32: AluOperation = operation(CODE_MOV, CLASS_ALU32);
export const shiftRightSigned32: AluOperation = operation(0xc0, CLASS_ALU32);

/** `dst = -dst`. */
export function negate(dst: Register): Instruction {
  return emit({ opcode: CODE_NEG | CLASS_ALU64, dst, src: 0, offset: 0, imm: 0 });
}

/** `dst = -dst` on 32 bits. */
export function negate32(dst: Register): Instruction {
  return emit({ opcode: CODE_NEG | CLASS_ALU32, dst, src: 0, offset: 0, imm: 0 });
}

/** Moves the low `bits` of `src` with their sign extended to 64 bits (Linux 6.6). */
export function movSigned(dst: Register, src: Register, bits: 8 | 16 | 32): Instruction {
  return emit({ opcode: CODE_MOV | SOURCE_REGISTER | CLASS_ALU64, dst, src, offset: bits, imm: 0 });
}

/** Moves the low `bits` of `src` with their sign extended to 32 bits and clears the upper half (Linux 6.6). */
export function movSigned32(dst: Register, src: Register, bits: 8 | 16): Instruction {
  return emit({ opcode: CODE_MOV | SOURCE_REGISTER | CLASS_ALU32, dst, src, offset: bits, imm: 0 });
}

/** Turns the low `bits` of a register into network byte order (or back) and clears the rest. */
export function toBigEndian(dst: Register, bits: 16 | 32 | 64): Instruction {
  return emit({ opcode: CODE_END | SOURCE_REGISTER | CLASS_ALU32, dst, src: 0, offset: 0, imm: bits });
}

/** Turns the low `bits` of a register into little-endian order (or back) and clears the rest. */
export function toLittleEndian(dst: Register, bits: 16 | 32 | 64): Instruction {
  return emit({ opcode: CODE_END | CLASS_ALU32, dst, src: 0, offset: 0, imm: bits });
}

/** Turns the order of the low `bits / 8` bytes around, whatever the machine's is, and clears the rest (Linux 6.6). */
export function swapBytes(dst: Register, bits: 16 | 32 | 64): Instruction {
  return emit({ opcode: CODE_END | CLASS_ALU64, dst, src: 0, offset: 0, imm: bits });
}
