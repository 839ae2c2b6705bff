import { describe, expect, it } from "vitest";
import type { Json } from "#util/json.js";
import { schemaFromJson, schemaToJson } from "./schema-json.js";

const table = (body: Json): Json => ({ name: "D", tables: { T: body } });
const column = (type: Json): Json => table({ columns: { c: { type } } });
const good = { columns: { a: { type: "integer" } } };

// [schema, message] as ovsdb-tool 3.1.0 create reports them, less the file name.
const refused: [Json, string][] = [
  [[], "syntax error: Parsing database schema failed: Object expected."],
  [{}, "syntax \"{}\": syntax error: Parsing database schema failed: Required 'name' member is missing."],
  [
    { name: "1D", tables: {} },
    'syntax "{"name":"1D","tables":{}}": syntax error: Parsing database schema failed: Type mismatch for member \'name\'.',
  ],
  [
    { name: "D", version: "1", tables: {} },
    'syntax "{"name":"D","tables":{},"version":"1"}": syntax error: schema version "1" not in format x.y.z',
  ],
  [
    { name: "D", foo: 1, tables: {} },
    'syntax "{"foo":1,"name":"D","tables":{}}": syntax error: Parsing database schema failed: Member \'foo\' is present but not allowed here.',
  ],
  [table(5), "syntax error: Parsing table schema for table T failed: Object expected."],
  [table({ columns: {} }), 'syntax "{"columns":{}}": syntax error: table must have at least one column'],
  [
    { name: "D", tables: { _T: good } },
    'syntax "{"name":"D","tables":{"_T":{"columns":{"a":{"type":"integer"}}}}}": syntax error: names beginning with "_" are reserved',
  ],
  [
    table({ columns: { "a b": { type: "integer" } } }),
    'syntax "{"columns":{"a b":{"type":"integer"}}}": syntax error: name must be a valid id',
  ],
  [table({ columns: { a: 5 } }), "syntax error: Parsing schema for column a failed: Object expected."],
  [
    table({ ...good, maxRows: 0 }),
    'syntax "{"columns":{"a":{"type":"integer"}},"maxRows":0}": syntax error: maxRows must be at least 1',
  ],
  [table({ ...good, indexes: [5] }), 'syntax "5": syntax error: array of distinct column names expected'],
  [table({ ...good, indexes: [["b"]] }), 'syntax "["b"]": syntax error: b is not a valid column name'],
  [
    table({ ...good, indexes: [[]] }),
    'syntax "{"columns":{"a":{"type":"integer"}},"indexes":[[]]}": syntax error: index must have at least one column',
  ],
  [
    table({ columns: { a: { type: "integer", ephemeral: true } }, indexes: [["a"]] }),
    'syntax "{"columns":{"a":{"ephemeral":true,"type":"integer"}},"indexes":[["a"]]}": syntax error: ephemeral columns (such as a) may not be indexed',
  ],
  [column("foo"), 'syntax ""foo"": syntax error: "foo" is not an atomic-type'],
  [column({}), "syntax \"{}\": syntax error: Parsing ovsdb type failed: Required 'key' member is missing."],
  [
    column({ key: "integer", min: 2 }),
    'syntax "{"key":"integer","min":2}": syntax error: ovsdb type fails constraint checks',
  ],
  [column({ key: "integer", min: -1 }), 'syntax "-1": syntax error: bad min or max value'],
  [column({ key: "integer", max: "x" }), 'syntax ""x"": syntax error: bad min or max value'],
  [
    column({ key: { type: "integer", minInteger: 5, maxInteger: 3 } }),
    'syntax "{"maxInteger":3,"minInteger":5,"type":"integer"}": syntax error: minInteger exceeds maxInteger',
  ],
  [
    column({ key: { type: "integer", minReal: 5 } }),
    'syntax "{"minReal":5,"type":"integer"}": syntax error: Parsing ovsdb type failed: Member \'minReal\' is present but not allowed here.',
  ],
  [
    column({ key: { type: "string", minLength: -1 } }),
    'syntax "-1": syntax error: minLength out of valid range 0 to 4294967295',
  ],
  [
    column({ key: { type: "integer", enum: ["set", []] } }),
    'syntax "["set",[]]": syntax error: set must have 1 to 4294967295 members but 0 are present',
  ],
  [
    column({ key: { type: "integer", enum: ["set", [5]], minInteger: 1 } }),
    'syntax "{"enum":["set",[5]],"minInteger":1,"type":"integer"}": syntax error: Parsing ovsdb type failed: Member \'minInteger\' is present but not allowed here.',
  ],
  [column({ key: { type: "uuid", refTable: "X" } }), "syntax error: column c key refers to undefined table X"],
  [
    column({ key: { type: "uuid", refTable: "T", refType: "foo" } }),
    'syntax "{"refTable":"T","refType":"foo","type":"uuid"}": syntax error: refType must be "strong" or "weak" (not "foo")',
  ],
];

describe("schemaFromJson", () => {
  it.each(refused)("case %#", (json, message) => {
    expect(() => schemaFromJson(json)).toThrow(expect.objectContaining({ message }));
  });

  it("makes every table a root where none says so, and says nothing of it on output", () => {
    const schema = schemaFromJson({ name: "D", tables: { T: good, U: good } });
    expect([...schema.tables.values()].map((t) => t.isRoot)).toEqual([true, true]);
    expect(schemaToJson(schema)).toEqual({ name: "D", tables: { T: good, U: good } });
  });

  it("keeps weak references mutable", () => {
    const weak = { key: { type: "uuid", refTable: "T", refType: "weak" }, min: 0, max: "unlimited" };
    const schema = schemaFromJson(table({ columns: { c: { type: weak, mutable: false } } }));
    expect(schema.tables.get("T")!.columns.get("c")!.mutable).toBe(true);
  });

  it("prints what it read", () => {
    const json = {
      name: "D",
      version: "1.2.3",
      cksum: "1 2",
      tables: {
        A: {
          columns: {
            a: { type: { key: { type: "integer", minInteger: 1, maxInteger: 2n ** 60n }, min: 0 } },
            b: { type: { key: { type: "string", enum: ["set", ["x", "y"]] } }, mutable: false },
            c: { type: { key: "integer", value: { type: "uuid", refTable: "A", refType: "weak" }, min: 0, max: 5 } },
            d: { type: { key: { type: "real", minReal: 0.5 }, min: 0, max: "unlimited" }, ephemeral: true },
            e: { type: "boolean" },
          },
          isRoot: true,
          maxRows: 7,
          indexes: [["a", "b"], ["e"]],
        },
        B: { columns: { s: { type: { key: { type: "string", minLength: 1, maxLength: 2 } } } } },
      },
    };
    expect(schemaToJson(schemaFromJson(json))).toEqual(json);
  });
});
