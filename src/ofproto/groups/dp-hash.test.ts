import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { noSelection } from "#openflow/messages/group/selection.js";
import { dpHashOf, shareOut } from "./dp-hash.js";

const hits = (weights: readonly number[]): number[] | undefined => {
  const map = shareOut(weights);
  return map && weights.map((_, i) => map.filter((bucket) => bucket === i).length);
};

describe("hash values of buckets", () => {
  it("are as many of each as Open vSwitch 3.1 logs", () => {
    expect(hits([1])).toEqual([16]);
    expect(hits([1, 1, 1])).toEqual([6, 5, 5]);
    expect(hits([5, 3, 1])).toEqual([9, 5, 2]);
    expect(hits([100, 1])).toEqual([127, 1]);
    expect(hits([0, 1, 3])).toEqual([0, 4, 12]);
    expect(hits([65535, 300])).toEqual([255, 1]);
    expect(hits([3, 5, 7, 11, 13])).toEqual([1, 2, 3, 5, 5]);
  });

  it("are given in turn", () => {
    expect([...shareOut([1, 1, 2])!]).toEqual([2, 0, 1, 2, 2, 0, 1, 2, 2, 0, 1, 2, 2, 0, 1, 2]);
  });

  it("are too many, or none, of some weights", () => {
    for (const weights of [[], [0, 0], [256, 1], [1000, 999, 7]]) expect(shareOut(weights)).toBe(undefined);
  });

  it("are near each bucket's share", () => {
    const weights = fc.array(fc.integer({ min: 0, max: 40 }), { minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(weights, (w) => {
        const got = hits(w);
        const total = w.reduce((sum, one) => sum + one, 0);
        if (got === undefined) return;
        const size = got.reduce((sum, one) => sum + one, 0);
        for (const [i, weight] of w.entries()) {
          expect(Math.abs(got[i]! - (size * weight) / total)).toBeLessThan(w.length);
          if (weight === 0) expect(got[i]).toBe(0);
        }
      }),
      { seed: 3, numRuns: 300 },
    );
  });
});

describe("a select group's hash", () => {
  const of = (method: string, parameter: bigint, most = 1): unknown => {
    const made = dpHashOf({ ...noSelection, method, parameter }, [1, 1], most);
    return made && [made.algorithm, made.basis];
  };

  it("is symmetric where nothing is said, and what the parameter says otherwise", () => {
    expect(of("", 0n)).toEqual(["sym_l4", 0]);
    expect(of("dp_hash", 5n)).toEqual(["l4", 5]);
    expect(of("dp_hash", 0x1_0000_0007n)).toEqual(["sym_l4", 7]);
    expect(of("dp_hash", 0x2_0000_0001n)).toEqual(["l4", 1]);
    expect(of("dp_hash", 0x1_0000_0007n, 0)).toEqual(["l4", 7]);
    expect(of("hash", 0n)).toBe(undefined);
  });
});
