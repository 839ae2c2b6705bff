import { formatAlu } from "./format-alu.js";
import { formatJump } from "./format-jump.js";
import { formatLoad, formatStore, formatWide } from "./format-memory.js";
import type { Instruction, ProgramItem } from "./instruction.js";
import { place } from "./place.js";

/** An instruction without a notation: `.insn` and its parts. */
function formatUnknown(ins: Instruction): string {
  const parts = [ins.opcode, ins.dst, ins.src, ins.offset, ins.imm];
  return `.insn ${parts.join(" ")}`;
}

/** The instruction's notation, undefined where the specification has no such one. */
function notation(ins: Instruction): string | undefined {
  switch (ins.opcode & 0x07) {
    case 0:
      return formatWide(ins);
    case 1:
      return formatLoad(ins);
    case 2:
    case 3:
      return formatStore(ins);
    case 4:
    case 7:
      return formatAlu(ins);
    default:
      return formatJump(ins);
  }
}

/**
 * One instruction as the kernel's verifier and bpftool write it, `r1 = *(u32 *)(r2 +8)`. Names that `assemble` has yet to replace stay names:
 * `r1 = map[ring]`, `call bpf_dynptr_copy`. One that the specification does not know is `.insn` and its numbers.
 */
export function formatInstruction(ins: Instruction): string {
  return notation(ins) ?? formatUnknown(ins);
}

/** `12: (61) r1 = *(u32 *)(r2 +8)`, as in the verifier's log; the opcode is in hexadecimal digits. */
function formatSlot(slot: number, ins: Instruction): string {
  return `${slot}: (${ins.opcode.toString(16).padStart(2, "0")}) ${formatInstruction(ins)}`;
}

/** A program as text, a line for each instruction and each label. Throws `AssemblyError` where a label is missing. */
export function disassemble(items: readonly ProgramItem[]): string {
  const slots = place(items);
  const lines: string[] = [];
  let at = 0;
  for (const item of items) {
    if ("label" in item) {
      lines.push(`${item.label}:`);
    } else {
      lines.push(`  ${formatSlot(at, slots[at]!)}`);
      at += item.high === undefined ? 1 : 2;
    }
  }
  return lines.join("\n");
}
