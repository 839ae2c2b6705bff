import { anyImmediate, emit, type Instruction, signedImmediate } from "./instruction.js";
import type { Register } from "./registers.js";

/** Builders of one comparison: jumps to a label when it holds, unsigned unless said. */
export interface Comparison {
  imm(left: Register, value: number, target: string): Instruction;
  reg(left: Register, right: Register, target: string): Instruction;
}

const CLASS_JMP = 0x05;
const CLASS_JMP32 = 0x06;
const SOURCE_REGISTER = 0x08;

function comparison(code: number, instructionClass: number): Comparison {
  const checked = instructionClass === CLASS_JMP ? signedImmediate : anyImmediate;
  return {
    imm: (dst, value, name) =>
      emit({
        opcode: code | instructionClass,
        dst,
        src: 0,
        offset: 0,
        imm: checked(value),
        reference: { kind: "label", name },
      }),
    reg: (dst, src, name) =>
      emit({
        opcode: code | SOURCE_REGISTER | instructionClass,
        dst,
        src,
        offset: 0,
        imm: 0,
        reference: { kind: "label", name },
      }),
  };
}

export const jumpEqual: Comparison = comparison(0x10, CLASS_JMP);
export const jumpGreater: Comparison = comparison(0x20, CLASS_JMP);
export const jumpGreaterOrEqual: Comparison = comparison(0x30, CLASS_JMP);
/** Jumps where the two have a bit in common. */
export const jumpAnySet: Comparison = comparison(0x40, CLASS_JMP);
export const jumpNotEqual: Comparison = comparison(0x50, CLASS_JMP);
export const jumpSignedGreater: Comparison = comparison(0x60, CLASS_JMP);
export const jumpSignedGreaterOrEqual: Comparison = comparison(0x70, CLASS_JMP);
export const jumpLess: Comparison = comparison(0xa0, CLASS_JMP);
export const jumpLessOrEqual: Comparison = comparison(0xb0, CLASS_JMP);
export const jumpSignedLess: Comparison = comparison(0xc0, CLASS_JMP);
export const jumpSignedLessOrEqual: Comparison = comparison(0xd0, CLASS_JMP);

/** Those that compare the low 32 bits alone. */
export const jumpEqual32: Comparison = comparison(0x10, CLASS_JMP32);
export const jumpGreater32: Comparison = comparison(0x20, CLASS_JMP32);
export const jumpGreaterOrEqual32: Comparison = comparison(0x30, CLASS_JMP32);
export const jumpAnySet32: Comparison = comparison(0x40, CLASS_JMP32);
export const jumpNotEqual32: Comparison = comparison(0x50, CLASS_JMP32);
export const jumpSignedGreater32: Comparison = comparison(0x60, CLASS_JMP32);
export const jumpSignedGreaterOrEqual32: Comparison = comparison(0x70, CLASS_JMP32);
export const jumpLess32: Comparison = comparison(0xa0, CLASS_JMP32);
export const jumpLessOrEqual32: Comparison = comparison(0xb0, CLASS_JMP32);
export const jumpSignedLess32: Comparison = comparison(0xc0, CLASS_JMP32);
export const jumpSignedLessOrEqual32: Comparison = comparison(0xd0, CLASS_JMP32);

/** Goes to a label. */
export function jump(target: string): Instruction {
  return emit({ opcode: 0x05, dst: 0, src: 0, offset: 0, imm: 0, reference: { kind: "label", name: target } });
}

/** Goes to a label however far (`gotol`, Linux 6.6). */
export function jumpFar(target: string): Instruction {
  return emit({ opcode: 0x06, dst: 0, src: 0, offset: 0, imm: 0, reference: { kind: "far-label", name: target } });
}

/**
 * Goes on, or out of a loop to a label once the kernel finds that it runs too long (`may_goto`, Linux 6.9): so the verifier need not
 * see that the loop ends.
 */
export function mayGoto(target: string): Instruction {
  return emit({ opcode: 0xe5, dst: 0, src: 0, offset: 0, imm: 0, reference: { kind: "label", name: target } });
}

/** Calls a helper of the kernel by its number (`helpers.ts`). r1–r5 are lost, r0 is the result. */
export function callHelper(id: number): Instruction {
  return emit({ opcode: 0x85, dst: 0, src: 0, offset: 0, imm: id });
}

/** Calls a kernel function that is open to BPF by its name in the kernel's BTF. */
export function callKernel(name: string): Instruction {
  return emit({ opcode: 0x85, dst: 0, src: 2, offset: 0, imm: 0, reference: { kind: "kfunc", name } });
}

/** Calls a function of this program: a label behind an `exit`, from which its own `exit` comes back. It has r1–r5 and a stack of its own. */
export function callFunction(target: string): Instruction {
  return emit({ opcode: 0x85, dst: 0, src: 1, offset: 0, imm: 0, reference: { kind: "far-label", name: target } });
}

/** Ends the program, r0 being its verdict; or a function, r0 being its result. */
export function exit(): Instruction {
  return emit({ opcode: 0x95, dst: 0, src: 0, offset: 0, imm: 0 });
}
