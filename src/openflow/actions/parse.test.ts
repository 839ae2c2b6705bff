import { expect, it } from "vitest";
import { parseActions } from "./parse.js";
import { formatActions } from "./table.js";

const clones = (depth: number): string => `${"clone(".repeat(depth)}1${")".repeat(depth)}`;

it("reads actions in actions to upstream's depth", () => {
  expect(formatActions(parseActions(clones(99)))).toBe(clones(99).replace("1", "output:1"));
  expect(() => parseActions(clones(100))).toThrow("Action nested too deeply");
});

it("answers a text of nothing but beginnings", () => {
  expect(() => parseActions("clone(".repeat(30_000))).toThrow("Action nested too deeply");
});
