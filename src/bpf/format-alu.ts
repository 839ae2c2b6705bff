import type { Instruction } from "./instruction.js";

const SOURCE_REGISTER = 0x08;
const CLASS_ALU64 = 0x07;
const ADDRESS_SPACE_CAST = 1;

const operators: Readonly<Record<number, string>> = {
  0: "+=",
  16: "-=",
  32: "*=",
  48: "/=",
  64: "|=",
  80: "&=",
  96: "<<=",
  112: ">>=",
  144: "%=",
  160: "^=",
  176: "=",
  192: "s>>=",
};
const CODE_DIV = 0x30;
const CODE_NEG = 0x80;
const CODE_MOD = 0x90;
const CODE_MOV = 0xb0;
const CODE_END = 0xd0;

function formatEnd({ opcode, dst, imm }: Instruction): string | undefined {
  if (imm !== 16 && imm !== 32 && imm !== 64) return undefined;
  if ((opcode & 0x07) === CLASS_ALU64) {
    return (opcode & SOURCE_REGISTER) === 0 ? `r${dst} = bswap${imm} r${dst}` : undefined;
  }
  return `r${dst} = ${(opcode & SOURCE_REGISTER) === 0 ? "le" : "be"}${imm} r${dst}`;
}

function formatMove({ opcode, dst, src, offset, imm }: Instruction): string | undefined {
  const wide = (opcode & 0x07) === CLASS_ALU64;
  const r = wide ? "r" : "w";
  if ((opcode & SOURCE_REGISTER) === 0) return offset === 0 ? `${r}${dst} = ${imm}` : undefined;
  if (wide && offset === ADDRESS_SPACE_CAST)
    return `r${dst} = addr_space_cast(r${src}, ${imm >>> 16}, ${imm & 0xffff})`;
  if (offset === 0) return `${r}${dst} = ${r}${src}`;
  return offset === 8 || offset === 16 || (wide && offset === 32) ? `${r}${dst} = (s${offset})${r}${src}` : undefined;
}

/** An arithmetic instruction's notation, undefined where there is no such one. */
export function formatAlu(ins: Instruction): string | undefined {
  const { opcode, dst, src, offset, imm } = ins;
  const code = opcode & 0xf0;
  const r = (opcode & 0x07) === CLASS_ALU64 ? "r" : "w";
  if (code === CODE_END) return formatEnd(ins);
  if (code === CODE_MOV) return formatMove(ins);
  if (code === CODE_NEG) return (opcode & SOURCE_REGISTER) === 0 ? `${r}${dst} = -${r}${dst}` : undefined;
  const operator = operators[code];
  if (operator === undefined) return undefined;
  const signed = offset === 1 && (code === CODE_DIV || code === CODE_MOD);
  if (offset !== 0 && !signed) return undefined;
  return `${r}${dst} ${signed ? "s" : ""}${operator} ${(opcode & SOURCE_REGISTER) === 0 ? imm : `${r}${src}`}`;
}
