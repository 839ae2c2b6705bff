import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Uuid } from "../atom.js";
import { scalar, setOf } from "../datum.js";
import { replicaTables } from "./resolve.js";
import { ReplicaStore } from "./store.js";
import { TableView } from "./table-view.js";

const declaration = {
  name: "Test",
  version: "1.0.0",
  tables: {
    Item: {
      columns: {
        a: { one: "integer" },
        b: { one: "string" },
        c: { set: "integer" },
        up: { optional: { ref: "Item" } },
      },
    },
  },
} as const;
const follow = { Item: "all" } as const;
type Item = { readonly uuid: Uuid; readonly a: number; readonly b: string; readonly c: readonly number[] };

function setup() {
  const store = new ReplicaStore(replicaTables(declaration, follow));
  const view = new TableView<typeof declaration, typeof follow, "Item">(store, "Item");
  return { store, view };
}
const uuid = (n: number): Uuid => `00000000-0000-4000-8000-${n.toString(16).padStart(12, "0")}` as Uuid;

function put(store: ReplicaStore, n: number, value: readonly [number, string, readonly number[], number] | undefined) {
  const data = value && [
    scalar(value[0]),
    scalar(value[1]),
    setOf([...value[2]]),
    setOf(value[3] < 0 ? [] : [uuid(value[3])]),
  ];
  store.apply([{ table: "Item", uuid: uuid(n), data }]);
}

const value = fc.tuple(
  fc.nat(4),
  fc.constantFrom("x", "y", "z"),
  fc.uniqueArray(fc.nat(3)),
  fc.integer({ min: -1, max: 9 }),
);
const change = fc.record({ n: fc.nat(60), value: fc.option(value, { nil: undefined, freq: 3 }), look: fc.nat(9) });

describe("an index", () => {
  it("finds what a look at every row finds, in order, after any changes", () => {
    fc.assert(
      fc.property(fc.array(change, { maxLength: 150 }), (changes) => {
        const { store, view } = setup();
        const index = view.index("a", "b");
        for (const one of changes) {
          put(store, one.n, one.value);
          if (one.look > 0) continue;
          const rows = [...view] as unknown as Item[];
          const order = (x: Item, y: Item) => x.a - y.a || (x.b < y.b ? -1 : x.b > y.b ? 1 : x.uuid < y.uuid ? -1 : 1);
          const sorted = rows.sort(order);
          expect(index.all()).toEqual(sorted);
          expect(index.find(2)).toEqual(sorted.filter((row) => row.a === 2));
          expect(index.find(2, "y")).toEqual(sorted.filter((row) => row.a === 2 && row.b === "y"));
          const after = sorted.filter((row) => row.a > 1 || (row.a === 1 && row.b >= "y"));
          expect(index.range([1, "y"], [3])).toEqual(after.filter((row) => row.a <= 3));
          expect(index.range(undefined, [1])).toEqual(sorted.filter((row) => row.a <= 1));
          expect(view.find({ a: 2, b: "y" }).sort(order as never)).toEqual(index.find(2, "y"));
        }
      }),
      { seed: 7, numRuns: 200 },
    );
  });

  it("of references finds the rows that refer, after any changes", () => {
    fc.assert(
      fc.property(fc.array(change, { maxLength: 80 }), (changes) => {
        const { store, view } = setup();
        view.referring("up", uuid(0));
        for (const one of changes) put(store, one.n, one.value);
        for (let n = 0; n < 10; n++) {
          const naive = [...view].filter((row) => row.up === uuid(n)).map((row) => row.uuid);
          expect(new Set(view.referring("up", uuid(n)).map((row) => row.uuid))).toEqual(new Set(naive));
        }
      }),
      { seed: 8, numRuns: 100 },
    );
  });

  it("gives the same row object for as long as the row is the same", () => {
    const { store, view } = setup();
    put(store, 1, [1, "x", [3, 1], -1]);
    const row = view.get(uuid(1));
    put(store, 1, [1, "x", [1, 3], -1]);
    expect(view.get(uuid(1))).toBe(row);
    expect(row?.c).toEqual([1, 3]);
    expect(() => (row!.c as number[]).push(4)).toThrow(TypeError);
    put(store, 1, [2, "x", [1, 3], -1]);
    expect([row?.a, view.get(uuid(1))?.a]).toEqual([1, 2]);
  });
});
