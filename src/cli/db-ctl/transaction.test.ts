import { describe, expect, it } from "vitest";
import type { Uuid } from "#ovsdb/atom.js";
import { mapOf, setOf } from "#ovsdb/datum.js";
import { findRecord } from "./records.js";
import { CtlSchema } from "./schema.js";
import { Snapshot } from "./snapshot.js";
import { Transaction } from "./transaction.js";

const schema = CtlSchema.declared({
  name: "Test",
  version: "1.0.0",
  tables: {
    Root: { columns: { parts: { set: { ref: "Part" } } }, isRoot: true, maxRows: 1 },
    Part: {
      columns: {
        name: { one: "string", mutable: false },
        tags: { set: "integer" },
        ids: { map: ["string", "string"] },
        fail_mode: { optional: "string" },
        flood: { one: "boolean" },
      },
    },
  },
});

const uuid = (n: number): Uuid => `${String(n).repeat(8)}-0000-4000-8000-000000000000` as Uuid;
const where = (n: number) => [["_uuid", "==", ["uuid", uuid(n)]]];

function begin() {
  const snapshot = new Snapshot();
  snapshot.apply({
    Root: { [uuid(1)]: { new: { parts: ["uuid", uuid(2)] } } },
    Part: {
      [uuid(2)]: {
        new: { name: "a", tags: ["set", [1, 2]], ids: ["map", [["k", "v"]]], fail_mode: ["set", []], flood: false },
      },
    },
  });
  let next = 3;
  const txn = new Transaction(schema, snapshot, () => uuid(next++));
  const [root] = txn.rows("Root");
  const [part] = txn.rows("Part");
  if (root === undefined || part === undefined) throw new Error("no rows");
  return { txn, root, part };
}

describe("a transaction", () => {
  it("sends nothing where nothing changed", () => {
    const { txn, part } = begin();
    part.set("tags", setOf([2, 1]));
    part.add("ids", mapOf([["k", "v"]]));
    expect(txn.changed).toBe(false);
  });

  it("checks that a row it writes to is there still", () => {
    const { txn, part } = begin();
    part.set("tags", setOf([7]));
    expect(txn.operations()).toEqual([
      {
        op: "wait",
        table: "Part",
        timeout: 0,
        where: where(2),
        columns: ["_uuid"],
        until: "==",
        rows: [{ _uuid: ["uuid", uuid(2)] }],
      },
      { op: "update", table: "Part", where: where(2), row: { tags: 7 } },
    ]);
  });

  it("adds pairs to maps by mutation, replacing those with the same key", () => {
    const { txn, part } = begin();
    part.add("ids", mapOf([["k", "w"]]));
    part.add("ids", mapOf([["l", "x"]]));
    expect(part.get("ids")).toEqual(
      mapOf([
        ["k", "w"],
        ["l", "x"],
      ]),
    );
    expect(txn.operations().at(-1)).toEqual({
      op: "mutate",
      table: "Part",
      where: where(2),
      mutations: [
        ["ids", "delete", ["set", ["k", "l"]]],
        [
          "ids",
          "insert",
          [
            "map",
            [
              ["k", "w"],
              ["l", "x"],
            ],
          ],
        ],
      ],
    });
  });

  it("checks what it has read before it changes references, and names rows it inserts", () => {
    const { txn, root } = begin();
    const made = txn.insert("Part");
    made.set("name", { keys: ["b"], values: undefined });
    txn.addReference(root, "parts", made);
    const name = `row${uuid(3).replaceAll("-", "_")}`;
    expect(txn.operations()).toEqual([
      {
        op: "wait",
        table: "Root",
        timeout: 0,
        where: where(1),
        columns: ["parts"],
        until: "==",
        rows: [{ parts: ["uuid", uuid(2)] }],
      },
      {
        op: "update",
        table: "Root",
        where: where(1),
        row: {
          parts: [
            "set",
            [
              ["uuid", uuid(2)],
              ["named-uuid", name],
            ],
          ],
        },
      },
      { op: "insert", table: "Part", "uuid-name": name, row: { name: "b" } },
    ]);
    expect(txn.insertionPlaces()).toEqual(new Map([[uuid(3), 2]]));
  });

  it("forgets rows that it has inserted and deleted", () => {
    const { txn } = begin();
    txn.delete(txn.insert("Part"));
    expect(txn.changed).toBe(false);
  });

  it("deletes only rows of root tables; the others go by themselves", () => {
    const { txn, root, part } = begin();
    txn.delete(part);
    expect(txn.rows("Part")).toEqual([]);
    expect(txn.operations()).toEqual([]);
    txn.delete(root);
    expect(txn.operations()).toEqual([{ op: "delete", table: "Root", where: where(1) }]);
  });
});

describe("names of things", () => {
  it("may be abbreviated while that is unambiguous", () => {
    const part = schema.findTable("PA");
    expect(part.name).toBe("Part");
    expect(() => schema.findTable("x")).toThrow('unknown table "x"');
    const { txn, part: row } = begin();
    const names = { Part: [{ column: "name" }] };
    expect(findRecord(txn, names, part, "a")).toBe(row);
    expect(findRecord(txn, names, part, "2222")).toBe(row);
    expect(findRecord(txn, names, part, "222")).toBeUndefined();
    expect(findRecord(txn, names, schema.table("Root"), ".")?.uuid).toBe(uuid(1));
  });
});
