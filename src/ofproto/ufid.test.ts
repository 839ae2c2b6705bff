import { describe, expect, it } from "vitest";
import { newKey } from "#flow/key.js";
import { W } from "#flow/layout.js";
import { ufidOf } from "./ufid.js";

describe("the name of a megaflow", () => {
  const key = newKey();
  const mask = newKey();
  key[W.inPort] = 1;
  mask[W.inPort] = 0xffffffff;

  it("is the same for packets that differ only where nobody looks", () => {
    const other = key.slice();
    other[W.nwSrc] = 7;
    expect(ufidOf(other, mask)).toBe(ufidOf(key, mask));
    expect(ufidOf(key, mask)).toMatch(/^[0-9a-f]{32}$/);
  });

  it("is another for other bits, and for the same bits under another mask", () => {
    const other = key.slice();
    other[W.inPort] = 2;
    const wider = mask.slice();
    wider[W.nwSrc] = 1;
    expect(new Set([ufidOf(key, mask), ufidOf(other, mask), ufidOf(key, wider)]).size).toBe(3);
  });
});
