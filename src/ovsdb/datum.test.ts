import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Atom, compareAtoms, type Uuid } from "./atom.js";
import { type ColumnType, UNLIMITED } from "./column-type.js";
import {
  applyDifference,
  compareDatums,
  type Datum,
  difference,
  EMPTY_SET,
  equalDatums,
  excludesAll,
  hasKey,
  includesAll,
  mapOf,
  pairsOf,
  setOf,
  symmetricDifference,
  union,
  valueAt,
  withoutKeys,
} from "./datum.js";
import { datumFromJson, datumToJson } from "./datum-json.js";
import { formatDatum } from "./datum-text.js";
import { parseDatum } from "./parse-text.js";

/** Seeded, so that a failure comes again. */
const runs = { seed: 7047, numRuns: 300 };

const small = fc.integer({ min: 0, max: 9 });
const set = fc.array(small).map(setOf);
const map = fc.array(fc.tuple(small, small)).map(mapOf);
const either = fc.oneof(fc.tuple(set, set), fc.tuple(map, map));

/** Every element, or pair, as one string. */
const members = (datum: Datum): Set<string> =>
  new Set(datum.values ? pairsOf(datum).map((pair) => pair.join("=")) : datum.keys.map(String));
const isSorted = (datum: Datum): boolean =>
  datum.keys.every((key, i) => i === 0 || compareAtoms(datum.keys[i - 1]!, key) < 0);

describe("set algebra", () => {
  it("agrees with sets of strings", () => {
    fc.assert(
      fc.property(set, set, (a, b) => {
        const [x, y] = [members(a), members(b)];
        expect(members(union(a, b))).toEqual(new Set([...x, ...y]));
        expect(members(difference(a, b))).toEqual(new Set([...x].filter((e) => !y.has(e))));
        expect(includesAll(a, b)).toBe([...y].every((e) => x.has(e)));
        expect(excludesAll(a, b)).toBe([...y].every((e) => !x.has(e)));
      }),
      runs,
    );
  });

  it("keeps keys sorted and distinct", () => {
    fc.assert(
      fc.property(either, ([a, b]) => {
        for (const result of [union(a, b), difference(a, b), withoutKeys(a, b), symmetricDifference(a, b)]) {
          expect(isSorted(result)).toBe(true);
          expect(result.values?.length ?? result.keys.length).toBe(result.keys.length);
        }
      }),
      runs,
    );
  });

  it("keeps the first map's pairs in a union, and drops only whole pairs in a difference", () => {
    const a = mapOf([
      [1, "a"],
      [2, "b"],
    ]);
    expect(
      pairsOf(
        union(
          a,
          mapOf([
            [2, "x"],
            [3, "c"],
          ]),
        ),
      ),
    ).toEqual([
      [1, "a"],
      [2, "b"],
      [3, "c"],
    ]);
    expect(
      pairsOf(
        difference(
          a,
          mapOf([
            [1, "a"],
            [2, "x"],
          ]),
        ),
      ),
    ).toEqual([[2, "b"]]);
    expect(pairsOf(withoutKeys(a, setOf([2])))).toEqual([[1, "a"]]);
  });

  it("gives the same object where nothing changes", () => {
    const a = setOf([1, 2, 3]);
    expect(union(a, setOf([2]))).toBe(a);
    expect(difference(a, setOf([7]))).toBe(a);
    expect(withoutKeys(a, EMPTY_SET)).toBe(a);
  });

  it("undoes differences", () => {
    fc.assert(
      fc.property(either, ([a, b]) => {
        expect(equalDatums(applyDifference(a, symmetricDifference(a, b)), b)).toBe(true);
        expect(symmetricDifference(a, a).keys).toEqual([]);
      }),
      runs,
    );
  });

  it("orders datums totally", () => {
    fc.assert(
      fc.property(set, set, set, (a, b, c) => {
        expect(compareDatums(a, b) === 0).toBe(equalDatums(a, b));
        expect(Math.sign(compareDatums(a, b))).toBe(-Math.sign(compareDatums(b, a)) + 0);
        if (compareDatums(a, b) <= 0 && compareDatums(b, c) <= 0) expect(compareDatums(a, c)).toBeLessThanOrEqual(0);
      }),
      runs,
    );
    expect(compareDatums(setOf([9]), setOf([1, 2]))).toBeLessThan(0);
    expect(
      compareDatums(
        mapOf([
          [1, 9],
          [2, 0],
        ]),
        mapOf([
          [1, 1],
          [3, 0],
        ]),
      ),
    ).toBeLessThan(0);
  });

  it("finds keys of every kind", () => {
    const mixed = setOf([5, -(2n ** 63n), 2n ** 62n, 0]);
    expect(mixed.keys).toEqual([-(2n ** 63n), 0, 5, 2n ** 62n]);
    expect(hasKey(mixed, 2n ** 62n)).toBe(true);
    expect(hasKey(mixed, 1)).toBe(false);
    expect(
      valueAt(
        mapOf([
          ["b", 1],
          ["a", 2],
        ]),
        "a",
      ),
    ).toBe(2);
    expect(setOf([true, false]).keys).toEqual([false, true]);
  });
});

const integer = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map((n): Atom => {
  const number = Number(n);
  return Number.isSafeInteger(number) ? number : n;
});
const real = fc.double({ noNaN: true, min: -1e300, max: 1e300 }).map((n) => Number(n.toPrecision(15)) + 0);
const text = fc.string({ unit: "binary" }).filter((s) => !s.includes("\0"));
const uuid = fc.uuid().map((s): Atom => s as Uuid);
const atoms = { integer, real, boolean: fc.boolean(), string: text, uuid } as const;

const typed: fc.Arbitrary<[ColumnType, Datum]> = fc
  .tuple(
    fc.constantFrom(...(Object.keys(atoms) as (keyof typeof atoms)[])),
    fc.constantFrom("set", ...(Object.keys(atoms) as (keyof typeof atoms)[])),
  )
  .chain(([key, value]): fc.Arbitrary<[ColumnType, Datum]> => {
    const count = { min: 0, max: UNLIMITED };
    if (value === "set") return fc.array<Atom>(atoms[key]).map((a) => [{ key: { type: key }, ...count }, setOf(a)]);
    const type = { key: { type: key }, value: { type: value }, ...count };
    return fc.array(fc.tuple<[Atom, Atom]>(atoms[key], atoms[value])).map((a) => [type, mapOf(a)]);
  });

describe("notations", () => {
  it("read back what they wrote, as JSON", () => {
    fc.assert(
      fc.property(typed, ([type, datum]) => {
        expect(equalDatums(datumFromJson(type, datumToJson(type, datum)), datum)).toBe(true);
      }),
      runs,
    );
  });

  it("read back what they wrote, as text", () => {
    fc.assert(
      fc.property(typed, ([type, datum]) => {
        const shown = formatDatum(type, datum);
        expect(formatDatum(type, parseDatum(type, shown))).toBe(shown);
        expect(equalDatums(parseDatum(type, shown), datum)).toBe(true);
      }),
      runs,
    );
  });

  it("take or refuse any text, and nothing else", () => {
    const type: ColumnType = { key: { type: "string" }, value: { type: "integer" }, min: 0, max: UNLIMITED };
    const word = fc.constantFrom("a", "1", '"', "\\", "=", ",", " ", "{", "}", "[", "]", "-", ":", '"x"', "\\u00e9");
    fc.assert(
      fc.property(
        fc.array(word),
        fc.constantFrom<ColumnType>(type, { key: { type: "integer" }, min: 0, max: 5 }),
        (words, t) => {
          try {
            expect(isSorted(parseDatum(t, words.join("")))).toBe(true);
          } catch (error) {
            expect((error as Error).name).toBe("UserError");
          }
        },
      ),
      runs,
    );
  });
});
