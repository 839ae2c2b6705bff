import { describe, expect, it } from "vitest";
import { createFakeHost } from "#host/fake/host.js";
import { type Uuid, ZERO_UUID } from "#ovsdb/atom.js";
import { Database } from "#ovsdb/database.js";
import { execute } from "#ovsdb/execute.js";
import { monitorSpecFromJson } from "#ovsdb/monitor-spec.js";
import { updates2Of } from "#ovsdb/monitor-update2.js";
import { schemaFromJson } from "#ovsdb/schema-json.js";
import type { Json } from "#util/json.js";
import { newUuid } from "./new-uuid.js";
import { TransactionHistory } from "./transaction-history.js";

const uuid = (n: number): Uuid => `${ZERO_UUID.slice(0, -1)}${n}` as Uuid;

function setUp() {
  const schema = schemaFromJson({
    name: "S",
    version: "1.0.0",
    tables: { T: { columns: { i: { type: "integer" }, s: { type: "string" } }, isRoot: true } },
  });
  const host = createFakeHost();
  const database = new Database(schema);
  const history = new TransactionHistory(() => newUuid(host));
  const spec = monitorSpecFromJson(schema, { T: [{ columns: ["i", "s"] }] }, true);
  return {
    history,
    run(...operations: Json[]): Uuid {
      const { outcome } = execute(database, operations, {
        newUuid: () => newUuid(host),
        holdsLock: () => false,
        elapsed: 0,
      });
      if (outcome.kind !== "commit") throw new Error(outcome.kind);
      database.apply(outcome.changes);
      history.add(outcome.changes);
      return history.latest;
    },
    missed(id: Uuid) {
      const changes = history.since(id);
      return changes && (updates2Of(spec, changes) ?? {});
    },
  };
}

const insert = (n: number): Json => ({ op: "insert", table: "T", uuid: uuid(n), row: { i: n } });
const set = (n: number, i: number): Json => ({
  op: "update",
  table: "T",
  where: [["_uuid", "==", ["uuid", uuid(n)]]],
  row: { i },
});
const remove = (n: number): Json => ({ op: "delete", table: "T", where: [["_uuid", "==", ["uuid", uuid(n)]]] });

describe("TransactionHistory", () => {
  it("tells what several transactions come to", () => {
    const { run, missed, history } = setUp();
    const empty = history.latest;
    const one = run(insert(1), insert(2), insert(3));
    run(set(1, 7));
    run(set(2, 9), remove(3), insert(4));
    const two = run(set(2, 2), insert(5));
    const last = run(remove(5));
    expect(missed(one)).toEqual({
      T: { [uuid(1)]: { modify: { i: 7 } }, [uuid(3)]: { delete: null }, [uuid(4)]: { insert: { i: 4 } } },
    });
    expect(missed(two)).toEqual({ T: { [uuid(5)]: { delete: null } } });
    expect(missed(last)).toEqual({});
    expect(missed(empty)).toEqual({
      T: { [uuid(1)]: { insert: { i: 7 } }, [uuid(2)]: { insert: { i: 2 } }, [uuid(4)]: { insert: { i: 4 } } },
    });
  });

  it("knows no other ids, and forgets what was long ago", () => {
    const { run, missed, history } = setUp();
    const first = run(insert(1));
    expect(missed(ZERO_UUID)).toBeUndefined();
    expect(missed(uuid(1))).toBeUndefined();
    for (let i = 0; i < 100; i++) run(set(1, 100 + i));
    expect(missed(first)).toBeDefined();
    run(set(1, 1));
    expect(missed(first)).toBeUndefined();
    const last = history.latest;
    history.clear();
    expect(missed(last)).toBeUndefined();
  });

  it("does not keep more rows than it should", () => {
    const { run, missed } = setUp();
    const first = run(insert(1));
    run(...Array.from({ length: 10_001 }, (): Json => ({ op: "insert", table: "T", row: {} })));
    expect(missed(first)).toBeUndefined();
  });
});
