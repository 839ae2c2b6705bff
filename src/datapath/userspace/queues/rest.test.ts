import { expect, it } from "vitest";
import { Rest, restOfSwamped } from "./rest.js";

it("a thread rests longer and longer while little comes, and not while much or nothing does", () => {
  const rest = new Rest();
  expect(rest.after(0, 1)).toBe(0);
  rest.setOptions(new Map([["pmd-maxsleep", "50"]]));
  expect([rest.after(0, 1), rest.after(1, 0), rest.after(2, 3), rest.after(3, 0), rest.after(4, 0)]).toEqual([
    10, 20, 40, 50, 50,
  ]);
  expect([rest.after(5, 16), rest.after(5, 15), rest.after(6, 0)]).toEqual([0, 10, 20]);
  expect([rest.after(26, 0), rest.after(27, 0), rest.after(28, 1)]).toEqual([0, 0, 10]);
  rest.setOptions(new Map([["pmd-maxsleep", "999999"]]));
  for (let i = 0; i < 20; i++) rest.after(30, 1);
  expect(rest.after(30, 1)).toBe(10_000);
  rest.setOptions(new Map([["pmd-maxsleep", "5, 3:7"]]));
  expect(rest.after(30, 1)).toBe(5);
  rest.setCore(3);
  expect(rest.after(30, 1)).toBe(7);
  rest.setOptions(new Map());
  expect(rest.after(30, 1)).toBe(0);
});

it("a thread stays away for a moment where most of its frames find no room on their way up", () => {
  expect([restOfSwamped(256, 129), restOfSwamped(1, 1)].every((rest) => rest > 0)).toBe(true);
  expect([restOfSwamped(256, 128), restOfSwamped(2, 1), restOfSwamped(0, 0), restOfSwamped(256, 0)]).toEqual([
    0, 0, 0, 0,
  ]);
});
