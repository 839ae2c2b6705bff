import type { Instruction } from "./instruction.js";

const unsignedTypes: Readonly<Record<number, string>> = { 0: "u32", 8: "u16", 16: "u8", 24: "u64" };
const SIZE_DOUBLE = 0x18;
const MODE = 0xe0;
const MODE_MEMORY = 0x60;
const MODE_SIGNED = 0x80;
const MODE_ATOMIC = 0xc0;
const LOAD_ACQUIRE = 0x100;
const STORE_RELEASE = 0x110;

function place(type: string, base: number, offset: number): string {
  return `(${type} *)(r${base} ${offset < 0 ? "" : "+"}${offset})`;
}

/** The notation of a load from memory, undefined where there is no such one. */
export function formatLoad({ opcode, dst, src, offset }: Instruction): string | undefined {
  const type = unsignedTypes[opcode & 0x18]!;
  if ((opcode & MODE) === MODE_MEMORY) return `r${dst} = *${place(type, src, offset)}`;
  if ((opcode & MODE) !== MODE_SIGNED || (opcode & 0x18) === SIZE_DOUBLE) return undefined;
  return `r${dst} = *${place(type.replace("u", "s"), src, offset)}`;
}

const updates: Readonly<Record<number, readonly [operator: string, name: string]>> = {
  0: ["+=", "add"],
  64: ["|=", "or"],
  80: ["&=", "and"],
  160: ["^=", "xor"],
};

function formatAtomic({ opcode, dst, src, offset, imm }: Instruction): string | undefined {
  const type = unsignedTypes[opcode & 0x18]!;
  if (imm === LOAD_ACQUIRE) return `r${dst} = load_acquire(${place(type, src, offset)})`;
  const at = place(type, dst, offset);
  if (imm === STORE_RELEASE) return `store_release(${at}, r${src})`;
  if (type !== "u32" && type !== "u64") return undefined;
  const atomic = type === "u64" ? "atomic64" : "atomic";
  if (imm === 0xe1) return `r${src} = ${atomic}_xchg(${at}, r${src})`;
  if (imm === 0xf1) return `r0 = ${atomic}_cmpxchg(${at}, r0, r${src})`;
  const update = updates[imm & ~1];
  if (!update) return undefined;
  return (imm & 1) === 0
    ? `lock *${at} ${update[0]} r${src}`
    : `r${src} = ${atomic}_fetch_${update[1]}(${at}, r${src})`;
}

/** The notation of a store of a register or an immediate, or of an atomic operation; undefined where there is no such one. */
export function formatStore(ins: Instruction): string | undefined {
  const { opcode, dst, src, offset, imm } = ins;
  const fromRegister = (opcode & 0x07) === 3;
  if ((opcode & MODE) === MODE_ATOMIC && fromRegister) return formatAtomic(ins);
  if ((opcode & MODE) !== MODE_MEMORY) return undefined;
  return `*${place(unsignedTypes[opcode & 0x18]!, dst, offset)} = ${fromRegister ? `r${src}` : imm}`;
}

/** The notation of a 64-bit immediate load, undefined where there is no such one. */
export function formatWide({ opcode, dst, src, imm, high = 0, reference }: Instruction): string | undefined {
  if (opcode !== 0x18) return undefined;
  const number = (BigInt(high >>> 0) << 32n) | BigInt(imm >>> 0);
  const name = reference && reference.kind !== "label" ? reference.name : undefined;
  switch (src) {
    case 0:
      return `r${dst} = 0x${number.toString(16)}`;
    case 1:
      return `r${dst} = map[${name ?? `fd:${imm}`}]`;
    case 2:
      return `r${dst} = map[${name ?? `fd:${imm}`}][0]+${high >>> 0}`;
    case 3:
      return `r${dst} = ksym[${name ?? `btf:${imm}`}]`;
    case 4:
      return `r${dst} = subprog[${imm < 0 ? "" : "+"}${imm}]`;
    case 5:
      return `r${dst} = map[idx:${imm}]`;
    case 6:
      return `r${dst} = map[idx:${imm}][0]+${high >>> 0}`;
    default:
      return undefined;
  }
}
