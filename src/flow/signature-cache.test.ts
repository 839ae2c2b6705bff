import { describe, expect, it } from "vitest";
import { SignatureCache } from "./signature-cache.js";

function guesses(cache: SignatureCache, hash: number): number[] {
  const found: number[] = [];
  for (let at = cache.next(hash, cache.begin(hash)); at >= 0; at = cache.next(hash, at + 1))
    found.push(cache.index(at));
  return found;
}

describe("SignatureCache", () => {
  it("knows what a hash led to last, index 0 and negative hashes too", () => {
    const cache = new SignatureCache(0);
    expect(guesses(cache, 0)).toEqual([]);
    cache.insert(0, 0);
    cache.insert(-1, 7);
    expect([guesses(cache, 0), guesses(cache, -1)]).toEqual([[0], [7]]);
    cache.insert(-1, 8);
    expect(guesses(cache, -1)).toEqual([8]);
  });

  it("tells hashes of one set apart by their upper bits", () => {
    const cache = new SignatureCache(1024);
    for (let i = 0; i < 4; i++) cache.insert((i << 22) | 5, i);
    for (let i = 0; i < 4; i++) expect(guesses(cache, (i << 22) | 5)).toEqual([i]);
    expect(cache.takeDisplaced()).toBe(0);
  });

  it("displaces one of four where a set is full, and says so", () => {
    const cache = new SignatureCache(1024);
    for (let i = 0; i < 5; i++) cache.insert((i << 22) | 5, i);
    const left = [0, 1, 2, 3, 4].filter((i) => guesses(cache, (i << 22) | 5).includes(i));
    expect(left).toHaveLength(4);
    expect(left).toContain(4);
    expect([cache.takeDisplaced(), cache.takeDisplaced()]).toEqual([1, 0]);
  });

  it("has as many places as are wanted at least, and does not keep an index that it has no bits for", () => {
    const cache = new SignatureCache(5000);
    expect(cache.size).toBe(8192);
    cache.insert(1, 1 << 22);
    expect(guesses(cache, 1)).toEqual([]);
    cache.insert(1, 1);
    cache.resize(10_000);
    expect([cache.size, guesses(cache, 1)]).toEqual([16_384, []]);
  });
});
