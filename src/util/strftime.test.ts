import { describe, expect, it } from "vitest";
import { strftime } from "./strftime.js";

describe("strftime", () => {
  it.each([
    ["%G-W%V-%u", Date.UTC(2021, 0, 3), "2020-W53-7"],
    ["%G-W%V-%u", Date.UTC(2024, 11, 30), "2025-W01-1"],
    ["%j %U %W", Date.UTC(2024, 11, 31), "366 52 53"],
    ["%e|%k|%l|%I|%p|%P", Date.UTC(2024, 0, 1, 0, 5), " 1| 0|12|12|AM|am"],
    ["%C%y %D %R %r %n%t%%", Date.UTC(1999, 11, 31, 23, 59, 58), "1999 12/31/99 23:59 11:59:58 PM \n\t%"],
    ["%s %Z %z %Q", 86_400_000, "86400 UTC +0000 %Q"],
    ["%c", Date.UTC(2024, 1, 5, 1, 2, 3), "Mon Feb  5 01:02:03 2024"],
    ["#|##|###|#####", 1045, "0|04|045|04500"],
  ])("formats %s", (format, time, expected) => {
    expect(strftime(format, time, true)).toBe(expected);
  });
});
