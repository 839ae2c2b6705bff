import { WireError } from "#util/errors.js";
import type { Instruction } from "./instruction.js";
import type { Register } from "./registers.js";

const OPCODE_WIDE = 0x18;

function register(nibble: number, slot: number): Register {
  if (nibble > 10) throw new WireError(`slot ${slot}: there is no register ${nibble}`);
  return nibble as Register;
}

/**
 * The instructions of a program's bytes; `assemble` makes the same bytes of them. Whether the kernel knows them is not asked: an opcode
 * is a number. Throws `WireError` for bytes that are no whole slots, registers beyond r10 and wide instructions without a second half.
 */
export function decodeProgram(bytes: Uint8Array): Instruction[] {
  if (bytes.length % 8 !== 0) throw new WireError(`${bytes.length} bytes are no whole instructions`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const program: Instruction[] = [];
  for (let at = 0; at < bytes.length; at += 8) {
    const opcode = view.getUint8(at);
    const registers = view.getUint8(at + 1);
    const ins = {
      opcode,
      dst: register(registers & 0xf, at / 8),
      src: register(registers >> 4, at / 8),
      offset: view.getInt16(at + 2, true),
      imm: view.getInt32(at + 4, true),
    };
    if (opcode !== OPCODE_WIDE) {
      program.push(ins);
      continue;
    }
    at += 8;
    if (at === bytes.length || view.getUint32(at, true) !== 0) {
      throw new WireError(`slot ${at / 8 - 1}: a wide instruction lacks its second half`);
    }
    program.push({ ...ins, high: view.getInt32(at + 4, true) });
  }
  return program;
}
