import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Json } from "#util/json.js";
import { JsonFraming } from "./json-framing.js";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

function feed(text: string, size = text.length, limit?: number): Json[] {
  const framing = new JsonFraming(limit);
  const values: Json[] = [];
  const all = bytes(text);
  for (let at = 0; at < all.length; at += size) framing.feed(all.subarray(at, at + size), (v) => values.push(v));
  return values;
}

describe("JsonFraming", () => {
  it("cuts the same values out of a stream, however it arrives", () => {
    const value = fc.oneof(
      fc.array(fc.jsonValue()),
      fc.dictionary(fc.string(), fc.oneof(fc.jsonValue(), fc.constantFrom("}{", '\\"[', "é\\", "\\\\"))),
    );
    fc.assert(
      fc.property(fc.array(value, { minLength: 1, maxLength: 4 }), fc.integer({ min: 1, max: 40 }), (values, size) => {
        const texts = values.map((v) => JSON.stringify(v));
        fc.pre(!texts.some((t) => /\\u0000|\\ud[89a-f]|[0-9]{16}/.test(t)));
        expect(feed(texts.join(" \n"), size)).toEqual(texts.map((t) => JSON.parse(t)));
      }),
      { seed: 11, numRuns: 300 },
    );
  });

  it("takes the exact path for long integers only, at any cut", () => {
    const text = '[12345678901234567,1]{"a":"12345678901234567"}[9007199254740993]';
    for (const size of [1, 5, 100]) {
      expect(feed(text, size)).toEqual([[12345678901234567n, 1], { a: "12345678901234567" }, [9007199254740993n]]);
    }
  });

  it("refuses what JSON.parse would take otherwise", () => {
    expect(() => feed("[1e400]")).toThrow("number outside valid range");
    expect(() => feed('["\\u0000"]', 1)).toThrow("null bytes not supported");
  });

  it("notices a wrong stream without waiting for its end", () => {
    expect(() => feed('{"a": [1}')).toThrow("syntax error expecting ']' or ','");
    expect(() => feed("{@")).toThrow("line 0, column 1, byte 1: invalid character '@'");
    expect(() => feed("xyz{")).toThrow("line 0, column 3, byte 3: invalid keyword 'xyz'");
    expect(() => feed('[]\n"a"')).toThrow("line 1, column 2, byte 3: syntax error at beginning of input");
    expect(() => feed("}")).toThrow("line 0, column 0, byte 0: syntax error at beginning of input");
    expect(feed("xyz")).toEqual([]);
    // However the word is cut.
    for (const size of [1, 2, 3, 4]) {
      expect(() => feed("xyz{", size)).toThrow("line 0, column 3, byte 3: invalid keyword 'xyz'");
      expect(() => feed("-1.5 ", size)).toThrow("line 0, column 4, byte 4: syntax error at beginning of input");
    }
  });

  it("bounds what it keeps", () => {
    expect(() => feed(`["${"a".repeat(100)}`, 10, 50)).toThrow("message exceeds 50 bytes");
    expect(() => feed(`["${"a".repeat(100)}"]`, 1000, 50)).toThrow("message exceeds 50 bytes");
  });

  it("any bytes give values or a syntax error", () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'{}[]",:1e-\\u0d tn'.split("")), maxLength: 40 }), (text) => {
        try {
          feed(text, 3);
        } catch (error) {
          expect((error as Error).name).toBe("JsonSyntaxError");
        }
      }),
      { seed: 3, numRuns: 2000 },
    );
  });
});
