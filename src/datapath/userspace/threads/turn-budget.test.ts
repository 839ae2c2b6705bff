import { expect, it } from "vitest";
import { MOST_FRAMES, TurnBudget } from "./turn-budget.js";

it("takes fewer frames a turn where each goes to many ports, and more again", () => {
  const budget = new TurnBudget();
  expect(budget.note(MOST_FRAMES, MOST_FRAMES)).toBe(false);
  expect(budget.frames).toBe(MOST_FRAMES);
  expect(budget.upcallShare).toBe(1);
  expect(budget.note(100, 100 * 16)).toBe(true);
  expect(budget.frames).toBe(32);
  expect(budget.note(100, 100 * 1000)).toBe(true);
  expect(budget.frames).toBe(4);
  expect(budget.upcallShare).toBeCloseTo(0.125);
  // Few frames say little, and none of them nothing.
  expect(budget.note(0, 50)).toBe(false);
  expect(budget.note(1, 1)).toBe(false);
  expect(budget.note(100, 100)).toBe(true);
  expect(budget.frames).toBe(MOST_FRAMES);
});
