import { describe, expect, it } from "vitest";
import type { Json } from "#util/json.js";
import { ZERO_UUID } from "./atom.js";
import type { BaseType } from "./base-type.js";
import { type ColumnType, UNLIMITED } from "./column-type.js";
import { setOf } from "./datum.js";
import { datumFromJson, datumToJson } from "./datum-json.js";
import { OvsdbError } from "./error.js";
import { SymbolTable } from "./symbols.js";

const one = (key: BaseType): ColumnType => ({ key, min: 1, max: 1 });
const any = (key: BaseType, value?: BaseType): ColumnType => ({ key, ...(value && { value }), min: 0, max: UNLIMITED });
const integer = { type: "integer" } as const;
const string = { type: "string" } as const;

const symbols = (): SymbolTable => new SymbolTable(() => ZERO_UUID);

// [type, JSON, error object] as ovsdb-server 3.1.0 answers an insert.
const refused: [ColumnType, Json, Json][] = [
  [one(integer), 1.5, { details: "expected integer", error: "syntax error", syntax: "1.5" }],
  [one(integer), "x", { details: "expected integer", error: "syntax error", syntax: '"x"' }],
  [one(integer), 2n ** 63n, { details: "expected integer", error: "syntax error", syntax: "9.22337203685478e+18" }],
  [one({ type: "real" }), "x", { details: "expected real", error: "syntax error", syntax: '"x"' }],
  [one({ type: "boolean" }), 1, { details: "expected boolean", error: "syntax error", syntax: "1" }],
  [one(string), null, { details: "expected string", error: "syntax error", syntax: "null" }],
  [one({ type: "uuid" }), "x", { details: 'expected ["uuid", <string>]', error: "syntax error", syntax: '"x"' }],
  [
    one({ type: "uuid" }),
    ["uuid", "x"],
    { details: '"x" is not a valid UUID', error: "syntax error", syntax: '["uuid","x"]' },
  ],
  [
    one({ type: "uuid" }),
    ["named-uuid", "x y"],
    { details: "named-uuid string is not a valid <id>", error: "syntax error", syntax: '["named-uuid","x y"]' },
  ],
  [
    { key: integer, min: 0, max: 1 },
    ["set", [1, 2]],
    { details: "set must have 0 to 1 members but 2 are present", error: "syntax error", syntax: '["set",[1,2]]' },
  ],
  [
    one(integer),
    ["set", []],
    { details: "set must have exactly one member but 0 are present", error: "syntax error", syntax: '["set",[]]' },
  ],
  [
    { key: integer, min: 1, max: UNLIMITED },
    ["set", []],
    { details: "set must have 1 to 4294967295 members but 0 are present", error: "syntax error", syntax: '["set",[]]' },
  ],
  [any(integer), ["set", [1, 1]], { details: "set contains duplicate", error: "ovsdb error" }],
  [any(integer), ["set", 1], { details: 'expected ["set", <array>]', error: "syntax error", syntax: '["set",1]' }],
  [any(integer), ["map", []], { details: "expected integer", error: "syntax error", syntax: '["map",[]]' }],
  [
    any(string, string),
    ["set", []],
    { details: 'expected ["map", <array>]', error: "syntax error", syntax: '["set",[]]' },
  ],
  [
    any(string, string),
    ["map", [["a"]]],
    { details: "expected 2-element array", error: "syntax error", syntax: '["a"]' },
  ],
  [
    any(string, string),
    [
      "map",
      [
        ["a", "b"],
        ["a", "c"],
      ],
    ],
    { details: "map contains duplicate key", error: "ovsdb error" },
  ],
  [
    one({ type: "string", enum: setOf(["x", "y"]) }),
    "",
    { details: '"" is not one of the allowed values ([x, y])', error: "constraint violation" },
  ],
  [
    one({ type: "integer", minInteger: 3 }),
    2,
    { details: "2 is less than minimum allowed value 3", error: "constraint violation" },
  ],
  [
    one({ type: "integer", maxInteger: 3 }),
    4,
    { details: "4 is greater than maximum allowed value 3", error: "constraint violation" },
  ],
  [
    one({ type: "real", minReal: 1, maxReal: 2.25 }),
    1 / 3,
    { details: "0.333333333333333 is not in the valid range 1 to 2.25 (inclusive)", error: "constraint violation" },
  ],
  [
    one({ type: "string", minLength: 2, maxLength: 3 }),
    "é",
    { details: '"é" length 1 is less than minimum allowed length 2', error: "constraint violation" },
  ],
  [
    one({ type: "string", maxLength: 3 }),
    "abcd",
    { details: '"abcd" length 4 is greater than maximum allowed length 3', error: "constraint violation" },
  ],
];

describe("datumFromJson", () => {
  it.each(refused)("case %#", (type, json, error) => {
    let caught: unknown;
    try {
      datumFromJson(type, json, symbols());
    } catch (e) {
      caught = e;
    }
    expect(caught).toBeInstanceOf(OvsdbError);
    expect((caught as OvsdbError).toJson()).toEqual(error);
  });

  it("takes a set of one in both notations and writes the short one", () => {
    expect(datumFromJson(any(integer), ["set", [7]])).toEqual(datumFromJson(any(integer), 7));
    expect(datumToJson(any(integer), setOf([7]))).toBe(7);
    expect(datumToJson(any(integer), setOf([]))).toEqual(["set", []]);
  });

  it("sorts, and lowers the case of UUIDs", () => {
    expect(datumToJson(any(integer), datumFromJson(any(integer), ["set", [3, 2n ** 60n, -1]]))).toEqual([
      "set",
      [-1, 3, 2n ** 60n],
    ]);
    const uuid = "E6117E5F-1940-45d6-bb38-ea7c95b4d14c";
    expect(datumFromJson(one({ type: "uuid" }), ["uuid", uuid]).keys).toEqual([uuid.toLowerCase()]);
  });

  it("takes integers written with a fraction of zero, or as bigint though small", () => {
    expect(datumFromJson(one(integer), 1e16).keys).toEqual([10000000000000000n]);
    expect(datumFromJson(one(integer), 5n).keys).toEqual([5]);
    expect(datumFromJson(one({ type: "real" }), 5n).keys).toEqual([5]);
  });

  it("notes how names are used", () => {
    const table = symbols();
    datumFromJson(any({ type: "uuid", refTable: "T", refType: "weak" }), ["named-uuid", "a"], table);
    datumFromJson(any({ type: "uuid", refTable: "T" }), ["named-uuid", "b"], table);
    expect(table.get("a")).toMatchObject({ weakRef: true, strongRef: false, created: false });
    expect(table.get("b")).toMatchObject({ weakRef: false, strongRef: true });
    expect(() => datumFromJson(any({ type: "uuid" }), ["named-uuid", "a"])).toThrow('expected ["uuid", <string>]');
  });

  it("lets the writer rename UUIDs", () => {
    const type = any(integer, { type: "uuid" });
    const datum = datumFromJson(type, ["map", [[1, ["uuid", ZERO_UUID]]]]);
    expect(datumToJson(type, datum, () => ["named-uuid", "row"])).toEqual(["map", [[1, ["named-uuid", "row"]]]]);
  });
});
