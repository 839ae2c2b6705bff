import { describe, expect, it } from "vitest";
import type { Json } from "#util/json.js";
import type { Uuid } from "./atom.js";
import { Database } from "./database.js";
import { changesOfUpdates, changesToContents, type UpdatesForm } from "./replicated-changes.js";
import { rowToJson } from "./row.js";
import { schemaFromJson } from "./schema-json.js";

const schema = schemaFromJson({
  name: "S",
  version: "1.0.0",
  tables: {
    T: {
      columns: {
        n: { type: "string" },
        s: { type: { key: "integer", min: 0, max: "unlimited" } },
        m: { type: { key: "string", value: "string", min: 0, max: "unlimited" } },
      },
      isRoot: true,
    },
  },
});

const one = "11111111-1111-4111-8111-111111111111";
const two = "22222222-2222-4222-8222-222222222222";
let made = 0;
const newUuid = () => `33333333-3333-4333-8333-${String(++made).padStart(12, "0")}` as Uuid;

function rows(database: Database): Json {
  const { schema: table, rows: found } = database.table("T");
  return Object.fromEntries([...found].map(([uuid, row]) => [uuid, rowToJson(row.data, table.columnList.slice(2))]));
}

function update(database: Database, updates: Json, form: UpdatesForm = "updates2"): number {
  const changes = changesOfUpdates(database, updates, form, newUuid);
  database.apply(changes);
  return changes.changes.length;
}

describe("what another server's updates change", () => {
  it("inserts, changes by differences and deletes", () => {
    const database = new Database(schema);
    update(database, { T: { [one]: { insert: { n: "a", s: ["set", [1, 2]], m: ["map", [["k", "v"]]] } } } });
    update(database, { T: { [one]: { modify: { s: ["set", [2, 3]], m: ["map", [["k", "v"]]] } } } });
    expect(rows(database)).toEqual({ [one]: { n: "a", s: ["set", [1, 3]], m: ["map", []] } });
    update(database, { T: { [one]: { delete: null } } });
    expect(rows(database)).toEqual({});
  });

  it("takes whole rows in the old form", () => {
    const database = new Database(schema);
    update(database, { T: { [one]: { new: { n: "a", s: ["set", []], m: ["map", []] } } } }, "updates");
    update(database, { T: { [one]: { old: { n: "a" }, new: { n: "b", s: 4, m: ["map", []] } } } }, "updates");
    expect(rows(database)).toEqual({ [one]: { n: "b", s: 4, m: ["map", []] } });
    update(database, { T: { [one]: { old: { n: "b" } } } }, "updates");
    expect(rows(database)).toEqual({});
  });

  it("is nothing where nothing differs", () => {
    const database = new Database(schema);
    update(database, { T: { [one]: { insert: { n: "a" } } } });
    expect(update(database, { T: { [one]: { insert: { n: "a" } }, [two]: { delete: null } } })).toBe(0);
    expect(update(database, { T: { [one]: { modify: { n: "a" } } } })).toBe(0);
    expect(update(database, { T: { [one]: { modify: { _version: ["uuid", two] } } } })).toBe(0);
  });

  it("makes a copy equal to whole contents", () => {
    const database = new Database(schema);
    update(database, { T: { [one]: { insert: { n: "a", s: 1 } }, [two]: { insert: { n: "goes" } } } });
    const changes = changesToContents(database, { T: { [one]: { initial: { n: "b" } } } }, "updates2", newUuid);
    expect(changes.changes.map(({ uuid, after }) => [uuid, after !== undefined])).toEqual([
      [one, true],
      [two, false],
    ]);
    database.apply(changes);
    expect(rows(database)).toEqual({ [one]: { n: "b", s: ["set", []], m: ["map", []] } });
  });

  it.each<[string, Json]>([
    ["<table-updates> is not an object", []],
    ["update of table Z, which is not in the schema", { Z: {} }],
    ["<table-update> is not an object", { T: 1 }],
    ['"x" is not a valid UUID', { T: { x: {} } }],
    ["<row-update> is not an object", { T: { [one]: null } }],
    ["<row> is not an object", { T: { [one]: {} } }],
    ["<row> is not an object", { T: { [one]: { insert: 3 } } }],
    ["No column z in table T", { T: { [one]: { insert: { z: 1 } } } }],
    [`modification of row ${two} of table T, which is not there`, { T: { [two]: { modify: { n: "x" } } } }],
    ["string", { T: { [one]: { insert: { n: 3 } } } }],
  ])("refuses %s", (message, updates) => {
    const database = new Database(schema);
    expect(() => update(database, updates)).toThrow(message);
    expect(rows(database)).toEqual({});
  });
});
