import { describe, expect, it } from "vitest";
import type { Json } from "#util/json.js";
import type { Uuid } from "./atom.js";
import type { ChangeSet } from "./change-set.js";
import { Database } from "./database.js";
import { OvsdbError } from "./error.js";
import { execute } from "./execute.js";
import { changeConditions, type MonitorSpec, monitorSpecFromJson } from "./monitor-spec.js";
import { initialUpdates, updatesOf } from "./monitor-update.js";
import { initialUpdates2, updates2Of, updates2OfConditions } from "./monitor-update2.js";
import { schemaFromJson } from "./schema-json.js";

// The messages are what ovsdb-server 3.1.0 sends for the same requests.
const schema = schemaFromJson({
  name: "T",
  tables: {
    A: {
      columns: {
        i: { type: "integer" },
        io: { type: { key: "integer", min: 0 } },
        is: { type: { key: "integer", min: 0, max: "unlimited" } },
        m: { type: { key: "string", value: "integer", min: 0, max: "unlimited" } },
        m1: { type: { key: "string", value: "integer", min: 0, max: 1 } },
      },
    },
    B: { columns: { n: { type: "string" } } },
  },
});

const id = (n: number): Uuid => `e6117e5f-1940-45d6-bb38-ea7c95b4d1${n}` as Uuid;

class Bench {
  readonly database = new Database(schema);
  #fresh = 0;

  transact(...operations: Json[]): ChangeSet {
    const newUuid = (): Uuid => `aaaaaaaa-0000-4000-8000-${(++this.#fresh).toString().padStart(12, "0")}` as Uuid;
    const { outcome, results } = execute(this.database, operations, { newUuid, holdsLock: () => false, elapsed: 0 });
    if (outcome.kind !== "commit") throw new Error(JSON.stringify(results));
    this.database.apply(outcome.changes);
    return outcome.changes;
  }

  insert(n: number, row: Json): ChangeSet {
    return this.transact({ op: "insert", table: "A", uuid: id(n), row });
  }

  update(row: Json, where: Json = []): ChangeSet {
    return this.transact({ op: "update", table: "A", where, row });
  }
}

const spec = (requests: Json): MonitorSpec => monitorSpecFromJson(schema, requests, false);
const spec2 = (requests: Json): MonitorSpec => monitorSpecFromJson(schema, requests, true);

describe("monitor requests", () => {
  const refused: [Json, Json][] = [
    [{ Z: {} }, { details: "no table named Z", error: "syntax error" }],
    [{ A: 5 }, { details: "Parsing table A failed: Object expected.", error: "syntax error" }],
    [{ A: { columns: ["zz"] } }, { details: "zz is not a valid column name", error: "syntax error", syntax: '["zz"]' }],
    [
      { A: { columns: 5 } },
      {
        details: "Parsing table A failed: Type mismatch for member 'columns'.",
        error: "syntax error",
        syntax: '{"columns":5}',
      },
    ],
    [{ A: { columns: [5] } }, { details: "array of column names expected", error: "syntax error", syntax: "[5]" }],
    [
      { A: { columns: ["i", "i"] } },
      { details: "column i mentioned more than once", error: "syntax error", syntax: '["i","i"]' },
    ],
    [
      { A: [{ columns: ["i"] }, { columns: ["i", "io"] }] },
      { details: "column i mentioned more than once", error: "syntax error", syntax: '["i","io"]' },
    ],
    [
      { A: { select: { foo: true } } },
      {
        details: "Parsing table A select failed: Member 'foo' is present but not allowed here.",
        error: "syntax error",
        syntax: '{"foo":true}',
      },
    ],
    [
      { A: { where: [["i", "==", 5]] } },
      {
        details: "Parsing table A failed: Member 'where' is present but not allowed here.",
        error: "syntax error",
        syntax: '{"where":[["i","==",5]]}',
      },
    ],
    [5, { details: "monitor-requests must be object", error: "syntax error", syntax: "5" }],
  ];

  it.each(refused)("%j is refused", (requests, error) => {
    try {
      spec(requests);
      expect.unreachable();
    } catch (caught) {
      expect((caught as OvsdbError).toJson()).toEqual(error);
    }
  });

  it("change conditions of tables they have, and nothing else", () => {
    const before = spec2({ A: [{ columns: ["i"] }] });
    const fault = (requests: Json): Json => {
      try {
        changeConditions(before, requests);
      } catch (caught) {
        if (caught instanceof OvsdbError) return caught.toJson();
      }
      return null;
    };
    expect(fault({ B: [{ where: [] }] })).toEqual({
      details: "no table named B in monitor session",
      error: "syntax error",
    });
    expect(fault({ A: [{ columns: ["io"] }] })).toEqual({
      details: "changing columns is unsupported",
      error: "syntax error",
      syntax: '{"columns":["io"]}',
    });
    expect(fault({ A: [{ where: [["zz", "==", 0]] }] })).toMatchObject({ error: "unknown column" });
  });
});

describe("update", () => {
  it("tells new rows whole, changed rows with their old values, deleted rows' last values", () => {
    const bench = new Bench();
    const monitor = spec({ A: [{ columns: ["i", "io", "is"] }] });
    expect(updatesOf(monitor, bench.insert(50, { io: 5, is: ["set", [1, 2]] }))).toEqual({
      A: { [id(50)]: { new: { i: 0, io: 5, is: ["set", [1, 2]] } } },
    });
    expect(initialUpdates(monitor, bench.database)).toEqual({
      A: { [id(50)]: { new: { i: 0, io: 5, is: ["set", [1, 2]] } } },
    });
    expect(updatesOf(monitor, bench.update({ io: ["set", []] }))).toEqual({
      A: { [id(50)]: { new: { i: 0, io: ["set", []], is: ["set", [1, 2]] }, old: { io: 5 } } },
    });
    expect(updatesOf(monitor, bench.update({ m: ["map", [["a", 1]]] }))).toBeUndefined();
    expect(updatesOf(monitor, bench.update({ io: ["set", []] }))).toBeUndefined();
    expect(updatesOf(monitor, bench.transact({ op: "delete", table: "A", where: [] }))).toEqual({
      A: { [id(50)]: { old: { i: 0, io: ["set", []], is: ["set", [1, 2]] } } },
    });
  });

  it("has all columns but _uuid where none are named", () => {
    const bench = new Bench();
    const monitor = spec({ A: {} });
    bench.insert(50, {});
    const row = (initialUpdates(monitor, bench.database)["A"]![id(50)] as { new: Json }).new;
    expect(Object.keys(row as object).sort()).toEqual(["_version", "i", "io", "is", "m", "m1"]);
    const [update] = Object.values(updatesOf(monitor, bench.update({ i: 1 }))!["A"]!) as { old: Json }[];
    expect(Object.keys(update!.old as object).sort()).toEqual(["_version", "i"]);
  });

  it("heeds what is selected, column by column", () => {
    const bench = new Bench();
    const monitor = spec({ A: [{ columns: ["i"] }, { columns: ["io"], select: { initial: false, modify: false } }] });
    bench.insert(50, { io: 1 });
    expect(initialUpdates(monitor, bench.database)).toEqual({ A: { [id(50)]: { new: { i: 0 } } } });
    expect(updatesOf(monitor, bench.update({ io: 2 }))).toBeUndefined();
    expect(updatesOf(monitor, bench.update({ i: 2 }))).toEqual({ A: { [id(50)]: { new: { i: 2 }, old: { i: 0 } } } });
    const none = spec({ A: { select: { initial: false, insert: false, delete: false, modify: false } } });
    expect(initialUpdates(none, bench.database)).toEqual({});
    expect(updatesOf(none, bench.transact({ op: "delete", table: "A", where: [] }))).toBeUndefined();
  });
});

describe("update2", () => {
  it("tells new rows without defaults and changes as differences", () => {
    const bench = new Bench();
    const monitor = spec2({ A: [{ columns: ["i", "io", "is", "m", "m1"] }] });
    const row = {
      io: 5,
      is: ["set", [1, 2]],
      m: [
        "map",
        [
          ["a", 1],
          ["b", 2],
        ],
      ],
      m1: ["map", [["a", 1]]],
    } as Json;
    expect(updates2Of(monitor, bench.insert(50, row))).toEqual({ A: { [id(50)]: { insert: row } } });
    expect(initialUpdates2(monitor, bench.database)).toEqual({ A: { [id(50)]: { initial: row } } });
    const change: Json = {
      io: 6,
      is: ["set", [2, 3]],
      m: [
        "map",
        [
          ["a", 2],
          ["c", 3],
        ],
      ],
      m1: ["map", [["b", 1]]],
    };
    expect(updates2Of(monitor, bench.update(change))).toEqual({
      A: {
        [id(50)]: {
          modify: {
            io: 6,
            is: ["set", [1, 3]],
            m: [
              "map",
              [
                ["a", 2],
                ["b", 2],
                ["c", 3],
              ],
            ],
            m1: ["map", [["b", 1]]],
          },
        },
      },
    });
    const nothing: Json = { io: ["set", []], is: ["set", []], m: ["map", []], m1: ["map", []] };
    expect(updates2Of(monitor, bench.update(nothing))).toEqual({
      A: {
        [id(50)]: {
          modify: {
            io: ["set", []],
            is: ["set", [2, 3]],
            m: [
              "map",
              [
                ["a", 2],
                ["c", 3],
              ],
            ],
            m1: ["map", []],
          },
        },
      },
    });
    expect(updates2Of(monitor, bench.update({ io: 0 }))).toEqual({ A: { [id(50)]: { modify: { io: 0 } } } });
    expect(updates2Of(monitor, bench.transact({ op: "delete", table: "A", where: [] }))).toEqual({
      A: { [id(50)]: { delete: null } },
    });
  });

  it("shows rows come and go as they meet a condition", () => {
    const bench = new Bench();
    const seven = spec2({ A: [{ columns: ["i"], where: [["i", "==", 7]] }] });
    const either = spec2({ A: [{ columns: ["i"], where: [["i", "==", 7], ["io", "==", 9], false] }] });
    const never = spec2({ A: [{ columns: ["i"], where: [false] }] });
    expect(updates2Of(seven, bench.insert(62, { i: 7 }))).toEqual({ A: { [id(62)]: { insert: { i: 7 } } } });
    expect(initialUpdates2(never, bench.database)).toEqual({});
    const eight = bench.update({ i: 8 });
    expect(updates2Of(seven, eight)).toEqual({ A: { [id(62)]: { delete: null } } });
    const nine = bench.update({ io: 9 });
    expect(updates2Of(seven, nine)).toBeUndefined();
    expect(updates2Of(either, nine)).toEqual({ A: { [id(62)]: { insert: { i: 8 } } } });
    const back = bench.update({ i: 7 });
    expect(updates2Of(seven, back)).toEqual({ A: { [id(62)]: { insert: { i: 7 } } } });
    expect(updates2Of(either, back)).toEqual({ A: { [id(62)]: { modify: { i: 7 } } } });
    expect(updates2Of(never, back)).toBeUndefined();
  });

  it("follows a change of condition", () => {
    const bench = new Bench();
    bench.insert(60, {});
    bench.insert(62, { i: 7 });
    const before = spec2({ A: [{ columns: ["i"], where: [["i", "==", 7]] }] });
    const after = changeConditions(before, { A: [{ where: [["i", "==", 0]] }] });
    expect(updates2OfConditions(before, after, bench.database)).toEqual({
      A: { [id(62)]: { delete: null }, [id(60)]: { insert: {} } },
    });
    expect(updates2OfConditions(after, after, bench.database)).toBeUndefined();
    const all = changeConditions(after, { A: [{ where: [] }] });
    expect(updates2OfConditions(after, all, bench.database)).toEqual({ A: { [id(62)]: { insert: { i: 7 } } } });
  });
});
