import { describe, expect, it } from "vitest";
import type { Uuid } from "#ovsdb/atom.js";
import { Database } from "#ovsdb/database.js";
import { execute } from "#ovsdb/execute.js";
import { rowToJson } from "#ovsdb/row.js";
import { schemaFromJson } from "#ovsdb/schema-json.js";
import type { Json } from "#util/json.js";
import { convertContents, convertDatabase } from "./convert.js";

type Columns = { readonly [name: string]: Json };

const before: Columns = {
  n: { type: "string" },
  brief: { type: "string", ephemeral: true },
  count: { type: "integer" },
  optional: { type: { key: "integer", min: 0 } },
  set: { type: { key: "integer", min: 0, max: "unlimited" } },
};
const schemaOf = (columns: Columns): Json => ({
  name: "S",
  version: "1.0.0",
  tables: { T: { columns, isRoot: true } },
});
let made = 0;
const newUuid = () => `33333333-3333-4333-8333-${String(++made).padStart(12, "0")}` as Uuid;

function filled(): Database {
  const database = new Database(schemaFromJson(schemaOf(before)));
  const row = { n: "x", brief: "e", set: ["set", [1, 2]] };
  const { outcome } = execute(database, [{ op: "insert", table: "T", row }], {
    newUuid,
    holdsLock: () => false,
    elapsed: 0,
  });
  if (outcome.kind === "commit") database.apply(outcome.changes);
  return database;
}

function rowOf(database: Database): Json {
  const { schema, rows } = database.table("T");
  return rowToJson([...rows.values()][0]!.data, schema.columnList.slice(2));
}

const convert = (changes: Columns): Database => convertDatabase(filled(), schemaOf({ ...before, ...changes }), newUuid);

describe("conversion of a database that is served", () => {
  it("keeps what is in memory only, and what comes to be kept", () => {
    expect(rowOf(convert({}))).toMatchObject({ n: "x", brief: "e" });
    expect(rowOf(convert({ brief: { type: "string" } }))).toMatchObject({ brief: "e" });
    expect(rowOf(convert({ n: { type: "string", ephemeral: true } }))).toMatchObject({ n: "x" });
  });

  it("takes values as they are, defaults too", () => {
    const optional = { type: { key: "integer", min: 0 } };
    expect(rowOf(convert({ count: optional, more: optional }))).toMatchObject({ count: 0, more: ["set", []] });
    expect(rowOf(convert({ count: { type: "real" } }))).toMatchObject({ count: 0 });
  });

  it.each<[string, Columns]>([
    ["set must have exactly one member but 0 are present", { optional: { type: "integer" } }],
    ["0 is less than minimum allowed value 3", { count: { type: { key: { type: "integer", minInteger: 3 } } } }],
    ["set must have 0 to 1 members but 2 are present", { set: { type: { key: "integer", min: 0 } } }],
    ["expected integer", { n: { type: "integer" } }],
    [
      "e is not one of the allowed values ([a, b])",
      { brief: { type: { key: { type: "string", enum: ["set", ["a", "b"]] } }, ephemeral: true } },
    ],
  ])("refuses what does not fit: %s", (message, changes) => {
    expect(() => convert(changes)).toThrow(message);
  });

  it("is not for another database", () => {
    const other = { name: "Other", tables: {} };
    expect(() => convertDatabase(filled(), other, newUuid)).toThrow(
      "new schema name (Other) does not match database name (S)",
    );
  });
});

describe("conversion of a file", () => {
  it("knows only what the file keeps", () => {
    const changes = { brief: { type: "string" }, count: { type: { key: "integer", min: 0 } } };
    const to = new Database(schemaFromJson(schemaOf({ ...before, ...changes })));
    expect(rowOf(convertContents(filled(), to, newUuid))).toMatchObject({ n: "x", brief: "", count: ["set", []] });
  });
});
