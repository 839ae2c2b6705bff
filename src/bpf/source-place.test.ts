import { describe, expect, it } from "vitest";
import * as alu from "./alu.js";
import * as control from "./control.js";
import type { Instruction } from "./instruction.js";
import * as memory from "./memory.js";
import { r0, r1, r2 } from "./registers.js";
import { formatSourcePlace, sourcePlaces, withSources } from "./source-place.js";

/** Every builder, called from here; the line of each is one after the other. */
const builders: (() => Instruction)[] = [
  () => alu.add.imm(r0, 1),
  () => alu.add32.reg(r0, r1),
  () => alu.negate(r0),
  () => alu.negate32(r0),
  () => alu.movSigned(r0, r1, 8),
  () => alu.movSigned32(r0, r1, 8),
  () => alu.toBigEndian(r0, 16),
  () => alu.toLittleEndian(r0, 16),
  () => alu.swapBytes(r0, 16),
  () => control.jumpEqual.imm(r0, 1, "a"),
  () => control.jumpEqual.reg(r0, r1, "a"),
  () => control.jump("a"),
  () => control.jumpFar("a"),
  () => control.mayGoto("a"),
  () => control.callHelper(1),
  () => control.callKernel("a"),
  () => control.callFunction("a"),
  () => control.exit(),
  () => memory.byte.load(r0, r1, 0),
  () => memory.byte.loadSigned(r0, r1, 0),
  () => memory.byte.store(r0, 0, r1),
  () => memory.byte.storeImm(r0, 0, 1),
  () => memory.byte.loadAcquire(r0, r1, 0),
  () => memory.byte.storeRelease(r0, 0, r1),
  () => memory.double.compareExchange(r0, 0, r2),
  () => memory.loadImm64(r0, 1n),
  () => memory.loadMap(r0, "a"),
  () => memory.loadMapValue(r0, "a"),
  () => memory.loadKernelVariable(r0, "a"),
  () => memory.loadFunction(r0, "a"),
];

function group(): Instruction[] {
  return [alu.mov.imm(r0, 0), control.exit()];
}

describe("where an instruction was emitted", () => {
  it("is remembered by every builder, and by none unasked", () => {
    const places = withSources(() => builders.map((build) => sourcePlaces(build(), 1)[0]!));
    expect(places.map(({ file }) => file.slice(file.lastIndexOf("/") + 1))).toEqual(
      builders.map(() => "source-place.test.ts"),
    );
    const lines = places.map(({ line }) => line);
    expect(lines).toEqual(lines.map((_, i) => lines[0]! + i));
    expect(builders.flatMap((build) => sourcePlaces(build()))).toEqual([]);
  });

  it("names the functions that it lies in, the innermost first", () => {
    const [ins] = withSources(() => group());
    const places = sourcePlaces(ins!);
    expect(places[0]!.within).toBe("group");
    expect(formatSourcePlace(places[0]!)).toMatch(/^source-place\.test\.ts:\d+ \(group\)$/);
    expect(places[1]!.file).toMatch(/source-place\.test\.ts$/);
  });

  it("is forgotten after an error too", () => {
    expect(() =>
      withSources(() => {
        throw new Error("no");
      }),
    ).toThrow("no");
    expect(alu.mov.imm(r0, 0)).not.toHaveProperty("trace");
  });
});
