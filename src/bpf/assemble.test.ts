import { describe, expect, it } from "vitest";
import * as alu from "./alu.js";
import { add, mov, mov32, toBigEndian } from "./alu.js";
import { assemble, compile, link } from "./assemble.js";
import {
  callFunction,
  callHelper,
  callKernel,
  exit,
  jump,
  jumpEqual,
  jumpFar,
  jumpGreater,
  jumpSignedLessOrEqual32,
  mayGoto,
} from "./control.js";
import { label, type ProgramItem } from "./instruction.js";
import {
  byte,
  double,
  half,
  loadFunction,
  loadImm64,
  loadKernelVariable,
  loadMap,
  loadMapValue,
  word,
} from "./memory.js";
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

  it("encodes what came later than the first instructions", () => {
    expect(code([alu.signedDiv.imm(r1, -3), alu.signedMod32.reg(r1, r2)])).toEqual([
      "37010100fdffffff",
      "9c21010000000000",
    ]);
    expect(code([alu.movSigned(r1, r2, 8), alu.movSigned32(r1, r2, 16)])).toEqual([
      "bf21080000000000",
      "bc21100000000000",
    ]);
    expect(code([alu.swapBytes(r1, 64), alu.toLittleEndian(r1, 32)])).toEqual(["d701000040000000", "d401000020000000"]);
    expect(code([alu.negate(r1), alu.negate32(r1), alu.shiftRightSigned.imm(r1, 3)])).toEqual([
      "8701000000000000",
      "8401000000000000",
      "c701000003000000",
    ]);
    expect(code([byte.loadSigned(r1, r10, -1), word.loadSigned(r1, r10, -4)])).toEqual([
      "91a1ffff00000000",
      "81a1fcff00000000",
    ]);
    expect(code([double.fetchAdd(r1, 0, r2), word.compareExchange(r1, 4, r2)])).toEqual([
      "db21000001000000",
      "c3210400f1000000",
    ]);
    expect(code([half.loadAcquire(r1, r2, 0), byte.storeRelease(r1, 0, r2)])).toEqual([
      "cb21000000010000",
      "d321000010010000",
    ]);
    const items = [
      label("top"),
      jumpSignedLessOrEqual32.imm(r1, 0xffffffff, "top"),
      mayGoto("end"),
      jumpFar("top"),
      callFunction("end"),
      loadFunction(r1, "end"),
      label("end"),
      exit(),
    ];
    expect(code(items)).toEqual([
      "d601ffffffffffff",
      "e500040000000000",
      "06000000fdffffff",
      "8510000002000000",
      "1841000001000000",
      "0000000000000000",
      "9500000000000000",
    ]);
  });

  it("refuses numbers that the instruction would change", () => {
    expect(() => add.imm(r1, 0xffffffff)).toThrow("does not fit 32 bits with a sign: load it with loadImm64");
    expect(alu.add32.imm(r1, 0xffffffff).imm).toBe(-1);
    expect(() => alu.add32.imm(r1, 0x100000000)).toThrow("immediate 4294967296 does not fit 32 bits");
    expect(() => mov.imm(r1, 1.5)).toThrow("immediate 1.5 does not fit");
    expect(() => word.load(r1, r2, 32768)).toThrow("offset 32768 does not fit 16 bits");
    expect(() => loadImm64(r1, 1n << 64n)).toThrow("does not fit 64 bits");
  });

  it("keeps names until they have numbers", () => {
    const items = [loadMap(r1, "ring"), loadKernelVariable(r2, "runqueues"), callKernel("bpf_dynptr_copy"), exit()];
    const image = compile(items);
    expect(image.relocations).toEqual([
      { slot: 0, kind: "map", name: "ring" },
      { slot: 2, kind: "ksym", name: "runqueues" },
      { slot: 4, kind: "kfunc", name: "bpf_dynptr_copy" },
    ]);
    const symbols = { maps: { ring: 3 }, kernelFunctions: { bpf_dynptr_copy: 9 }, kernelVariables: { runqueues: 8 } };
    expect(link(image, symbols)).toEqual(assemble(items, symbols));
    expect(compile(items)).toEqual(image);
    expect(() => link(image, { maps: { ring: 3 } })).toThrow("ksym runqueues is not known");
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
    expect(() => code(far)).toThrow("label end is too far: 32768 slots on, and 16 bits reach 32767: use jumpFar");
    const turned = [jumpEqual.imm(r0, 0, "end"), ...far.slice(1)];
    expect(() => code(turned)).toThrow("turn the comparison around to skip a jumpFar");
    expect(code([jumpFar("end"), ...far.slice(1)])[0]).toBe("0600000000800000");
    expect(() => code([callFunction("nowhere")])).toThrow("function nowhere is not set");
    expect(code([jump("end"), ...far.slice(2)])[0]).toBe("0500ff7f00000000");
  });
});
