import { describe, expect, it } from "vitest";
import { newKey } from "#flow/key.js";
import { W } from "#flow/layout.js";
import { shapeOf } from "#flow/shape.js";
import { ufidOf } from "./ufid.js";

describe("the name of a megaflow", () => {
  const key = newKey();
  const mask = newKey();
  key[W.inPort] = 1;
  mask[W.inPort] = 0xffffffff;

  it("is the same for packets that differ only where nobody looks", () => {
    const other = key.slice();
    other[W.nwSrc] = 7;
    expect(ufidOf(other, shapeOf(mask))).toBe(ufidOf(key, shapeOf(mask)));
    expect(ufidOf(key, shapeOf(mask))).toMatch(/^[0-9a-f]{32}$/);
  });

  it("is another for other bits, and for the same bits under another mask", () => {
    const other = key.slice();
    other[W.inPort] = 2;
    const wider = mask.slice();
    wider[W.nwSrc] = 1;
    expect(new Set([ufidOf(key, shapeOf(mask)), ufidOf(other, shapeOf(mask)), ufidOf(key, shapeOf(wider))]).size).toBe(
      3,
    );
  });

  it("is another for each of many flows that differ in few bits", () => {
    const wide = mask.slice();
    wide[W.tp] = 0xffffffff;
    const shape = shapeOf(wide);
    const names = new Set<string>();
    for (let i = 0; i < 100_000; i++) {
      const other = key.slice();
      other[W.tp] = i;
      names.add(ufidOf(other, shape));
    }
    expect(names.size).toBe(100_000);
  });
});
