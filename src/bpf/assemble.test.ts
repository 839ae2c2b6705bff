import { describe, expect, it } from "vitest";
import { add, mov, mov32, toBigEndian } from "./alu.js";
import { assemble } from "./assemble.js";
import { callHelper, callKernel, exit, jump, jumpEqual, jumpGreater } from "./control.js";
import { label, type ProgramItem } from "./instruction.js";
import { byte, double, half, loadImm64, loadMap, loadMapValue, word } from "./memory.js";
import { r0, r1, r2, r6, r10 } from "./registers.js";

/** Slots as hex, 8 bytes each. */
const code = (items: ProgramItem[], symbols = {}): string[] =>
  Buffer.from(assemble(items, symbols)).toString("hex").match(/.{16}/g) ?? [];

describe("eBPF assembler", () => {
  // Encodings from RFC 9669: opcode, registers (src high nibble), offset, immediate.
  it("encodes each kind of instruction", () => {
    expect(code([mov.imm(r1, 22)])).toEqual(["b701000016000000"]);
    expect(code([mov.imm(r1, -1)])).toEqual(["b7010000ffffffff"]);
    expect(code([mov.reg(r6, r1), mov32.reg(r2, r1)])).toEqual(["bf16000000000000", "bc12000000000000"]);
    expect(code([add.imm(r2, 8), add.reg(r2, r1)])).toEqual(["0702000008000000", "0f12000000000000"]);
    expect(code([toBigEndian(r1, 16)])).toEqual(["dc01000010000000"]);
    expect(code([word.load(r0, r6, 40), double.load(r0, r6, -8)])).toEqual(["6160280000000000", "7960f8ff00000000"]);
    expect(code([half.store(r10, -4, r1), byte.storeImm(r10, -5, 3)])).toEqual([
      "6b1afcff00000000",
      "720afbff03000000",
    ]);
    expect(code([double.atomicAdd(r1, 8, r2), word.exchange(r1, 0, r2)])).toEqual([
      "db21080000000000",
      "c3210000e1000000",
    ]);
    expect(code([callHelper(198), exit()])).toEqual(["85000000c6000000", "9500000000000000"]);
    expect(code([loadImm64(r1, 0x1122334455667788n)])).toEqual(["1801000088776655", "0000000044332211"]);
  });

  it("puts descriptors and ids in the place of names", () => {
    const symbols = { maps: { ring: 19 }, kernelFunctions: { bpf_dynptr_copy: 63850 } };
    expect(code([loadMap(r1, "ring")], symbols)).toEqual(["1811000013000000", "0000000000000000"]);
    expect(code([loadMapValue(r1, "ring", 16)], symbols)).toEqual(["1821000013000000", "0000000010000000"]);
    expect(code([callKernel("bpf_dynptr_copy")], symbols)).toEqual(["852000006af90000"]);
    expect(() => code([loadMap(r1, "other")], symbols)).toThrow("map other is not known");
    expect(() => code([callKernel("none")])).toThrow("kfunc none is not known");
  });

  it("counts jumps in slots, a wide instruction being two", () => {
    const items = [
      label("top"),
      jumpEqual.imm(r0, 0, "end"),
      loadMap(r1, "ring"),
      jumpGreater.reg(r1, r2, "top"),
      jump("end"),
      label("end"),
      exit(),
    ];
    const slots = code(items, { maps: { ring: 1 } });
    expect([slots[0], slots[3], slots[4]]).toEqual(["1500040000000000", "2d21fcff00000000", "0500000000000000"]);
  });

  it("refuses labels that are missing, double or too far", () => {
    expect(() => code([jump("nowhere")])).toThrow("label nowhere is not set");
    expect(() => code([label("a"), label("a")])).toThrow("label a is set twice");
    const far = [jump("end"), ...Array.from({ length: 32768 }, () => mov.imm(r0, 0)), label("end"), exit()];
    expect(() => code(far)).toThrow("label end is too far");
    expect(code([jump("end"), ...far.slice(2)])[0]).toBe("0500ff7f00000000");
  });
});
