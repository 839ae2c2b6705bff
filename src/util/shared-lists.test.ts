import { describe, expect, it } from "vitest";
import { SharedLists } from "./shared-lists.js";

describe("shared lists", () => {
  const lists = new SharedLists<number>((a, b) => a.length === b.length && a.every((n, i) => n === b[i]));

  it("gives one list for all that say the same, as long as it is recent", () => {
    const first = lists.of([1, 2]);
    const other = lists.of([3]);
    expect(lists.of([1, 2])).toBe(first);
    expect(lists.of([3])).toBe(other);
    for (let i = 0; i < 100; i++) expect(lists.of([i, i, i])).toEqual([i, i, i]);
    expect(lists.of([1, 2])).toEqual(first);
  });
});
