import { describe, expect, it } from "vitest";
import { writeValue } from "./column-shape.js";

describe("writeValue", () => {
  it("spells sets and maps as the protocol does", () => {
    expect([undefined, "x", ["a"], new Map([["k", 1]])].map(writeValue)).toEqual([
      ["set", []],
      "x",
      ["set", ["a"]],
      ["map", [["k", 1]]],
    ]);
  });
});
