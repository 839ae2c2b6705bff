import { describe, expect, it } from "vitest";
import { BugError, WireError } from "#util/errors.js";
import { OfpError, ofpError } from "./ofp-error.js";
import { between, inRange, OF10, OF12, OF13, only, parseVersionName, since, until, versionName } from "./version.js";
import { WireReader } from "./wire-reader.js";
import { WireWriter } from "./wire-writer.js";

describe("the reader and the writer of control messages", () => {
  it("are each other's inverse, in a buffer that held something else", () => {
    const w = new WireWriter(new Uint8Array(3).fill(0xa5));
    w.u8(1).u16(0x203).u32(0xfefdfcfb).u64(0x0102030405060708n).zeros(3).big(0x1ffn, 1).text("abcdef", 4).text("x", 2);
    w.align(8, 1);
    const bytes = w.done();
    expect(Buffer.from(bytes).toString("hex")).toBe("010203fefdfcfb0102030405060708000000ff616263647800");
    const r = new WireReader(bytes);
    expect([r.u8(), r.u16(), r.u32(), r.u64(), r.zeros(3), r.big(1)]).toEqual([
      1,
      0x203,
      0xfefdfcfb,
      0x0102030405060708n,
      true,
      255n,
    ]);
    expect(Buffer.from(r.slice(4).rest()).toString()).toBe("abcd");
    expect(r.left).toBe(2);
    expect(r.zeros(2)).toBe(false);
  });

  it("patch and cut only what was written", () => {
    const w = new WireWriter().u32(0).u8(9);
    w.patch16(2, 0xabcd);
    w.cut(4);
    expect([...w.done()]).toEqual([0, 0, 0xab, 0xcd]);
    expect(() => w.patch16(3, 1)).toThrow(BugError);
    expect(() => w.cut(5)).toThrow(BugError);
  });

  it("refuse to read beyond the end, of a slice with the slice's own error", () => {
    const r = new WireReader(Uint8Array.of(1, 2, 3, 4), 1);
    expect(() => new WireReader(Uint8Array.of(1)).u16()).toThrow(WireError);
    const slice = r.slice(2, ofpError("OFPBAC_BAD_LEN", "why"));
    expect(() => slice.u32()).toThrow(new OfpError("OFPBAC_BAD_LEN", "why"));
    expect(() => slice.skip(-1)).toThrow(OfpError);
    expect(() => r.slice(2)).toThrow(WireError);
    expect(slice.u16()).toBe(0x203);
  });

  it("know their versions", () => {
    const of13 = [since(OF12), until(OF13), only(OF13), between(OF12, OF13)];
    expect(of13.map((r) => inRange(r, OF13))).toEqual([true, true, true, true]);
    expect(of13.map((r) => inRange(r, OF10))).toEqual([false, true, false, false]);
    expect(["OpenFlow13", "openflow1.5", "OpenFlow16", "OpenFlow"].map(parseVersionName)).toEqual([
      4,
      6,
      undefined,
      undefined,
    ]);
    expect(versionName(OF10)).toBe("OpenFlow10");
  });
});
