import { helperName } from "./helpers.js";
import type { Instruction } from "./instruction.js";

const CLASS_JMP = 0x05;
const SOURCE_REGISTER = 0x08;

const comparisons: Readonly<Record<number, string>> = {
  16: "==",
  32: ">",
  48: ">=",
  64: "&",
  80: "!=",
  96: "s>",
  112: "s>=",
  160: "<",
  176: "<=",
  192: "s<",
  208: "s<=",
};

const signed = (value: number): string => `${value < 0 ? "" : "+"}${value}`;

function formatCall({ src, imm, reference }: Instruction): string | undefined {
  if (src === 0) return `call ${helperName(imm) ?? "unknown"}#${imm}`;
  if (src === 1) return `call pc${signed(imm)}`;
  if (src === 2) return reference?.kind === "kfunc" ? `call ${reference.name}` : `call kernel-function#${imm}`;
  return undefined;
}

/** The notation of a jump, call or end, undefined where there is no such one. */
export function formatJump(ins: Instruction): string | undefined {
  const { opcode, dst, src, offset, imm } = ins;
  if (opcode === 0x05) return `goto pc${signed(offset)}`;
  if (opcode === 0x06) return `gotol pc${signed(imm)}`;
  if (opcode === 0xe5) return src === 0 ? `may_goto pc${signed(offset)}` : undefined;
  if (opcode === 0x85) return formatCall(ins);
  if (opcode === 0x95) return "exit";
  const comparison = comparisons[opcode & 0xf0];
  if (comparison === undefined) return undefined;
  const r = (opcode & 0x07) === CLASS_JMP ? "r" : "w";
  const right = (opcode & SOURCE_REGISTER) === 0 ? `0x${(imm >>> 0).toString(16)}` : `${r}${src}`;
  return `if ${r}${dst} ${comparison} ${right} goto pc${signed(offset)}`;
}
