import { describe, expect, it } from "vitest";
import type { Json } from "#util/json.js";
import type { Uuid } from "./atom.js";
import { Database } from "./database.js";
import { execute } from "./execute.js";
import { contentsToRecord } from "./log-record.js";
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

describe("a replay", () => {
  const read = (database: Database, record: Json, skipUnknown = false): void =>
    new Replay(database, skipUnknown).apply(record);
  const row = (database: Database): Json =>
    (contentsToRecord(database, { date: 0, comment: "" }) as { A?: Json }).A ?? null;

  it("reads differences, and new values in records without them", () => {
    const database = new Database(schema);
    read(database, { A: { [id]: { is: ["set", [1, 2]], io: 1 } }, _date: 1, _comment: "x" });
    read(database, { A: { [id]: { is: ["set", [2, 3]], io: 2 } }, _is_diff: true });
    expect(row(database)).toEqual({ [id]: { is: ["set", [1, 3]], io: 2 } });
    read(database, { A: { [id]: { is: ["set", [2, 3]] } } });
    expect(row(database)).toEqual({ [id]: { is: ["set", [2, 3]], io: 2 } });
    read(database, { A: { [id]: null } });
    expect(row(database)).toBeNull();
  });

  // As ovsdb-tool 3.1.0 reports them.
  const refused: [Json, string][] = [
    [{ ZZ: {} }, 'syntax "{"ZZ":{}}": unknown table: No table named ZZ.'],
    [{ _zz: 1 }, 'syntax "{"_zz":1}": unknown table: No table named _zz.'],
    [{ _date: "x" }, 'syntax "{"_date":"x"}": unknown table: No table named _date.'],
    [{ A: 5 }, 'syntax "5": syntax error: object expected'],
    [{ A: { x: {} } }, 'syntax "{"x":{}}": syntax error: "x" is not a valid UUID'],
    [{ A: { [id]: null } }, `syntax error: transaction deletes row ${id} that does not exist`],
    [{ A: { [id]: 5 } }, 'syntax "5": syntax error: row must be JSON object'],
    [{ A: { [id]: { zz: 1 } } }, 'syntax "{"zz":1}": unknown column: No column zz in table A.'],
    [{ A: { [id]: { io: "a" } } }, 'syntax ""a"": syntax error: expected integer'],
    [{ A: { [id]: { e: "q" } } }, "constraint violation: q is not one of the allowed values ([x, y])"],
  ];

  it.each(refused)("refuses %j", (record, message) => {
    expect(() => read(new Database(schema), record)).toThrow(expect.objectContaining({ message }));
  });

  it("passes over what a new schema lacks, if told to", () => {
    const database = new Database(schema);
    read(database, { ZZ: { [id]: { a: 1 } }, A: { [id]: { zz: 1, io: 1 } } }, true);
    expect(row(database)).toEqual({ [id]: { io: 1 } });
  });

  it("takes a record whole or not at all", () => {
    const database = new Database(schema);
    read(database, { A: { [id]: { io: 1 } } });
    const other = "aaaaaaaa-0000-4000-8000-000000000002";
    const bad: Json = { A: { [other]: { io: 2 }, [id]: { io: "x" } }, _is_diff: true };
    expect(() => read(database, bad)).toThrow("expected integer");
    expect(row(database)).toEqual({ [id]: { io: 1 } });
  });

  it("makes a database like any other", () => {
    const database = new Database(schema);
    const replay = new Replay(database);
    replay.apply({ A: { [id]: { io: 1 } } });
    replay.finish(newUuid);
    const update: Json = { op: "mutate", table: "A", where: [["_version", "==", ["uuid", newUuid()]]], mutations: [] };
    const { results } = execute(database, [update], { newUuid, holdsLock: () => false, elapsed: 0 });
    expect(results).toEqual([{ count: 1 }]);
  });
});

describe("a record in plain text", () => {
  const other = "aaaaaaaa-0000-4000-8000-000000000002";
  const uuid = (n: number): string => `["uuid","aaaaaaaa-0000-4000-8000-00000000000${n}"]`;
  const begin = `{"_date":1,"A":{"${id}":{"io":1,"is":["set",[1,3]],"m":["map",[["a",1]]],"few":["set",[1,2]]}}}`;

  /** Contents after the text was read plainly, if it could be, and after it was read as JSON. */
  function bothWays(text: string): { readonly taken: boolean; readonly plainly: string; readonly asJson: string } {
    let taken = false;
    const contents = (read: (replay: Replay) => void): string => {
      const database = new Database(schema);
      const replay = new Replay(database);
      replay.apply(JSON.parse(begin) as Json);
      read(replay);
      replay.finish(newUuid);
      return JSON.stringify(contentsToRecord(database, { date: 0, comment: "" }));
    };
    return {
      plainly: contents((replay) => {
        taken = replay.applyPlain(text, (from, to) => text.slice(from, to));
      }),
      asJson: contents((replay) => replay.apply(JSON.parse(text) as Json)),
      taken,
    };
  }

  it.each([
    `{"_date":2,"_comment":"a, {b}: [c]","_is_diff":true}`,
    `{"_date":2,"A":{"${id}":{"io":-5,"is":["set",[3,2]]}},"_is_diff":true}`,
    `{"_is_diff":true,"A":{"${id}":{"m":["map",[["b",2],["a",1]]],"few":["set",[2,3]]}}}`,
    `{"A":{"${id}":{"io":["set",[]],"is":7,"m":["map",[]]},"${other}":{"io":0,"e":"x"}}}`,
    `{"A":{"${id}":null,"${other}":{}}}`,
    "{}",
  ])("is read without JSON: %s", (text) => {
    const { taken, plainly, asJson } = bothWays(text);
    expect(taken).toBe(true);
    expect(plainly).toBe(asJson);
  });

  it.each([
    `{"A": {"${id}":{"io":2}}}`,
    `{"A":{"${id}":{"io":2,"io":3}}}`,
    `{"A":{"${id}":{"io":2},"${id}":{"io":3}}}`,
    `{"A":{},"A":{"${id}":{"io":3}}}`,
    `{"A":{"${id.toUpperCase()}":{"io":3}}}`,
    `{"A":{"${id}":{"io":12345678901234567}}}`,
    `{"A":{"${id}":{"io":1e3}}}`,
    `{"A":{"${id}":{"m":["map",[["\\u0061",2]]]}}}`,
    `{"A":{"${id}":{"m":["map",[["é",2]]]}}}`,
    `{"A":{"${id}":{"is":["set",[1,1]]}}}`,
    `{"A":{"${id}":{"few":["set",[]]}}}`,
    `{"A":{"${id}":{"e":"z"}}}`,
    `{"A":{"${id}":{"few":["set",[1,2]]}},"_is_diff":true}`,
    `{"A":{"${other}":null}}`,
    `{"A":{"${id}":{"zz":1}}}`,
    `{"A":{"${other}":{"_version":${uuid(1)}}}}`,
    `{"B":{}}`,
    `{"A":{"${id}":{"io":01}}}`,
    `{"A":{"${id}":{"io":${uuid(1)}}}}`,
    `{"A":{}}}`,
    `{"A":{`,
    "",
  ])("is left to the long way, with nothing done: %s", (text) => {
    const database = new Database(schema);
    const replay = new Replay(database);
    replay.apply(JSON.parse(begin) as Json);
    const before = JSON.stringify(contentsToRecord(database, { date: 0, comment: "" }));
    expect(replay.applyPlain(text, (from, to) => text.slice(from, to))).toBe(false);
    expect(JSON.stringify(contentsToRecord(database, { date: 0, comment: "" }))).toBe(before);
  });
});
