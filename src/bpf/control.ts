import type { Instruction } from "./instruction.js";
import type { Register } from "./registers.js";

/** Builders of one comparison: jumps to a label when it holds, unsigned unless said. */
export interface Comparison {
  imm(left: Register, value: number, target: string): Instruction;
  reg(left: Register, right: Register, target: string): Instruction;
}

function comparison(code: number): Comparison {
  return {
    imm: (dst, value, name) => ({
      opcode: code | 0x05,
      dst,
      src: 0,
      offset: 0,
      imm: value | 0,
      reference: { kind: "label", name },
    }),
    reg: (dst, src, name) => ({
      opcode: code | 0x0d,
      dst,
      src,
      offset: 0,
      imm: 0,
      reference: { kind: "label", name },
    }),
  };
}

export const jumpEqual: Comparison = comparison(0x10);
export const jumpGreater: Comparison = comparison(0x20);
export const jumpNotEqual: Comparison = comparison(0x50);

/** Goes to a label. */
export function jump(target: string): Instruction {
  return { opcode: 0x05, dst: 0, src: 0, offset: 0, imm: 0, reference: { kind: "label", name: target } };
}

/** Calls a helper of the kernel by its number (`helpers.ts`). r1–r5 are lost, r0 is the result. */
export function callHelper(id: number): Instruction {
  return { opcode: 0x85, dst: 0, src: 0, offset: 0, imm: id };
}

/** Calls a kernel function that is open to BPF by its name in the kernel's BTF. */
export function callKernel(name: string): Instruction {
  return { opcode: 0x85, dst: 0, src: 2, offset: 0, imm: 0, reference: { kind: "kfunc", name } };
}

/** Ends the program; r0 is its verdict. */
export function exit(): Instruction {
  return { opcode: 0x95, dst: 0, src: 0, offset: 0, imm: 0 };
}
