import { describe, expect, it } from "vitest";
import { add, mov, mul } from "../alu.js";
import { callFunction, callHelper, callKernel, exit, jump, jumpGreater, jumpNotEqual, mayGoto } from "../control.js";
import { helper } from "../helpers.js";
import { label, type ProgramItem } from "../instruction.js";
import { mapType } from "../map-spec.js";
import { byte, double, loadFunction, loadMap, word } from "../memory.js";
import { r0, r1, r2, r3, r4, r6, r7, r8, r10 } from "../registers.js";
import { withSources } from "../source-place.js";
import { ExecutionError, Machine, type MachineSettings } from "./machine.js";
import { Skb } from "./skb.js";
import { ProgramMap } from "./target-map.js";
import { XdpFrame } from "./xdp-frame.js";

const run = (items: ProgramItem[], settings?: MachineSettings): bigint =>
  new Machine(settings).run(items, new Skb(new Uint8Array(64)));

describe("the machine", () => {
  it("gives a function its own stack and registers, and the caller's back", () => {
    const items = [
      mov.imm(r6, 5),
      double.storeImm(r10, -8, 7),
      mov.imm(r1, 3),
      callFunction("triple"),
      add.reg(r0, r6),
      double.load(r2, r10, -8),
      add.reg(r0, r2),
      exit(),
      label("triple"),
      mov.imm(r6, 100),
      double.storeImm(r10, -8, 100),
      mov.reg(r0, r1),
      mul.imm(r0, 3),
      exit(),
    ];
    expect(run(items)).toBe(9n + 5n + 7n);
    expect(() => run([mov.imm(r6, 1), callFunction("f"), exit(), label("f"), mov.reg(r0, r6), exit()])).toThrow(
      "r6 has no value",
    );
    expect(() =>
      run([mov.imm(r1, 1), callFunction("f"), mov.reg(r0, r1), exit(), label("f"), mov.imm(r0, 0), exit()]),
    ).toThrow("r1 has no value");
  });

  it("lets functions call only so deeply, and no address of a stack live on", () => {
    expect(() => run([label("f"), callFunction("f"), exit()])).toThrow("calls functions too deeply");
    const items = [
      callFunction("f"),
      double.load(r0, r0, 0),
      exit(),
      label("f"),
      double.storeImm(r10, -8, 1),
      mov.reg(r0, r10),
      add.imm(r0, -8),
      exit(),
    ];
    expect(() => run(items)).toThrow("an address of the stack, which belongs to a function that has returned");
  });

  it("calls back", () => {
    const items = [
      mov.imm(r1, 5),
      loadFunction(r2, "each"),
      double.storeImm(r10, -8, 0),
      mov.reg(r3, r10),
      add.imm(r3, -8),
      mov.imm(r4, 0),
      callHelper(helper.loop),
      double.load(r1, r10, -8),
      mul.imm(r0, 100),
      add.reg(r0, r1),
      exit(),
      label("each"),
      double.load(r3, r2, 0),
      add.reg(r3, r1),
      double.store(r2, 0, r3),
      mov.imm(r0, 0),
      jumpNotEqual.imm(r1, 3, "on"),
      mov.imm(r0, 1),
      label("on"),
      exit(),
    ];
    // Called with 0 to 3, of which the last says that it is enough.
    expect(run(items)).toBe(406n);
  });

  it("goes on with another program, 33 times at most", () => {
    const machine = new Machine({
      maps: [{ name: "programs", type: mapType.progArray, keySize: 4, valueSize: 4, entries: 4 }],
    });
    const call = (index: number): ProgramItem[] => [
      loadMap(r2, "programs"),
      mov.imm(r3, index),
      callHelper(helper.tailCall),
    ];
    const skb = new Skb(new Uint8Array(64));
    machine
      .map("programs", ProgramMap)
      .set(1, [word.load(r0, r1, 8), add.imm(r0, 1), word.store(r1, 8, r0), ...again()]);
    function again(): ProgramItem[] {
      return [mov.reg(r6, r1), ...call(1), mov.imm(r0, 77), exit()];
    }
    expect(machine.run([...call(1), mov.imm(r0, 1), exit()], skb)).toBe(77n);
    expect(skb.mark).toBe(33);
    expect(machine.run([...call(2), mov.imm(r0, 1), exit()], skb)).toBe(1n);
    expect(() => machine.run([mov.imm(r6, 1), ...call(3), mov.reg(r0, r1), exit()], skb)).toThrow("r1 has no value");
  });

  it("stops what never ends", () => {
    expect(() => run([label("a"), jump("a")], { stepLimit: 100 })).toThrow("takes too many steps");
    const loop = [mov.imm(r0, 0), label("top"), mayGoto("out"), add.imm(r0, 1), jump("top"), label("out"), exit()];
    expect(run(loop, { mayGotoLimit: 1000 })).toBe(1000n);
  });

  it("says where in the source it went wrong", () => {
    const items = withSources(() => [word.load(r2, r1, 76), byte.load(r0, r2, 64), exit()]);
    try {
      run(items);
      expect.unreachable();
    } catch (error) {
      expect(error).toBeInstanceOf(ExecutionError);
      expect(error).toMatchObject({ slot: 1 });
      expect((error as Error).message).toMatch(
        /^instruction 1, r0 = \*\(u8 \*\)\(r2 \+64\): reads 1 bytes at the packet\+64, of 64 bytes, emitted at machine\.test\.ts:\d+/,
      );
    }
  });

  it("takes time and chance from the test", () => {
    const settings = { now: () => 8_000_000n, random: () => 42 };
    expect(run([callHelper(helper.ktimeGetNs), exit()], settings)).toBe(8_000_000n);
    expect(run([callHelper(helper.jiffies64), exit()], settings)).toBe(2n);
    expect(run([callHelper(helper.getPrandomU32), exit()], settings)).toBe(42n);
    expect(
      run([callHelper(helper.ktimeGetNs), exit()], { ...settings, helpers: { [helper.ktimeGetNs]: () => 5n } }),
    ).toBe(5n);
  });

  it.each<[string, ProgramItem[], string]>([
    ["a helper that is not interpreted", [callHelper(helper.fibLookup), exit()], "bpf_fib_lookup is not interpreted"],
    ["a kernel function that nobody gave", [callKernel("bpf_none"), exit()], "bpf_none is not interpreted"],
    ["a map that nobody gave", [loadMap(r1, "none"), exit()], "map none is not known"],
    [
      "a context's word that is no field",
      [word.load(r0, r1, 191), exit()],
      "reads 4 bytes at __sk_buff+191, of 192 bytes",
    ],
    ["half of a context's address", [byte.load(r0, r1, 76), exit()], "which is no field"],
    [
      "a context's word that is read-only",
      [word.storeImm(r1, 16, 0), exit()],
      "writes 4 bytes at __sk_buff+16, which is read-only",
    ],
    ["the frame pointer", [mov.imm(r10, 0), exit()], "r10 is read-only"],
    ["a verdict that nobody set", [exit()], "r0 has no value"],
    ["a jump to where no program is", [mov.imm(r0, 0)], "is no instruction"],
    [
      "an opcode that is none",
      [mov.imm(r0, 0), { opcode: 0xf7, dst: r0, src: 0, offset: 0, imm: 0 }, exit()],
      "is no instruction",
    ],
    [
      "a 32-bit address",
      [word.load(r7, r1, 76), { opcode: 0xbc, dst: r8, src: 7, offset: 0, imm: 0 }, byte.load(r0, r8, 0), exit()],
      "reads 1 bytes at a null pointer",
    ],
    [
      "a helper of other hooks",
      [mov.imm(r2, 4), callHelper(helper.xdpAdjustHead), exit()],
      "this wants a program that runs on XdpFrame",
    ],
  ])("refuses %s", (_what, items, message) => {
    expect(() => run(items)).toThrow(message);
  });

  it("runs XDP programs", () => {
    const items = [
      mov.reg(r6, r1),
      mov.imm(r2, 4),
      callHelper(helper.xdpAdjustHead),
      word.load(r2, r6, 0),
      word.load(r3, r6, 4),
      mov.reg(r4, r2),
      add.imm(r4, 14),
      mov.imm(r0, 1),
      jumpGreater.reg(r4, r3, "end"),
      byte.storeImm(r2, 0, 0xee),
      mov.imm(r0, 2),
      label("end"),
      exit(),
    ];
    const frame = new XdpFrame(Uint8Array.from({ length: 60 }, (_, i) => i));
    expect(new Machine().run(items, frame)).toBe(2n);
    expect([...frame.bytes.subarray(0, 3)]).toEqual([0xee, 5, 6]);
    expect(frame.bytes).toHaveLength(56);
    expect([frame.headroom, frame.tailroom]).toEqual([260, 320]);
    expect(new Machine().run([mov.imm(r1, 9), mov.imm(r2, 0), callHelper(helper.redirect), exit()], frame)).toBe(4n);
    expect(frame.target).toEqual({ ifindex: 9 });
  });
});
