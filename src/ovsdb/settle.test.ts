import { beforeEach, describe, expect, it } from "vitest";
import type { Json } from "#util/json.js";
import type { Uuid } from "./atom.js";
import { Database } from "./database.js";
import { type Execution, execute } from "./execute.js";
import { schemaFromJson } from "./schema-json.js";

const strong = { type: "uuid", refTable: "B" };
const weak = { type: "uuid", refTable: "B", refType: "weak" };
const schema = schemaFromJson({
  name: "T",
  tables: {
    A: {
      columns: {
        s: { type: { key: strong, min: 0, max: "unlimited" } },
        w: { type: { key: weak, min: 0, max: "unlimited" } },
        pairs: { type: { key: strong, value: weak, min: 0, max: "unlimited" } },
        n: { type: "integer" },
      },
      isRoot: true,
    },
    B: { columns: { n: { type: "string" }, next: { type: { key: strong, min: 0 } } } },
    Unique: {
      columns: { a: { type: "integer" }, b: { type: "integer" }, c: { type: "string" }, z: { type: "integer" } },
      isRoot: true,
      indexes: [["a", "b", "c"]],
      maxRows: 3,
    },
  },
});

const id = (n: number): Uuid => `e6117e5f-1940-45d6-bb38-ea7c95b4d1${n.toString().padStart(2, "0")}` as Uuid;
const ref = (n: number): Json => ["uuid", id(n)];
const is = (n: number): Json => [["_uuid", "==", ref(n)]];
let database: Database;
let fresh = 0;

function transact(...operations: Json[]): Execution {
  const newUuid = (): Uuid => `aaaaaaaa-0000-4000-8000-${(++fresh).toString(16).padStart(12, "0")}` as Uuid;
  const execution = execute(database, operations, { newUuid, holdsLock: () => false, elapsed: 0 });
  if (execution.outcome.kind === "commit") database.apply(execution.outcome.changes);
  return execution;
}

const insert = (table: string, n: number, row: Json): Json => ({ op: "insert", table, uuid: id(n), row });
const details = ({ results }: Execution): string => (results.at(-1) as { details: string }).details;
const rows = (table: string): Uuid[] => [...database.table(table).rows.keys()];

beforeEach(() => {
  database = new Database(schema);
});

describe("references", () => {
  it("delete a chain of rows with the reference that kept it", () => {
    transact(
      insert("B", 1, { n: "x", next: ref(2) }),
      insert("B", 2, { n: "y" }),
      insert("A", 3, { s: ref(1), w: ref(2) }),
    );
    expect(rows("B")).toEqual([id(1), id(2)]);
    const { outcome } = transact({ op: "update", table: "A", where: is(3), row: { s: ["set", []] } });
    expect(rows("B")).toEqual([]);
    expect(database.table("A").rows.get(id(3))!.data[3]!.keys).toEqual([]);
    expect(
      outcome.kind === "commit" && outcome.changes.changes.map((c) => [c.table.name, c.after === undefined]),
    ).toEqual([
      ["A", false],
      ["B", true],
      ["B", true],
    ]);
  });

  it("do not keep a row that only itself refers to, but keep rows that refer to each other", () => {
    transact(insert("B", 1, { next: ref(1) }));
    expect(rows("B")).toEqual([]);
    transact(insert("B", 1, { next: ref(2) }), insert("B", 2, { next: ref(1) }));
    expect(rows("B")).toEqual([id(1), id(2)]);
  });

  it("go with a map's pair when its weak half goes, and take what they kept along", () => {
    transact(insert("B", 1, {}), insert("B", 2, {}), insert("A", 3, { s: ref(2), pairs: ["map", [[ref(1), ref(2)]]] }));
    expect(rows("B")).toEqual([id(1), id(2)]);
    transact({ op: "update", table: "A", where: is(3), row: { s: ["set", []] } });
    expect(database.table("A").rows.get(id(3))!.data[4]!.keys).toEqual([]);
    expect(rows("B")).toEqual([]);
  });

  it("to missing rows are refused if strong and dropped if weak", () => {
    expect(details(transact(insert("A", 3, { s: ref(9) })))).toBe(
      `Table A column s row ${id(3)} references nonexistent row ${id(9)} in table B.`,
    );
    expect(transact(insert("A", 3, { w: ref(9) })).outcome.kind).toBe("commit");
    expect(database.table("A").rows.get(id(3))!.data[3]!.keys).toEqual([]);
  });

  it("are pruned in a row that the transaction changes otherwise, too", () => {
    transact(insert("B", 1, {}), insert("A", 2, { s: ref(1) }), insert("A", 3, { w: ref(1) }));
    transact({ op: "delete", table: "A", where: is(2) }, { op: "update", table: "A", where: is(3), row: { n: 5 } });
    expect(rows("B")).toEqual([]);
    expect(database.table("A").rows.get(id(3))!.data[3]!.keys).toEqual([]);
  });

  it("count in the refusal of a deletion", () => {
    transact(insert("B", 1, {}), insert("A", 2, { s: ref(1) }), insert("A", 3, { s: ref(1) }));
    expect(details(transact({ op: "delete", table: "B", where: [] }))).toBe(
      `cannot delete B row ${id(1)} because of 2 remaining reference(s)`,
    );
    expect(rows("B")).toEqual([id(1)]);
  });
});

describe("unique indexes", () => {
  const duplicate = 'Transaction causes multiple rows in "Unique" table to have identical values';
  const index = 'for index on columns "a", "b", and "c".';

  beforeEach(() => {
    transact(insert("Unique", 1, { a: 1, b: 2, c: "q" }), insert("Unique", 2, { a: 1, b: 2, c: "r" }));
  });

  it("name a row inserted beside one that was there", () => {
    expect(details(transact(insert("Unique", 3, { a: 1, b: 2, c: "q" })))).toBe(
      `${duplicate} (1, 2, and q) ${index}  First row, with UUID ${id(3)}, was inserted by this transaction.  Second row, with UUID ${id(1)}, existed in the database before this transaction and was not modified by the transaction.`,
    );
  });

  it("name rows by what the transaction did to them", () => {
    const z = { op: "update", table: "Unique", where: is(1), row: { z: 1 } };
    const c = { op: "update", table: "Unique", where: is(2), row: { c: "q" } };
    expect(details(transact(z, c))).toBe(
      `${duplicate} (1, 2, and q) ${index}  First row, with UUID ${id(1)}, existed in the database before this transaction, which modified some of the row's columns but not any columns in this index.  Second row, with UUID ${id(2)}, had the following index values before the transaction: 1, 2, and r.`,
    );
  });

  it("let two rows swap their values, and a value move to a new row", () => {
    const swap = transact(
      { op: "update", table: "Unique", where: is(1), row: { c: "r" } },
      { op: "update", table: "Unique", where: is(2), row: { c: "q" } },
    );
    expect(swap.results).toEqual([{ count: 1 }, { count: 1 }]);
    transact({ op: "delete", table: "Unique", where: is(1) }, insert("Unique", 3, { a: 1, b: 2, c: "r" }));
    expect(rows("Unique")).toEqual([id(2), id(3)]);
    expect(details(transact(insert("Unique", 4, { a: 1, b: 2, c: "q" })))).toContain(id(2));
  });

  it("come after the limit of rows", () => {
    const many = [3, 4].map((n) => insert("Unique", n, { a: 1, b: 2, c: "q" }));
    expect(details(transact(...many))).toBe(
      'transaction causes "Unique" table to contain 4 rows, greater than the schema-defined limit of 3 row(s)',
    );
  });
});

describe("a read-only server", () => {
  it("refuses what writes, once it is known to be right", () => {
    const context = { newUuid: () => id(1), holdsLock: () => true, elapsed: 0, readOnly: true };
    const answer = (operation: Json): Json => execute(database, [operation], context).results[0]!;
    for (const operation of [
      insert("A", 1, {}),
      { op: "delete", table: "A", where: [] },
      { op: "commit", durable: false },
    ]) {
      const name = (operation as { op: string }).op;
      expect(answer(operation)).toEqual({
        details: `${name} operation not allowed when database server is in read only mode`,
        error: "not allowed",
      });
    }
    expect(answer({ op: "select", table: "A", where: [] })).toEqual({ rows: [] });
    expect(answer({ op: "assert", lock: "l" })).toEqual({});
    expect(answer(insert("A", 1, { zz: 1 }))).toMatchObject({ error: "unknown column" });
  });
});

describe("wait", () => {
  const wait = (timeout?: number): Json => ({
    op: "wait",
    table: "A",
    where: [],
    columns: ["n"],
    until: "==",
    rows: [{ n: 1 }],
    ...(timeout === undefined ? {} : { timeout }),
  });
  const tried = (elapsed: number, timeout?: number): Execution =>
    execute(database, [wait(timeout)], { newUuid: () => id(1), holdsLock: () => false, elapsed });

  it("blocks until its timeout, or for ever", () => {
    expect(tried(0, 100).outcome).toEqual({ kind: "blocked", timeout: 100 });
    expect(tried(99, 100).outcome).toEqual({ kind: "blocked", timeout: 100 });
    expect(tried(1e9).outcome).toEqual({ kind: "blocked", timeout: undefined });
    expect(tried(100.7, 100).results).toEqual([{ details: '"wait" timed out after 100 ms', error: "timed out" }]);
    expect(tried(0, 0).results).toEqual([{ details: '"where" clause test failed', error: "timed out" }]);
  });

  it("goes on when it comes true", () => {
    transact(insert("A", 1, { n: 1 }));
    expect(tried(0, 100).results).toEqual([{}]);
  });
});
