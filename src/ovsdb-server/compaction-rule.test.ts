import { describe, expect, it } from "vitest";
import { type LogGrowth, wantsCompaction } from "./compaction-rule.js";

const minute = 60_000;
const MB = 1024 * 1024;
const grown: LogGrowth = { size: 10 * MB, compactedSize: 5 * MB, records: 100, age: 10 * minute };

describe("wantsCompaction", () => {
  it("compacts a log that has doubled to 10 MB", () => expect(wantsCompaction(grown)).toBe(true));
  it.each<[string, Partial<LogGrowth>]>([
    ["fewer than 10 MB", { size: 10 * MB - 1 }],
    ["not doubled", { compactedSize: 5 * MB + 1 }],
    ["fewer than 100 records", { records: 99 }],
    ["compacted less than ten minutes ago", { age: 10 * minute - 1 }],
  ])("leaves it alone: %s", (_, change) => expect(wantsCompaction({ ...grown, ...change })).toBe(false));
  it("compacts a small log once a day", () => {
    const day = { size: 1000, compactedSize: 900, records: 100, age: 24 * 60 * minute };
    expect(wantsCompaction(day)).toBe(true);
    expect(wantsCompaction({ ...day, records: 99 })).toBe(false);
    expect(wantsCompaction({ ...day, age: day.age - 1 })).toBe(false);
  });
});
