import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { WireError } from "#util/errors.js";
import { assemble } from "./assemble.js";
import { callFunction, callKernel, exit, jumpEqual } from "./control.js";
import { decodeProgram } from "./decode.js";
import { disassemble, formatInstruction } from "./disassemble.js";
import { type Instruction, label } from "./instruction.js";
import { loadFunction, loadKernelVariable, loadMap, loadMapValue } from "./memory.js";
import { type Register, r0, r1 } from "./registers.js";

const register = fc.nat(10) as fc.Arbitrary<Register>;
const narrow: fc.Arbitrary<Instruction> = fc.record({
  opcode: fc.nat(255).filter((opcode) => opcode !== 0x18),
  dst: register,
  src: register,
  offset: fc.integer({ min: -32768, max: 32767 }),
  imm: fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
});
const wide: fc.Arbitrary<Instruction> = fc.record({
  opcode: fc.constant(0x18),
  dst: register,
  src: register,
  offset: fc.integer({ min: -32768, max: 32767 }),
  imm: fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
  high: fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
});
const program: fc.Arbitrary<Instruction[]> = fc.array(fc.oneof(narrow, wide), { maxLength: 40 });

describe("decoding", () => {
  it("gives back what was assembled", () => {
    fc.assert(
      fc.property(program, (items) => {
        expect(decodeProgram(assemble(items))).toEqual(items);
      }),
      { seed: 7, numRuns: 500 },
    );
  });

  it("takes any bytes, which assemble again, or throws WireError", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
        try {
          expect(assemble(decodeProgram(bytes))).toEqual(bytes);
        } catch (error) {
          expect(error).toBeInstanceOf(WireError);
        }
      }),
      { seed: 8, numRuns: 2000 },
    );
  });

  it("refuses what is cut short, and registers that are none", () => {
    expect(() => decodeProgram(new Uint8Array(12))).toThrow("12 bytes are no whole instructions");
    expect(() => decodeProgram(Uint8Array.of(0xb7, 0x0b, 0, 0, 0, 0, 0, 0))).toThrow("slot 0: there is no register 11");
    expect(() => decodeProgram(Uint8Array.of(0x18, 0, 0, 0, 0, 0, 0, 0))).toThrow("lacks its second half");
  });
});

describe("the disassembler", () => {
  it("writes every instruction, and those that are none by their numbers", () => {
    fc.assert(
      fc.property(fc.oneof(narrow, wide), (ins) => {
        const { opcode, dst, src, offset, imm } = ins;
        const text = formatInstruction(ins);
        expect(text).not.toMatch(/undefined|NaN/);
        if (text.startsWith(".insn")) expect(text).toBe(`.insn ${opcode} ${dst} ${src} ${offset} ${imm}`);
      }),
      { seed: 9, numRuns: 3000 },
    );
    expect(formatInstruction({ opcode: 0xb7, dst: r1, src: 0, offset: 5, imm: 7 })).toBe(".insn 183 1 0 5 7");
  });

  it("keeps names that have no numbers yet", () => {
    const items = [
      loadMap(r1, "ring"),
      loadMapValue(r1, "state", 16),
      loadKernelVariable(r1, "runqueues"),
      loadFunction(r1, "end"),
      callKernel("bpf_dynptr_copy"),
      callFunction("end"),
      jumpEqual.imm(r0, -1, "end"),
      label("end"),
      exit(),
    ];
    expect(disassemble(items).split("\n")).toEqual([
      "  0: (18) r1 = map[ring]",
      "  2: (18) r1 = map[state][0]+16",
      "  4: (18) r1 = ksym[runqueues]",
      "  6: (18) r1 = subprog[+4]",
      "  8: (85) call bpf_dynptr_copy",
      "  9: (85) call pc+1",
      "  10: (15) if r0 == 0xffffffff goto pc+0",
      "end:",
      "  11: (95) exit",
    ]);
    const symbols = {
      maps: { ring: 3, state: 4 },
      kernelFunctions: { bpf_dynptr_copy: 99 },
      kernelVariables: { runqueues: 5 },
    };
    const numbered = decodeProgram(assemble(items, symbols)).map(formatInstruction);
    expect(numbered.slice(0, 5)).toEqual([
      "r1 = map[fd:3]",
      "r1 = map[fd:4][0]+16",
      "r1 = ksym[btf:5]",
      "r1 = subprog[+4]",
      "call kernel-function#99",
    ]);
  });
});
