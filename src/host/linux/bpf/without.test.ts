import { describe, expect, it } from "vitest";
import { readWithout, refuseWithout, withheld } from "./without.js";

describe("WEFT_WITHOUT", () => {
  it("names features that are missing, and those of which nothing can be told", () => {
    expect(readWithout("tcx, dynptr,btf?")).toEqual({
      missing: new Set(["tcx", "dynptr"]),
      unknown: new Set(["btf"]),
    });
    expect(readWithout("")).toEqual({ missing: new Set(), unknown: new Set() });
  });

  it.each(["tc", "tcx;btf", "toString"])("refuses %j, which is no feature", (text) => {
    expect(() => readWithout(text)).toThrow(`WEFT_WITHOUT: there is no feature "${text}"`);
  });

  it("takes effect at once", () => {
    const before = process.env["WEFT_WITHOUT"];
    try {
      process.env["WEFT_WITHOUT"] = "tcx,btf?";
      expect(() => refuseWithout("bpf", "btf")).not.toThrow();
      expect(() => refuseWithout("bpf", "tcx")).toThrow("programs at tcx: taken away by WEFT_WITHOUT");
      delete process.env["WEFT_WITHOUT"];
      expect(withheld().missing.size).toBe(0);
      expect(() => refuseWithout("tcx")).not.toThrow();
    } finally {
      if (before === undefined) delete process.env["WEFT_WITHOUT"];
      else process.env["WEFT_WITHOUT"] = before;
    }
  });
});
