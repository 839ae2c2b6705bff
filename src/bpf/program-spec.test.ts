import { describe, expect, it } from "vitest";
import { callKernel, exit } from "./control.js";
import type { ProgramItem } from "./instruction.js";
import { type MapSpec, mapType } from "./map-spec.js";
import { loadKernelVariable, loadMap, loadMapValue } from "./memory.js";
import { attachType, programSpec, programType } from "./program-spec.js";
import { r1 } from "./registers.js";

const map = (name: string): MapSpec => ({ name, type: mapType.array, keySize: 4, valueSize: 8, entries: 1 });
const items = (): ProgramItem[] => [
  loadMap(r1, "b"),
  loadMapValue(r1, "a", 8),
  loadMap(r1, "a"),
  loadKernelVariable(r1, "jiffies"),
  callKernel("bpf_y"),
  callKernel("bpf_x"),
  callKernel("bpf_y"),
  exit(),
];
const where = { type: programType.schedCls, attach: attachType.tcxIngress };

describe("a program's specification", () => {
  it("has what the program names, once and in order, and nothing else", () => {
    const spec = programSpec("test", where, items(), [map("c"), map("b"), map("a")]);
    expect(spec).toMatchObject({
      name: "test",
      ...where,
      kernelFunctions: ["bpf_x", "bpf_y"],
      kernelVariables: ["jiffies"],
    });
    expect(spec.maps).toEqual([map("a"), map("b")]);
  });

  it("is always the same, and plain data", () => {
    const spec = programSpec("test", where, items(), [map("a"), map("b")]);
    expect(programSpec("test", where, items(), [map("b"), map("a")])).toEqual(spec);
    expect(structuredClone(spec)).toEqual(spec);
  });

  it("wants every map specified once", () => {
    expect(() => programSpec("test", where, items(), [map("a")])).toThrow("map b is specified 0 times");
    expect(() => programSpec("test", where, items(), [map("a"), map("a"), map("b")])).toThrow(
      "map a is specified 2 times",
    );
  });
});
