import { describe, expect, it } from "vitest";
import { compareCodePoints, formatJson, formatJsonExactly } from "./json-text.js";
import { formatReal } from "./real-text.js";

describe("formatJson", () => {
  it("writes numbers as Open vSwitch does", () => {
    expect(formatJson([1, -0, 2n ** 63n - 1n, 0.1, 1 / 3, 1e19, 1e-7])).toBe(
      "[1,0,9223372036854775807,0.1,0.333333333333333,1e+19,1e-07]",
    );
  });
  it("writes what is kept so that every number comes back", () => {
    const json = [0.1 + 0.2, 0.3, 1e300, 1e-7, -0, 2n ** 63n - 1n, 1234567890.1234567];
    expect(JSON.parse(formatJsonExactly(json.slice(0, 5)))).toEqual([0.1 + 0.2, 0.3, 1e300, 1e-7, 0]);
    expect(formatJsonExactly(json)).toContain("9223372036854775807,1234567890.1234567");
  });
  it("sorts members by the bytes of their names when asked", () => {
    const json = { b: 1, "\u{1f600}": 2, "\uffee": 3, a: {} };
    expect(formatJson(json)).toBe('{"b":1,"\u{1f600}":2,"\uffee":3,"a":{}}');
    expect(formatJson(json, { sorted: true })).toBe('{"a":{},"b":1,"\uffee":3,"\u{1f600}":2}');
  });
  it("escapes control characters, quotes and backslashes only", () => {
    expect(formatJson('é/"\\\n\u0001\u007f')).toBe('"é/\\"\\\\\\n\\u0001\u007f"');
  });
  it("indents by two spaces when pretty, and closes where the last member ends", () => {
    expect(formatJson({ a: [1, []], b: {} }, { pretty: true })).toBe('{\n  "a": [\n    1,\n    []],\n  "b": {}}');
  });
});

describe("formatReal", () => {
  it.each([
    [0, "0"],
    [0.1, "0.1"],
    [1e15, "1e+15"],
    [999999999999999, "999999999999999"],
    [123456789.1234568, "123456789.123457"],
    [9007199254740994, "9.00719925474099e+15"],
    [0.0001, "0.0001"],
    [0.00001, "1e-05"],
    [1e300, "1e+300"],
    [2 ** -22, "2.38418579101562e-07"],
    [3 * 2 ** -22, "7.15255737304688e-07"],
    [12345678901234.125, "12345678901234.1"],
    [1234567890123.4375, "1234567890123.44"],
    [0.5 + 2 ** -15, "0.500030517578125"],
    [99999999999999.95, "100000000000000"],
    [-0.00012345678901234564, "-0.000123456789012346"],
    [-1234567.125, "-1234567.125"],
  ])("writes %d", (value, text) => {
    expect(formatReal(value)).toBe(text);
  });
});

describe("compareCodePoints", () => {
  it("orders like UTF-8 bytes", () => {
    const strings = ["", "a", "aa", "b", "\ud7ff", "\ue000", "\uffff", "\u{10000}", "\u{10ffff}"];
    const bytes = (a: string, b: string): number => Math.sign(Buffer.compare(Buffer.from(a), Buffer.from(b)));
    for (const a of strings) for (const b of strings) expect(Math.sign(compareCodePoints(a, b))).toBe(bytes(a, b));
  });
});
