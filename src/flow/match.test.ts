import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type FlowKey, newKey } from "./key.js";
import { KEY_WORDS } from "./layout.js";
import {
  applyMask,
  equalUnder,
  foldMask,
  makeMatch,
  maskCovers,
  maskWords,
  matches,
  matchesOverlap,
  matchIncludes,
  newMatch,
} from "./match.js";

/** Keys of two bits at the ends of the words and of the key, so that every relation comes about. */
const places = [0, 63, KEY_WORDS - 1];
const sparse: fc.Arbitrary<FlowKey> = fc
  .array(fc.constantFrom(0, 1, 0x80000000, 0x80000001), { minLength: 3, maxLength: 3 })
  .map((vs) => {
    const key = newKey();
    for (const [i, v] of vs.entries()) key[places[i]!] = v;
    return key;
  });
const everything: FlowKey[] = [];
for (let n = 0; n < 64; n++) {
  const key = newKey();
  for (const [i, place] of places.entries()) key[place] = [0, 1, 0x80000000, 0x80000001][(n >> (2 * i)) & 3]!;
  everything.push(key);
}

describe("matches", () => {
  it("relate as the sets of their packets do", () => {
    fc.assert(
      fc.property(sparse, sparse, sparse, sparse, (ka, ma, kb, mb) => {
        const a = makeMatch(ka, ma);
        const b = makeMatch(kb, mb);
        const inA = everything.filter((k) => matches(a, k));
        const inB = everything.filter((k) => matches(b, k));
        expect(inA).toEqual(everything.filter((k) => equalUnder(ma, ka, k)));
        expect(matchesOverlap(a, b)).toBe(inA.some((k) => inB.includes(k)));
        expect(matchIncludes(a, b)).toBe(inB.every((k) => inA.includes(k)));
        const both = ma.slice();
        foldMask(both, mb);
        expect([maskCovers(both, ma), maskCovers(both, mb)]).toEqual([true, true]);
        expect(maskCovers(ma, mb)).toBe(both.every((w, i) => w === ma[i]));
        expect(maskWords(ma)).toEqual(places.filter((p) => ma[p] !== 0));
        const masked = ka.slice();
        applyMask(masked, ma);
        expect(masked).toEqual(a.key);
      }),
      { numRuns: 300, seed: 20_031 },
    );
  });

  it("begin with every packet", () => {
    expect(everything.every((k) => matches(newMatch(), k))).toBe(true);
  });
});
