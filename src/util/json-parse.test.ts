import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { JsonSyntaxError, parseJson, parseJsonExactly } from "./json-parse.js";

/** What Open vSwitch 3.1 logged when it was sent these (the position counts from the start of the text). */
const refused: readonly (readonly [string, string])[] = [
  ["xyz ", "line 0, column 3, byte 3: invalid keyword 'xyz'"],
  ['"a"', "line 0, column 2, byte 2: syntax error at beginning of input"],
  ["12 ", "line 0, column 2, byte 2: syntax error at beginning of input"],
  ["true ", "line 0, column 4, byte 4: syntax error at beginning of input"],
  ["}", "line 0, column 0, byte 0: syntax error at beginning of input"],
  [
    ' {"method":"echo","params":["\\u0000"],"id":3}',
    "line 0, column 35, byte 35: null bytes not supported in quoted strings",
  ],
  ['{"a" 1}', "line 0, column 6, byte 6: syntax error parsing object expecting ':'"],
  ['{"a":1,}', "line 0, column 7, byte 7: syntax error parsing object expecting string"],
  ["[1,]", "line 0, column 3, byte 3: syntax error expecting value"],
  ["[1 2]", "line 0, column 4, byte 4: syntax error expecting ']' or ','"],
  ["[nul]", "line 0, column 4, byte 4: invalid keyword 'nul'"],
  ["[01]", "line 0, column 3, byte 3: leading zeros not allowed"],
  ["[1.]", "line 0, column 3, byte 3: decimal point must be followed by digit"],
  ["[1e]", "line 0, column 3, byte 3: exponent must contain at least one digit"],
  ["[-]", "line 0, column 2, byte 2: '-' must be followed by digit"],
  ['["\\x"]', "line 0, column 4, byte 4: bad escape \\x"],
  ['["\\u12"]', "line 0, column 6, byte 6: quoted string ends within \\u escape"],
  ['["\\ud800"]', "line 0, column 8, byte 8: malformed escaped surrogate pair"],
  ['["\\ud800\\u0041"]', "line 0, column 14, byte 14: second half of escaped surrogate pair is not trailing surrogate"],
  ['["a\tb"]', "line 0, column 3, byte 3: U+0009 must be escaped in quoted string"],
  ['["\\u00zz"]', "line 0, column 8, byte 8: malformed \\u escape"],
  ["[1e400]", "line 0, column 6, byte 6: number outside valid range"],
  ['\n\n {"method":"x",\n"params":\n[ @]}', "line 4, column 2, byte 30: invalid character '@'"],
];

describe("parseJson", () => {
  it.each(refused)("refuses %j in upstream's words", (text, message) => {
    expect(() => parseJson(text)).toThrow(message);
  });

  it("keeps 64-bit integers exact and rounds larger ones", () => {
    expect(parseJson("[9223372036854775807,-9223372036854775808,9007199254740991,9223372036854775808]")).toEqual([
      9223372036854775807n,
      -9223372036854775808n,
      9007199254740991,
      2 ** 63,
    ]);
  });

  it("takes a number without a fraction for an integer, however it is written", () => {
    expect(parseJsonExactly("[1e16,1.0,12e-1,9007199254740993.0,92233720368547758.07e2,1e19,5e-1]")).toEqual([
      10n ** 16n,
      1,
      1.2,
      9007199254740993n,
      2n ** 63n - 1n,
      1e19,
      0.5,
    ]);
  });

  it("sees what JSON.parse would take otherwise", () => {
    expect(parseJson('{"a":[1234567890123456789],"b":"fa:16:3e:00:00:01"}')).toEqual({
      a: [1234567890123456789n],
      b: "fa:16:3e:00:00:01",
    });
    for (let shift = 0; shift < 17; shift++) {
      expect(parseJson(`["${"x".repeat(shift)}",9007199254740993]`)).toEqual(["x".repeat(shift), 9007199254740993n]);
    }
    for (const text of ["[1e400]", "[1.5E+0999]", '["\\u0000"]', '["\\uD800"]', '["\\ud800\\u0041"]']) {
      expect(() => parseJson(text)).toThrow(JsonSyntaxError);
    }
  });

  it("counts bytes, not characters, in positions", () => {
    expect(() => parseJson('["é", @]')).toThrow("line 0, column 7, byte 7");
  });

  it("refuses nesting beyond 1000 levels", () => {
    expect(() => parseJsonExactly("[".repeat(1001) + "]".repeat(1001))).toThrow("maximum nesting depth 1000");
    expect(() => parseJsonExactly("[".repeat(1000) + "]".repeat(1000))).not.toThrow();
    const deep = (n: number): string => `["[\\"]",${"[".repeat(n - 1)}"\\\\"${"]".repeat(n)}`;
    expect(() => parseJson(deep(1001))).toThrow("maximum nesting depth 1000");
    expect(() => parseJson(deep(100_000))).toThrow("maximum nesting depth 1000");
    expect(() => parseJson(deep(1000))).not.toThrow();
  });

  it("makes __proto__ an ordinary member", () => {
    const json = parseJsonExactly('{"__proto__":{"a":1}}') as object;
    expect(Object.keys(json)).toEqual(["__proto__"]);
  });

  it("agrees with JSON.parse wherever both read", () => {
    fc.assert(
      fc.property(fc.oneof(fc.array(fc.jsonValue()), fc.dictionary(fc.string(), fc.jsonValue())), (value) => {
        const text = JSON.stringify(value);
        fc.pre(!/\\u0000|\\ud[89a-f]|[0-9]{16}/.test(text));
        expect(parseJsonExactly(text)).toEqual(JSON.parse(text));
      }),
      { seed: 7, numRuns: 300 },
    );
  });
});
