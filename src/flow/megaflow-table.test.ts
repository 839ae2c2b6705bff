import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type FlowKey, newKey } from "./key.js";
import { W } from "./layout.js";
import { applyMask, equalUnder, makeMatch } from "./match.js";
import { MegaflowTable } from "./megaflow-table.js";
import { expand, seedHashes, shapeOf } from "./shape.js";

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

  it("have hashes that whoever does not know the seed cannot make alike", () => {
    const mask = maskOf([0xffffffff, 0xffffffff]);
    const known = shapeOf(mask);
    // For each value of one word, one of the other that makes the hash that of zeros.
    const alike: FlowKey[] = [];
    const byHash = new Map<number, number>();
    const key = newKey();
    for (let i = 0; i < 1 << 18; i++) {
      key[W.inPort] = i;
      byHash.set(known.hash(key) >>> 8, i);
    }
    key[W.inPort] = 0;
    for (let i = 1; i < 1 << 16 && alike.length < 64; i++) {
      key[W.eth] = i;
      const other = byHash.get(known.hash(key) >>> 8);
      if (other === undefined) continue;
      const [a, b] = [newKey(), newKey()];
      a[W.eth] = i;
      b[W.inPort] = other;
      alike.push(a, b);
    }
    expect(alike.length).toBe(64);
    seedHashes(77);
    try {
      const other = shapeOf(mask);
      expect(other).not.toBe(known);
      const pairs = (shape: typeof other): number =>
        alike.filter((k, i) => i % 2 === 1 && shape.hash(k) >>> 8 === shape.hash(alike[i - 1]!) >>> 8).length;
      expect([pairs(known), pairs(other)]).toEqual([32, 0]);
      // Tables that were made before go on.
      const table = new MegaflowTable<number>();
      table.insertShaped(alike[0]!, known, 0);
      expect(table.find(alike[0]!, mask)).toBe(0);
      expect(table.insert(alike[1]!, mask, 1)).toBe(1);
      expect([table.lookup(alike[0]!), table.lookup(alike[1]!)]).toEqual([0, 1]);
    } finally {
      seedHashes(1);
    }
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
          // Looked up between changes, so that a signature cache has something that may be stale.
          for (const packet of steps.slice(0, 6)) {
            expect(table.lookup(packet.key)).toBe(list.find((e) => equalUnder(e.mask, e.key, packet.key))?.index ?? -1);
          }
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

  describe("with entries of many masks and ports", () => {
    const prefixes = maskOf([0xffffffff]);
    /** Key and mask of the n-th entry of a port, which no other one has: its mask has n bits of an address, and a port's number whole. */
    const entry = (port: number, n: number): [FlowKey, FlowKey] => {
      const mask = prefixes.slice();
      mask[W.nwSrc] = (0xffffffff << (n & 31)) >>> 0;
      mask[W.eth] = (0xffffffff << (n >>> 5)) >>> 0;
      mask[W.tp] = 0xffffffff;
      const key = newKey();
      [key[W.inPort], key[W.nwSrc], key[W.eth], key[W.tp]] = [port, 0x80000000, 0x80000000, n];
      return [key, mask];
    };

    it("remembers which entry a key led to", () => {
      const table = new MegaflowTable<number>();
      for (let n = 0; n < 64; n++) table.insert(...entry(1, n), n);
      const tried: number[] = [];
      for (const again of [false, true]) {
        for (let n = 0; n < 64; n++) {
          expect(table.value(table.lookup(entry(1, n)[0]))).toBe(n);
          if (!again) tried.push(table.tried);
          else expect(table.tried).toBe(0);
        }
      }
      expect(tried).toEqual(Array.from({ length: 64 }, (_, n) => n + 1));
    });

    it("finds another entry at an index that a signature still names", () => {
      const table = new MegaflowTable<number>();
      for (let n = 0; n < 8; n++) table.insert(...entry(1, n), n);
      for (let n = 0; n < 8; n++) table.lookup(entry(1, n)[0]);
      for (let n = 0; n < 4; n++) table.remove(table.lookup(entry(1, n)[0]));
      for (let n = 0; n < 4; n++) expect(table.lookup(entry(1, n)[0])).toBe(-1);
      for (let n = 40; n < 44; n++) table.insert(...entry(1, n), n);
      for (let n = 0; n < 44; n++) {
        const found = table.lookup(entry(1, n)[0]);
        expect(found < 0 ? -1 : table.value(found)).toBe(n < 4 || (n >= 8 && n < 40) ? -1 : n);
      }
    });

    it("tries no other port's masks, and those of no port after its own", () => {
      const table = new MegaflowTable<string>();
      for (let n = 0; n < 64; n++) table.insert(...entry(1, n), "1");
      table.insert(...entry(2, 3), "2");
      const [key] = entry(3, 9);
      const any = newKey();
      any[W.eth] = 0xffffffff;
      const index = table.insert(key, any, "any");
      expect([table.lookup(entry(2, 3)[0]), table.tried]).toEqual([64, 1]);
      expect([table.lookup(key), table.tried]).toEqual([index, 1]);
      key[W.inPort] = 2;
      key[W.tp] = 1;
      expect([table.lookup(key), table.tried]).toEqual([index, 2]);
      expect(table.masks).toBe(65);
      table.clear();
      expect([table.size, table.masks, table.lookup(key)]).toEqual([0, 0, -1]);
    });

    it("ranks the subtables of a port by what the signature cache did not know", () => {
      const table = new MegaflowTable<number>();
      for (let n = 0; n < 32; n++) table.insert(...entry(1, n), n);
      const [key] = entry(1, 20);
      // Bits that this entry's mask does not look at, but some other's: packets of the same entry that the cache does not know.
      const tried = [];
      for (let i = 1; i <= 100; i++) {
        key[W.nwSrc] = 0x80000000 + i;
        expect(table.value(table.lookup(key))).toBe(20);
        tried.push(table.tried);
      }
      expect(new Set(tried)).toEqual(new Set([21]));
      table.rank();
      key[W.nwSrc] = 0x80001000;
      expect([table.value(table.lookup(key)), table.tried]).toEqual([20, 1]);
    });

    it("bounds the masks of a port: later entries share one, which covers theirs", () => {
      const table = new MegaflowTable<number>();
      const most = 16;
      for (let n = 0; n < 600; n++) {
        const [key, mask] = entry(1, n);
        const bounded = table.boundedMask(key, mask, most);
        expect(mask.every((word, w) => (word & ~bounded[w]!) === 0)).toBe(true);
        if (n < most) expect(bounded).toBe(mask);
        else if (bounded === mask) expect(table.find(key, mask)).toBe(-1);
        table.insert(key, bounded, n);
      }
      expect(table.masks).toBeLessThanOrEqual(most + 8);
      for (let n = 0; n < 600; n++) expect(table.value(table.lookup(entry(1, n)[0]))).toBe(n);
      // Another port has none of its own yet.
      const [key, mask] = entry(2, 77);
      expect(table.boundedMask(key, mask, most)).toBe(mask);
      // A mask that is there already costs nothing.
      expect(table.boundedMask(...entry(1, 3), most)).toEqual(entry(1, 3)[1]);
    });

    it("grows its memory where two entries have very many kinds of packets", () => {
      const table = new MegaflowTable<number>();
      for (const n of [0, 31]) table.insert(...entry(1, n), n);
      const [key] = entry(1, 31);
      const unknown: number[] = [];
      for (let round = 0; round < 6; round++) {
        let tried = 0;
        // The other entry tells them apart.
        for (let i = 0; i < 20_000; i++) {
          key[W.nwSrc] = 0x80000000 + i;
          expect(table.value(table.lookup(key))).toBe(31);
          if (table.tried > 0) tried++;
        }
        unknown.push(tried);
      }
      expect(unknown[0]).toBeGreaterThan(19_000);
      expect(unknown.at(-1)).toBeLessThan(2000);
    });

    it("knows ten thousand entries under 64 masks without trying subtables", () => {
      const table = new MegaflowTable<number>();
      const keys = Array.from({ length: 10_000 }, (_, i) => {
        const [key, mask] = entry(1, i & 63);
        key[W.tp] = i;
        table.insert(key, mask, i);
        return key;
      });
      for (let round = 0; round < 4; round++) for (const key of keys) table.lookup(key);
      let tried = 0;
      for (const [i, key] of keys.entries()) {
        expect(table.lookup(key)).toBe(i);
        tried += table.tried;
      }
      expect(tried / keys.length).toBeLessThan(0.5);
    });
  });
});
