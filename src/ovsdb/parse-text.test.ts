import { describe, expect, it } from "vitest";
import { UserError } from "#util/errors.js";
import type { Uuid } from "./atom.js";
import { type ColumnType, UNLIMITED } from "./column-type.js";
import { scalar, setOf } from "./datum.js";
import { formatBareDatum, formatDatum } from "./datum-text.js";
import { parseDatum } from "./parse-text.js";

const vlan = { type: "integer", minInteger: 0, maxInteger: 4095 } as const;
const types = {
  trunks: { key: vlan, min: 0, max: 4096 },
  tag: { key: vlan, min: 0, max: 1 },
  integers: { key: { type: "integer" }, min: 0, max: UNLIMITED },
  word: { key: { type: "string" }, min: 0, max: 1 },
  string: { key: { type: "string" }, min: 1, max: 1 },
  boolean: { key: { type: "boolean" }, min: 1, max: 1 },
  uuids: { key: { type: "uuid", refTable: "T" }, min: 1, max: UNLIMITED },
  mode: { key: { type: "string", enum: setOf(["trunk", "access"]) }, min: 0, max: 1 },
  status: { key: { type: "string" }, value: { type: "string" }, min: 0, max: UNLIMITED },
  statistics: { key: { type: "string" }, value: { type: "integer" }, min: 0, max: UNLIMITED },
} as const satisfies Record<string, ColumnType>;

// What ovs-vsctl 3.1.0 printed for `set … COLUMN=TEXT` (errors) and `get` afterwards (values).
const accepted: [keyof typeof types, string, string][] = [
  ["trunks", "1,2,3", "[1, 2, 3]"],
  ["trunks", "[1-3,7,5]", "[1, 2, 3, 5, 7]"],
  ["trunks", "1-3 5", "[1, 2, 3, 5]"],
  ["trunks", "1,2,", "[1, 2]"],
  ["trunks", " [1]", "[1]"],
  ["trunks", "[ ]", "[]"],
  ["trunks", "010", "[10]"],
  ["trunks", "+10", "[10]"],
  ["integers", "-3-1,4", "[-3, -2, -1, 0, 1, 4]"],
  ["integers", "-9223372036854775808", "[-9223372036854775808]"],
  ["tag", " 5 ", "5"],
  ["tag", "[]", "[]"],
  ["boolean", "yes", "true"],
  ["boolean", "0", "false"],
  ["word", '"a\\ud83d\\ude00"', '"a😀"'],
  ["word", "a;b", '"a;b"'],
  ["word", 'a"b c"', '"a\\"b c\\""'],
  ["word", "550e8400-e29b-41d4-a716-44665544000", '"550e8400-e29b-41d4-a716-44665544000"'],
  ["word", "abcdef01-e29b-41d4-a716-446655440000", '"abcdef01-e29b-41d4-a716-446655440000"'],
  ["word", "abcdef01-e29b-41d4-a716-4466554400001", "abcdef01-e29b-41d4-a716-4466554400001"],
  ["word", "true", '"true"'],
  ["word", "TRUE", "TRUE"],
  ["word", "_é", '"_é"'],
  ["word", '"\\/\\b\\f\\n\\r\\t\\\\"', '"/\\b\\f\\n\\r\\t\\\\"'],
  ["word", "[ a ]", "a"],
  ["status", "a=1 b=2", '{a="1", b="2"}'],
  ["status", "{a= b, c =d}", "{a=b, c=d}"],
  ["status", "{ }", "{}"],
  ["status", 'x="a b",y=nan', '{x="a b", y=nan}'],
  ["uuids", "@a", "[00000000-0000-0000-0000-00000000000a]"],
];

const refused: [keyof typeof types, string, string][] = [
  ["trunks", "5-3", '"5-3" is not a valid range. Range end cannot be before start.'],
  ["trunks", "4-x", '"4-x" is not a valid integer or range'],
  ["trunks", "-1-3", "constraint violation: -1 is not in the valid range 0 to 4095 (inclusive)"],
  ["trunks", "1-5000", "constraint violation: 5000 is not in the valid range 0 to 4095 (inclusive)"],
  ["integers", "1-4097", 'constraint violation: Range "1-4097" is too big. Maximum allowed size is 4096.'],
  ["tag", "1,2", "1,2: 2 value(s) specified but the maximum number is 1"],
  ["tag", "1-2", "1-2: 2 value(s) specified but the maximum number is 1"],
  ["tag", "1,1", "1,1: 2 value(s) specified but the maximum number is 1"],
  ["tag", "x", '"x" is not a valid integer or range'],
  ["tag", "1.5", '"1.5" is not a valid integer or range'],
  ["tag", "99999999999999999999", '"99999999999999999999" is not a valid integer or range'],
  ["tag", '"10"', '""10"" is not a valid integer or range'],
  ["tag", "  ", 'use "[]" to specify the empty set'],
  ["status", " ", 'use "{}" to specify the empty map'],
  ["trunks", "[1", '[1: missing "]" at end of data'],
  ["trunks", "1,,2", '1,,2: unexpected "," parsing set of up to 4096 integers'],
  ["trunks", ",1", ',1: unexpected "," parsing set of up to 4096 integers'],
  ["trunks", "1,1", "1,1: set contains duplicate value"],
  ["trunks", "1-2,2", "1-2,2: set contains duplicate value"],
  ["trunks", "{}", '{}: unexpected "{" parsing set of up to 4096 integers'],
  ["mode", "foo", "constraint violation: foo is not one of the allowed values ([access, trunk])"],
  ["boolean", "foo", '"foo" is not a valid boolean (use "true" or "false")'],
  ["boolean", "[]", "[]: 0 value(s) specified but the minimum number is 1"],
  ["boolean", "[true,false]", "[true,false]: 2 value(s) specified but the maximum number is 1"],
  ["uuids", "foo", '"foo" is not a valid UUID'],
  ["uuids", "{", '{: unexpected "{" parsing set of 1 or more uuids'],
  ["status", "{a}", 'a}: syntax error at "}" expecting "="'],
  ["status", "{x=1,a}", 'a}: syntax error at "}" expecting "="'],
  ["status", "x=1 a:2", 'a:2: syntax error at ":" expecting "="'],
  ["status", "a", 'a: syntax error at "'],
  ["status", "{a=}", 'An empty string is not valid as input; use "" to represent the empty string'],
  ["status", "{=}", '{=}: unexpected "=" parsing map of (string, string) pairs'],
  ["status", "{a=1,b=2", '{a=1,b=2: missing "}" at end of data'],
  ["status", "{a=1,b=2]", '{a=1,b=2]: unexpected "]" parsing map of (string, string) pairs'],
  ["status", "{a=1,a=2}", "{a=1,a=2}: map contains duplicate key"],
  ["status", "{a=1}b", '{a=1}b: trailing garbage after "}"'],
  ["status", '{"a\\q"=1}', '"a\\q": bad escape \\q'],
  ["status", '{"a=1}', '"a=1}: quoted string extends past end of argument'],
  ["status", 'a="b"c,d=e', '"b"c: missing quote at end of quoted string'],
  ["status", 'a=b"c,d=e', 'b"c,d=e: quoted string extends past end of argument'],
  ["statistics", "{a=x}", '"x" is not a valid integer or range'],
  ["statistics", "a=5-6", '"5-6" is not a valid integer or range'],
  ["word", "a b", "a b: 2 value(s) specified but the maximum number is 1"],
  ["word", "[a", '[a: missing "]" at end of data'],
  ["word", "[a]b", '[a]b: trailing garbage after "]"'],
  ["word", "a<b", 'a<b: unexpected "<" parsing set of up to 1 strings'],
  ["string", "a=b", 'a=b: unexpected "=" parsing string'],
  ["string", "{a", '{a: unexpected "{" parsing string'],
  ["string", "a:b@c", 'a:b@c: unexpected ":" parsing string'],
  ["word", '"a\\u12"', '"a\\u12": quoted string ends within \\u escape'],
  ["word", '"a\\ud800x"', '"a\\ud800x": malformed escaped surrogate pair'],
  ["word", '"\\ud83d\\u0041"', '"\\ud83d\\u0041": second half of escaped surrogate pair is not trailing surrogate'],
  ["word", '"\\uzzzz"', '"\\uzzzz": malformed \\u escape'],
  ["word", '"a\\u0000"', '"a\\u0000": null bytes not supported in quoted strings'],
  ["word", '"\\udc00"', "constraint violation: not a valid UTF-8 string: invalid UTF-8 sequence 0xed 0xb0"],
  ["word", '"a\\', '"a\\: backslash at end of argument'],
  ["word", '"a\\"', '"a\\": quoted string extends past end of argument'],
  ["word", '"a"b', '"a"b: missing quote at end of quoted string'],
  ["word", '"a"b"c"', '"a"b"c": quoted string may not include unescaped "'],
];

describe("parseDatum", () => {
  const resolve = (name: string): Uuid => `00000000-0000-0000-0000-00000000000${name}` as Uuid;

  it.each(accepted)("%s=%s", (type, text, shown) => {
    expect(formatDatum(types[type], parseDatum(types[type], text, resolve))).toBe(shown);
  });

  it.each(refused)("%s=%s is refused", (type, text, message) => {
    expect(() => parseDatum(types[type], text, resolve)).toThrow(new UserError(message));
  });

  it("keeps integers beyond 2^53 exact and normal ones plain", () => {
    expect(parseDatum(types.integers, "9223372036854775807")).toEqual(scalar(9223372036854775807n));
    expect(parseDatum(types.integers, "9007199254740991")).toEqual(scalar(9007199254740991));
  });
});

describe("formatBareDatum", () => {
  it("drops quotes, brackets and commas", () => {
    expect(formatBareDatum(types.status, parseDatum(types.status, '{"a b"=1,e="",k="x\\"y"}'))).toBe('a b=1 e= k=x"y');
    expect(formatBareDatum(types.trunks, parseDatum(types.trunks, "1,2"))).toBe("1 2");
    expect(formatBareDatum(types.tag, parseDatum(types.tag, "[]"))).toBe("");
  });
});
