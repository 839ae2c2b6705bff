import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type FlowKey, newKey } from "./key.js";
import { W } from "./layout.js";
import { applyMask, equalUnder, makeMatch } from "./match.js";
import { MegaflowTable } from "./megaflow-table.js";
import { expand, shapeOf } from "./shape.js";

const words = [W.inPort, W.eth, W.ethType, W.nwSrc, W.tp, W.tunMetadata + 63];
const maskOf = (values: readonly number[]): FlowKey => {
  const mask = newKey();
  values.forEach((v, i) => {
    mask[words[i]!] = v;
  });
  return mask;
};
const word = fc.oneof(fc.nat(3), fc.nat(0xffffffff));
const keys = fc.tuple(...words.map(() => word)).map(maskOf);
const masks = fc.tuple(...words.map(() => fc.constantFrom(0, 0, 0xff, 0x80000000, 0xffffffff))).map(maskOf);

describe("shapes", () => {
  it("hash, compare and gather exactly their bits", () => {
    fc.assert(
      fc.property(keys, keys, masks, (a, b, mask) => {
        const shape = shapeOf(mask);
        const values = new Int32Array(shape.words.length + 1);
        shape.gather(a, values, 1);
        const masked = makeMatch(a, mask).key;
        expect(expand(shape, values, 1)).toEqual(masked);
        expect(shape.equal(a, values, 1)).toBe(true);
        expect(shape.equal(b, values, 1)).toBe(equalUnder(mask, a, b));
        expect(shape.hash(a)).toBe(shape.hash(masked));
        if (equalUnder(mask, a, b)) expect(shape.hash(a)).toBe(shape.hash(b));
      }),
      { seed: 20_031 },
    );
  });

  it("spread their hashes over the low bits", () => {
    const shape = shapeOf(maskOf([0xffffffff, 0xffffffff]));
    for (const shift of [0, 8, 16, 24]) {
      const seen = new Set<number>();
      const key = newKey();
      for (let i = 0; i < 256; i++) {
        key[W.inPort] = i << shift;
        seen.add(shape.hash(key) & 255);
      }
      // 256 balls in 256 bins fill 162 on average.
      expect(seen.size).toBeGreaterThan(135);
    }
  });
});

describe("MegaflowTable", () => {
  it("agrees with a list", () => {
    const step = fc.record({ key: keys, mask: masks, drop: fc.nat() });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 120 }), (steps) => {
        const table = new MegaflowTable<number>();
        const list: { index: number; key: FlowKey; mask: FlowKey; value: number }[] = [];
        steps.forEach(({ key, mask, drop }, value) => {
          if (drop % 3 === 0 && list.length > 0) {
            const [gone] = list.splice(drop % list.length, 1);
            expect(table.remove(gone!.index)).toBe(gone!.value);
          } else if (
            !list.some((e) =>
              equalUnder(
                e.mask.map((m, i) => m & mask[i]!),
                e.key,
                key,
              ),
            )
          ) {
            list.push({ index: table.insert(key, mask, value), key, mask, value });
          }
          if (drop % 7 === 0) table.rank();
        });
        expect(table.size).toBe(list.length);
        expect([...table.indexes()].sort()).toEqual(list.map((e) => e.index).sort());
        expect(table.masks).toBe(new Set(list.map((e) => e.mask.join())).size);
        for (const e of list) {
          expect(table.lookup(e.key)).toBe(e.index);
          expect(table.find(e.key, e.mask)).toBe(e.index);
          expect(table.value(e.index)).toBe(e.value);
          expect(table.mask(e.index)).toEqual(e.mask);
          const masked = e.key.slice();
          applyMask(masked, e.mask);
          expect(table.key(e.index)).toEqual(masked);
        }
        for (const { key } of steps) {
          const expected = list.find((e) => equalUnder(e.mask, e.key, key))?.index ?? -1;
          expect(table.lookup(key)).toBe(expected);
        }
      }),
      { numRuns: 300, seed: 20_031 },
    );
  });

  it("grows, keeps its indexes, and shrinks to nothing", () => {
    const table = new MegaflowTable<number>();
    const mask = maskOf([0xffffffff]);
    const key = newKey();
    const indexes: number[] = [];
    for (let i = 0; i < 5000; i++) {
      key[W.inPort] = i * 64;
      indexes.push(table.insert(key, mask, i));
    }
    for (let i = 0; i < 5000; i += 2) table.remove(indexes[i]!);
    for (let i = 0; i < 5000; i++) {
      key[W.inPort] = i * 64;
      expect(table.lookup(key)).toBe(i % 2 === 0 ? -1 : indexes[i]);
    }
    expect(() => table.insert(key, mask, 0)).toThrow("already");
    for (let i = 1; i < 5000; i += 2) table.remove(indexes[i]!);
    expect([table.size, table.masks, table.lookup(key)]).toEqual([0, 0, -1]);
    expect(() => table.remove(0)).toThrow("no megaflow");
  });
});
