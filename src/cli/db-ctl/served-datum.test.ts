import { describe, expect, it } from "vitest";
import { mapOf, setOf } from "#ovsdb/datum.js";
import { anyCount, datumFromJson } from "#ovsdb/datum-json.js";
import type { Json } from "#util/json.js";
import { servedDatum } from "./served-datum.js";

const a = "11111111-0000-4000-8000-000000000000";
const b = "22222222-0000-4000-8000-000000000000";

describe("servedDatum", () => {
  it.each<[Json, "integer" | "string" | "uuid" | "boolean"]>([
    [5, "integer"],
    [9223372036854775807n, "integer"],
    ["x", "string"],
    [true, "boolean"],
    [["uuid", a], "uuid"],
    [["set", []], "uuid"],
    [
      [
        "set",
        [
          ["uuid", a],
          ["uuid", b],
        ],
      ],
      "uuid",
    ],
    [
      [
        "set",
        [
          ["uuid", b],
          ["uuid", a],
        ],
      ],
      "uuid",
    ],
    [["set", ["uuid", "set"]], "string"],
    [["set", [10, 9, 1]], "integer"],
  ])("reads value %# as the exact reader does", (json, type) => {
    expect(servedDatum(json, false)).toEqual(datumFromJson(anyCount({ key: { type }, min: 0, max: 1 }), json));
  });

  it("reads maps in key order", () => {
    expect(
      servedDatum(
        [
          "map",
          [
            ["b", 1],
            ["a", ["uuid", a]],
          ],
        ],
        true,
      ),
    ).toEqual(
      mapOf([
        ["a", a],
        ["b", 1],
      ]),
    );
    expect(servedDatum(["map", []], true)).toEqual({ keys: [], values: [] });
    expect(servedDatum(["set", []], false)).toEqual(setOf([]));
  });
});
