import fc from "fast-check";
import { expect, it } from "vitest";
import { newKey } from "./key.js";
import { W } from "./layout.js";
import { maskCovers } from "./match.js";
import { wholeBytes } from "./whole-bytes.js";

it("a mask of whole bytes has every bit of a field in those bytes, and none in others", () => {
  const mask = newKey();
  mask[W.nwSrc] = 0x00800001;
  mask[W.nw] = 0x01000001;
  mask[W.l4] = 0x100;
  mask[W.inPort] = 0xffffffff;
  const whole = wholeBytes(mask);
  expect([whole[W.nwSrc], whole[W.nw], whole[W.l4], whole[W.inPort]]).toEqual([
    0x00ff00ff, 0x030000ff, 0xf00, 0xffffffff,
  ]);
  expect([...whole].filter((w) => w !== 0)).toHaveLength(4);
});

it("covers the mask, is its own, and is not wider for being asked again", () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(164), fc.nat(0xffffffff)), { maxLength: 20 }), (bits) => {
      const mask = newKey();
      for (const [word, value] of bits) mask[word] = value;
      const whole = wholeBytes(mask);
      expect(maskCovers(whole, mask)).toBe(true);
      expect(wholeBytes(whole)).toEqual(whole);
      expect(whole).not.toBe(mask);
    }),
    { seed: 6 },
  );
});
