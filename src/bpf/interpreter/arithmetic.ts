import type { Instruction } from "../instruction.js";

const CLASS_ALU64 = 0x07;
const SOURCE_REGISTER = 0x08;
const CODE_END = 0xd0;

const unsigned = (bits: number, value: bigint): bigint => BigInt.asUintN(bits, value);
const signed = (bits: number, value: bigint): bigint => BigInt.asIntN(bits, value);

/** Turns the order of the low `bits / 8` bytes of a number around. */
function swapped(value: bigint, bits: number): bigint {
  let result = 0n;
  for (let i = 0; i < bits; i += 8) result = (result << 8n) | ((value >> BigInt(i)) & 0xffn);
  return result;
}

function quotient(a: bigint, b: bigint, bits: number, isSigned: boolean): bigint {
  if (b === 0n) return 0n;
  return isSigned ? signed(bits, a) / signed(bits, b) : a / b;
}

function remainder(a: bigint, b: bigint, bits: number, isSigned: boolean): bigint {
  if (b === 0n) return a;
  return isSigned ? signed(bits, a) % signed(bits, b) : a % b;
}

/** The result of an operation on numbers of `bits`, not yet cut to them; undefined for a code that means nothing. */
function operate(code: number, a: bigint, b: bigint, bits: number, offset: number): bigint | undefined {
  const amount = b & BigInt(bits - 1);
  switch (code) {
    case 0x00:
      return a + b;
    case 0x10:
      return a - b;
    case 0x20:
      return a * b;
    case 0x30:
      return quotient(a, b, bits, offset === 1);
    case 0x40:
      return a | b;
    case 0x50:
      return a & b;
    case 0x60:
      return a << amount;
    case 0x70:
      return a >> amount;
    case 0x80:
      return -a;
    case 0x90:
      return remainder(a, b, bits, offset === 1);
    case 0xa0:
      return a ^ b;
    case 0xb0:
      return offset === 0 ? b : signed(offset, b);
    case 0xc0:
      return signed(bits, a) >> amount;
    default:
      return undefined;
  }
}

function byteOrder({ opcode, imm }: Instruction, value: bigint): bigint {
  const cut = unsigned(imm, value);
  const isSwap = (opcode & 0x07) === CLASS_ALU64 || (opcode & SOURCE_REGISTER) !== 0;
  return isSwap ? swapped(cut, imm) : cut;
}

/** What an arithmetic instruction makes of its operands (of which `right` is the register or the sign-extended immediate), unsigned 64 bits. */
export function compute(ins: Instruction, left: bigint, right: bigint): bigint | undefined {
  const code = ins.opcode & 0xf0;
  if (code === CODE_END) return byteOrder(ins, left);
  const bits = (ins.opcode & 0x07) === CLASS_ALU64 ? 64 : 32;
  const result = operate(code, unsigned(bits, left), unsigned(bits, right), bits, ins.offset);
  return result === undefined ? undefined : unsigned(bits, result);
}

/** Whether a comparison holds; undefined for a code that means nothing. */
export function holds(opcode: number, left: bigint, right: bigint): boolean | undefined {
  const bits = (opcode & 0x07) === 0x05 ? 64 : 32;
  const [a, b] = [unsigned(bits, left), unsigned(bits, right)];
  const [x, y] = [signed(bits, left), signed(bits, right)];
  switch (opcode & 0xf0) {
    case 0x10:
      return a === b;
    case 0x20:
      return a > b;
    case 0x30:
      return a >= b;
    case 0x40:
      return (a & b) !== 0n;
    case 0x50:
      return a !== b;
    case 0x60:
      return x > y;
    case 0x70:
      return x >= y;
    case 0xa0:
      return a < b;
    case 0xb0:
      return a <= b;
    case 0xc0:
      return x < y;
    case 0xd0:
      return x <= y;
    default:
      return undefined;
  }
}

/** What an atomic update leaves in memory; undefined for a code that means nothing. */
export function update(code: number, old: bigint, operand: bigint): bigint | undefined {
  switch (code & ~1) {
    case 0x00:
      return old + operand;
    case 0x40:
      return old | operand;
    case 0x50:
      return old & operand;
    case 0xa0:
      return old ^ operand;
    case 0xe0:
      return operand;
    default:
      return undefined;
  }
}
