import { beforeEach, describe, expect, it } from "vitest";
import type { Json } from "#util/json.js";
import type { Uuid } from "./atom.js";
import { Database } from "./database.js";
import { execute } from "./execute.js";
import { schemaFromJson } from "./schema-json.js";

const schema = schemaFromJson({
  name: "T",
  tables: {
    Port: {
      columns: {
        name: { type: "string" },
        zone: { type: "integer" },
        key: { type: { key: "integer", min: 0 } },
        note: { type: "string" },
      },
      indexes: [["name"], ["zone", "key"]],
      isRoot: true,
    },
  },
});
const size = 1000;
const id = (n: number): Uuid => `aaaaaaaa-0000-4000-8000-${n.toString().padStart(12, "0")}` as Uuid;

let database: Database;
/** Rows that were looked at one after the other. */
let scanned = 0;

beforeEach(() => {
  database = new Database(schema);
  const inserts = Array.from({ length: size }, (_, n): Json => {
    return { op: "insert", table: "Port", uuid: id(n), row: { name: `p${n}`, zone: n % 10, key: n, note: `${n % 7}` } };
  });
  run(...inserts);
  const { rows } = database.table("Port");
  const values = rows.values.bind(rows);
  rows.values = function* () {
    for (const row of values()) {
      scanned++;
      yield row;
    }
  } as typeof rows.values;
  scanned = 0;
});

function run(...operations: Json[]): readonly Json[] {
  const context = { newUuid: () => id(999_999), holdsLock: () => false, elapsed: 0 };
  const { results, outcome } = execute(database, operations, context);
  if (outcome.kind === "commit") database.apply(outcome.changes);
  return results;
}

const found = (where: Json): number =>
  (run({ op: "select", table: "Port", where, columns: ["name"] })[0] as { rows: Json[] }).rows.length;

describe("rows that a condition names", () => {
  it.each<[string, Json, number]>([
    ["by UUID", [["_uuid", "==", ["uuid", id(7)]]], 1],
    [
      "by UUID, with more to meet",
      [
        ["note", "==", "5"],
        ["_uuid", "==", ["uuid", id(7)]],
      ],
      0,
    ],
    ["by the value of an index", [["name", "==", "p7"]], 1],
    ["by a value that no row has", [["name", "==", "q"]], 0],
    ["by inclusion in a scalar", [["name", "includes", "p7"]], 1],
    [
      "by the values of an index of two columns",
      [
        ["key", "==", 17],
        ["zone", "==", 7],
      ],
      1,
    ],
    [
      "by an index, with more to meet",
      [
        ["zone", "==", 7],
        ["note", "==", "1"],
        ["key", "==", 17],
      ],
      0,
    ],
    [
      "by an optional column that is empty",
      [
        ["key", "==", ["set", []]],
        ["zone", "==", 7],
      ],
      0,
    ],
    ["by nothing that can be", [["zone", "==", 7], false], 0],
  ])("are found without a look at others: %s", (_, where, count) => {
    expect([found(where), scanned]).toEqual([count, 0]);
  });

  it.each<[string, Json, number]>([
    ["by a column without an index", [["note", "==", "0"]], 143],
    ["by a part of an index", [["zone", "==", 7]], 100],
    ["by other relations", [["name", "!=", "p7"]], 999],
  ])("are looked for among all: %s", (_, where, count) => {
    expect([found(where), scanned]).toEqual([count, size]);
  });

  it("are those of the transaction so far", () => {
    const where: Json = [["name", "==", "p7"]];
    const renamed = run(
      { op: "update", table: "Port", where, row: { name: "q7" } },
      { op: "select", table: "Port", where, columns: ["name"] },
      { op: "select", table: "Port", where: [["name", "==", "q7"]], columns: ["name"] },
    );
    expect(renamed).toEqual([{ count: 1 }, { rows: [] }, { rows: [{ name: "q7" }] }]);
    expect(scanned).toBe(0);
  });
});
