import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeUtf8, utf8Fault } from "./utf8.js";

const latin1 = (text: string): Uint8Array => Uint8Array.from(text, (c) => c.charCodeAt(0));

describe("UTF-8 as Open vSwitch reads it", () => {
  // What ovsdb-server 3.1.0 says of these strings.
  it.each<[string, readonly number[]]>([
    ["a\xffb", [0xff]],
    ["a\x80b", [0x80]],
    ["\xc0\xaf", [0xc0]],
    ["\xed\xa0\x80", [0xed, 0xa0]],
    ["\xe6\x97", [0xe6, 0x97, 0]],
    ["\xf8\x88\x80\x80\x80", [0xf8]],
    ["\xf4\x90\x80\x80", [0xf4, 0x90]],
    ["\xe0\x80\xaf", [0xe0, 0x80]],
    ["\xe0\xa0z", [0xe0, 0xa0, 0x7a]],
  ])("finds what is wrong with %j", (bytes, fault) => {
    expect(utf8Fault(decodeUtf8(latin1(bytes)))).toEqual(fault);
  });

  it("takes what is right, the replacement character too", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        const whole = `${text}\ufffd`;
        expect(decodeUtf8(new TextEncoder().encode(whole))).toBe(whole);
        expect(utf8Fault(whole)).toBeUndefined();
      }),
      { seed: 8, numRuns: 300 },
    );
  });

  it("keeps the valid parts of any bytes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 30 }), (bytes) => {
        const text = decodeUtf8(bytes);
        const isValid = Buffer.from(Buffer.from(bytes).toString("utf8"), "utf8").equals(Buffer.from(bytes));
        expect(utf8Fault(text) === undefined).toBe(isValid);
        expect(text.replace(/[\udc80-\udcff]/gu, "")).toBe(
          Buffer.from(bytes)
            .toString("utf8")
            .replace(/\ufffd/g, ""),
        );
      }),
      { seed: 9, numRuns: 2000 },
    );
  });
});
