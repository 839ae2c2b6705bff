import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Uuid } from "#ovsdb/atom.js";
import { relations } from "./column-argument.js";
import { parseCondition } from "./condition.js";
import { CtlRow } from "./row.js";
import { CtlSchema } from "./schema.js";

const table = CtlSchema.declared({
  name: "Test",
  version: "1.0.0",
  tables: { T: { columns: { set: { set: "integer" }, map: { map: ["string", "integer"] } } } },
}).table("T");

const resolve = (): Uuid => {
  throw new Error("no names here");
};
const row = (json: { set?: number[]; map?: [string, number][] }) =>
  new CtlRow(table, "0" as Uuid, { set: ["set", json.set ?? []], map: ["map", json.map ?? []] });
const holds = (condition: string, json: { set?: number[]; map?: [string, number][] }): boolean =>
  parseCondition(table, condition, resolve).holds(row(json));

const numbers = fc.uniqueArray(fc.integer({ min: 0, max: 5 }), { maxLength: 4 }).map((list) => list.sort());
const text = (list: readonly number[]): string => `[${list.join(",")}]`;

describe("conditions", () => {
  it("compare sets as sets of numbers", () => {
    fc.assert(
      fc.property(numbers, numbers, (value, given) => {
        const has = (op: string): boolean => holds(`set${op}${text(given)}`, { set: value });
        const subset = value.every((n) => given.includes(n));
        const superset = given.every((n) => value.includes(n));
        expect([has("{=}"), has("="), has("{!=}")]).toEqual([
          subset && superset,
          subset && superset,
          !(subset && superset),
        ]);
        expect([has("{<=}"), has("{in}"), has("{>=}")]).toEqual([subset, subset, superset]);
        expect([has("{<}"), has("{>}")]).toEqual([subset && !superset, superset && !subset]);
        expect(has("{not-in}")).toBe(value.every((n) => !given.includes(n)));
        expect([has("<"), has("="), has(">")].filter(Boolean)).toHaveLength(1);
        expect(has("<=")).toBe(!has(">"));
        expect(has(">=")).toBe(!has("<"));
      }),
      { seed: 7 },
    );
  });

  it("order sets by size first", () => {
    expect(holds("set<1,2", { set: [9] })).toBe(true);
    expect(holds("set>1,2", { set: [1, 3] })).toBe(true);
  });

  it("pass over rows without the key, but for the set operators", () => {
    const other: { map: [string, number][] } = { map: [["x", 1]] };
    const arithmetic = relations.filter((op) => !op.startsWith("{"));
    expect(arithmetic.map((op) => holds(`map:k${op}1`, other))).toEqual(arithmetic.map(() => false));
    expect(holds("map:k{!=}1", other)).toBe(true);
    expect(holds("map:k{=}[]", other)).toBe(true);
    expect(holds("map:k=1", { map: [["k", 1]] })).toBe(true);
    expect(holds("map:k!=1", { map: [["k", 2]] })).toBe(true);
  });

  it("refuse keys of sets", () => {
    expect(() => holds("set:k=1", {})).toThrow("cannot specify key to check for non-map column set");
    expect(() => holds("set", {})).toThrow('set: argument does not end in "=", "!=", "<", ');
  });
});
