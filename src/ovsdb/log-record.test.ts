import { describe, expect, it } from "vitest";
import type { Json } from "#util/json.js";
import type { Uuid } from "./atom.js";
import { Database } from "./database.js";
import { execute } from "./execute.js";
import { changesToRecord, contentsToRecord } from "./log-record.js";
import { Replay } from "./replay.js";
import { schemaFromJson } from "./schema-json.js";

const schema = schemaFromJson({
  name: "T",
  tables: {
    A: {
      columns: {
        e: { type: { key: { type: "string", enum: ["set", ["x", "y"]] }, min: 0 } },
        io: { type: { key: "integer", min: 0 } },
        is: { type: { key: "integer", min: 0, max: "unlimited" } },
        m: { type: { key: "string", value: "integer", min: 0, max: "unlimited" } },
        few: { type: { key: "integer", min: 1, max: 3 } },
        eph: { type: "integer", ephemeral: true },
      },
    },
  },
});
const id = "e6117e5f-1940-45d6-bb38-ea7c95b4d100" as Uuid;
const newUuid = (): Uuid => "aaaaaaaa-0000-4000-8000-000000000001" as Uuid;

function commit(database: Database, ...operations: Json[]): Json | undefined {
  const { outcome } = execute(database, operations, { newUuid, holdsLock: () => false, elapsed: 0 });
  if (outcome.kind !== "commit") throw new Error("not committed");
  database.apply(outcome.changes);
  return changesToRecord(outcome.changes, { date: 1700000000000, comment: outcome.comment });
}

// The records are those of ovsdb-server 3.1.0 for the same transactions.
describe("changesToRecord", () => {
  it("writes new rows without defaults and ephemeral columns, changes as differences, deletions as null", () => {
    const database = new Database(schema);
    const row: Json = {
      io: 5,
      is: ["set", [1, 2]],
      m: [
        "map",
        [
          ["a", 1],
          ["b", 2],
        ],
      ],
      eph: 7,
    };
    const comments: Json[] = [
      { op: "comment", comment: "one" },
      { op: "comment", comment: "two" },
    ];
    expect(commit(database, { op: "insert", table: "A", uuid: id, row }, ...comments)).toEqual({
      _date: 1700000000000,
      A: {
        [id]: {
          io: 5,
          is: ["set", [1, 2]],
          m: [
            "map",
            [
              ["a", 1],
              ["b", 2],
            ],
          ],
        },
      },
      _is_diff: true,
      _comment: "one\ntwo",
    });
    const next: Json = {
      io: 6,
      is: ["set", [2, 3]],
      m: [
        "map",
        [
          ["a", 2],
          ["c", 3],
        ],
      ],
      eph: 8,
    };
    expect(commit(database, { op: "update", table: "A", where: [], row: next })).toEqual({
      _date: 1700000000000,
      A: {
        [id]: {
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
        },
      },
      _is_diff: true,
    });
    expect(contentsToRecord(database, { date: 5, comment: "" })).toEqual({
      A: {
        [id]: {
          io: 6,
          is: ["set", [2, 3]],
          m: [
            "map",
            [
              ["a", 2],
              ["c", 3],
            ],
          ],
        },
      },
      _date: 5,
    });
    expect(commit(database, { op: "update", table: "A", where: [], row: { eph: 9 } })).toBeUndefined();
    expect(commit(database, { op: "delete", table: "A", where: [] })).toMatchObject({ A: { [id]: null } });
  });

  it("minds no table's name", () => {
    const odd = schemaFromJson({ name: "T", tables: { constructor: { columns: { toString: { type: "integer" } } } } });
    const database = new Database(odd);
    const record = commit(database, { op: "insert", table: "constructor", uuid: id, row: { toString: 5 } });
    expect(JSON.stringify(record)).toContain(`"constructor":{"${id}":{"toString":5}}`);
    const again = new Database(odd);
    const replay = new Replay(again);
    replay.apply(record!);
    replay.finish(newUuid);
    expect(again.table("constructor").rows.size).toBe(1);
  });

  it("writes a row of nothing but defaults", () => {
    expect(commit(new Database(schema), { op: "insert", table: "A", uuid: id, row: {} })).toMatchObject({
      A: { [id]: {} },
    });
  });

  it("writes values where ovsdb-server 3.1.0 would misread differences", () => {
    const database = new Database(schema);
    commit(database, { op: "insert", table: "A", uuid: id, row: {} });
    const update = (few: readonly number[]): Json | undefined =>
      commit(database, { op: "update", table: "A", where: [], row: { few: ["set", few] } });
    // From a default that is not empty; in so few steps that it may be told; with more elements than the column has room for.
    expect(update([1, 2])).toEqual({ _date: 1700000000000, A: { [id]: { few: ["set", [1, 2]] } } });
    expect(update([1, 3])).toEqual({ _date: 1700000000000, A: { [id]: { few: ["set", [2, 3]] } }, _is_diff: true });
    expect(update([4, 5])).toEqual({ _date: 1700000000000, A: { [id]: { few: ["set", [4, 5]] } } });
  });
});
