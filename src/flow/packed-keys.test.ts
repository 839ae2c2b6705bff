import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { newKey } from "./key.js";
import { KEY_WORDS } from "./layout.js";
import { PackedKey } from "./packed-keys.js";

describe("a packed key", () => {
  it("is the key again when unpacked, whatever was packed before and after it", () => {
    const key = fc
      .array(fc.tuple(fc.nat(KEY_WORDS - 1), fc.nat(0xffffffff)), { maxLength: KEY_WORDS })
      .map((words) => words.reduce((k, [w, value]) => k.fill(value, w, w + 1), newKey()));
    fc.assert(
      fc.property(fc.array(key, { maxLength: 300 }), (keys) => {
        const packed = keys.map((k) => new PackedKey(k));
        const out = newKey().fill(7);
        for (const [i, p] of packed.entries()) expect(p.unpack(out)).toEqual(keys[i]);
      }),
      { numRuns: 20 },
    );
  });
});
