import type { Instruction } from "./instruction.js";
import type { Register } from "./registers.js";

/** Builders of one arithmetic operation: with an immediate (sign-extended 32 bits) or a register as the source. */
export interface AluOperation {
  imm(dst: Register, value: number): Instruction;
  reg(dst: Register, src: Register): Instruction;
}

const CLASS_ALU32 = 0x04;
const CLASS_ALU64 = 0x07;
const SOURCE_REGISTER = 0x08;

function operation(code: number, instructionClass: number): AluOperation {
  return {
    imm: (dst, value) => ({ opcode: code | instructionClass, dst, src: 0, offset: 0, imm: value | 0 }),
    reg: (dst, src) => ({ opcode: code | SOURCE_REGISTER | instructionClass, dst, src, offset: 0, imm: 0 }),
  };
}

export const add: AluOperation = operation(0x00, CLASS_ALU64);
export const sub: AluOperation = operation(0x10, CLASS_ALU64);
export const mul: AluOperation = operation(0x20, CLASS_ALU64);
export const and: AluOperation = operation(0x50, CLASS_ALU64);
export const shiftRight: AluOperation = operation(0x70, CLASS_ALU64);
export const mov: AluOperation = operation(0xb0, CLASS_ALU64);
/** Moves 32 bits and clears the upper half of the destination. */
export const mov32: AluOperation = operation(0xb0, CLASS_ALU32);

/** Turns the low `bits` of a register into network byte order (or back) and clears the rest. */
export function toBigEndian(dst: Register, bits: 16 | 32 | 64): Instruction {
  return { opcode: 0xdc, dst, src: 0, offset: 0, imm: bits };
}
