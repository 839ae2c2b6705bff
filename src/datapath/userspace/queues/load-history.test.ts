import { expect, it } from "vitest";
import { LoadHistory } from "./load-history.js";

it("a load is known from the first sample on, over the time that is asked for, also when it is counted elsewhere", () => {
  const history = new LoadHistory(1000);
  expect(history.usage(60)).toBeUndefined();
  history.sample(1000 + 2500);
  expect(history.usage(60)).toBe(50);
  history.sample(3500 + 500);
  expect([history.usage(5), history.usage(10), history.usage(60)]).toEqual([10, 30, 30]);
  // 100 ms so far, then 150 where another number is counted on.
  history.move(4100, 70);
  history.sample(220);
  expect(history.usage(5)).toBe(5);
  expect(history.total).toBe(3250);
  for (let i = 1; i <= 12; i++) history.sample(220 + 5000 * i);
  expect(history.usage(60)).toBe(100);
});
