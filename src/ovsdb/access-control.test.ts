import { describe, expect, it } from "vitest";
import type { Json } from "#util/json.js";
import { AccessControl } from "./access-control.js";
import { type Uuid, ZERO_UUID } from "./atom.js";
import { Database } from "./database.js";
import { execute } from "./execute.js";
import { schemaFromJson } from "./schema-json.js";

const text = { type: "string" };
const integer = { type: "integer" };
const texts = { type: { key: "string", min: 0, max: "unlimited" } };
const words = { type: { key: "string", value: "string", min: 0, max: "unlimited" } };
const permission = { type: "uuid", refTable: "RBAC_Permission", refType: "weak" };

const schema = schemaFromJson({
  name: "R",
  version: "1.0.0",
  tables: {
    RBAC_Role: {
      columns: {
        name: text,
        permissions: { type: { key: "string", value: permission, min: 0, max: "unlimited" } },
      },
      isRoot: true,
    },
    RBAC_Permission: {
      columns: { table: text, authorization: texts, insert_delete: { type: "boolean" }, update: texts },
      isRoot: true,
    },
    T: { columns: { owner: text, i: integer, j: integer }, isRoot: true },
    U: { columns: { owner: text, i: integer }, isRoot: true },
    V: { columns: { i: integer }, isRoot: true },
    W: { columns: { i: integer, ids: words }, isRoot: true },
  },
} as unknown as Json);

let serial = 0;
const newUuid = (): Uuid => `${ZERO_UUID.slice(0, -6)}${String(++serial).padStart(6, "0")}` as Uuid;

function setUp() {
  const database = new Database(schema);
  const run = (access: AccessControl | undefined, ...operations: Json[]): Json => {
    const { results, outcome } = execute(database, operations, {
      newUuid,
      holdsLock: () => false,
      elapsed: 0,
      access,
    });
    if (outcome.kind === "commit") database.apply(outcome.changes);
    const last = results.at(-1) as { readonly error?: string; readonly details?: string };
    return last.error === undefined ? "done" : `${last.error}: ${last.details}`;
  };
  const set = (...atoms: string[]): Json => ["set", atoms];
  const rule = (name: string, table: string, authorization: string, insertDelete: boolean, update: Json): Json => ({
    op: "insert",
    table: "RBAC_Permission",
    "uuid-name": name,
    row: { table, authorization: set(authorization), insert_delete: insertDelete, update },
  });
  const named = (table: string, name: string): Json => [table, ["named-uuid", name]];
  run(
    undefined,
    rule("p1", "T", "owner", true, set("i")),
    rule("p2", "U", "", false, set("i", "owner")),
    rule("p3", "W", "ids:me", true, set("i", "ids:you")),
    {
      op: "insert",
      table: "RBAC_Role",
      row: { name: "ctl", permissions: ["map", [named("T", "p1"), named("U", "p2"), named("W", "p3")]] },
    },
    { op: "insert", table: "T", row: { owner: "other", i: 1 } },
    { op: "insert", table: "T", row: { owner: "me", i: 5 } },
    { op: "insert", table: "U", row: { owner: "other", i: 1 } },
    { op: "insert", table: "W", row: { i: 2, ids: ["map", [["me", "me"]]] } },
  );
  const as = (role: string, id: string) => (operation: Json) => run(new AccessControl(database, role, id), operation);
  return { database, as };
}

const where = (i: number): Json => [["i", "==", i]];
const denied = (what: string, role = "ctl", id = "me"): string =>
  `permission error: RBAC rules for client "${id}" role "${role}" prohibit ${what}.`;

describe("AccessControl", () => {
  it.each<[Json, string]>([
    [{ op: "insert", table: "T", row: { owner: "me", i: 7 } }, "done"],
    [{ op: "insert", table: "T", row: { owner: "no" } }, denied('row insertion into table "T"')],
    [{ op: "insert", table: "U", row: {} }, denied('row insertion into table "U"')],
    [{ op: "insert", table: "V", row: {} }, denied('row insertion into table "V"')],
    [{ op: "insert", table: "W", row: { ids: ["map", [["me", "me"]]] } }, "done"],
    [{ op: "insert", table: "W", row: { ids: ["map", [["you", "me"]]] } }, denied('row insertion into table "W"')],
    [{ op: "update", table: "T", where: where(5), row: { i: 6 } }, "done"],
    [{ op: "update", table: "T", where: [], row: { i: 6 } }, denied('modification of table "T"')],
    [{ op: "update", table: "T", where: where(5), row: { i: 6, j: 6 } }, denied('modification of table "T"')],
    [{ op: "update", table: "T", where: where(999), row: { j: 6 } }, "done"],
    [{ op: "update", table: "T", where: where(5), row: {} }, "done"],
    [{ op: "update", table: "U", where: [], row: { i: 6 } }, "done"],
    [{ op: "update", table: "V", where: [], row: { i: 6 } }, denied('modification of table "V"')],
    [{ op: "mutate", table: "T", where: where(5), mutations: [["i", "+=", 1]] }, "done"],
    [
      { op: "mutate", table: "T", where: where(5), mutations: [["j", "+=", 1]] },
      denied('mutate operation on table "T"'),
    ],
    [
      { op: "mutate", table: "T", where: where(1), mutations: [["i", "+=", 1]] },
      denied('mutate operation on table "T"'),
    ],
    [{ op: "mutate", table: "V", where: [], mutations: [["i", "+=", 1]] }, denied('mutate operation on table "V"')],
    [{ op: "mutate", table: "W", where: [], mutations: [["ids", "insert", ["map", [["you", "x"]]]]] }, "done"],
    [
      { op: "mutate", table: "W", where: [], mutations: [["ids", "insert", ["map", [["they", "x"]]]]] },
      denied('mutate operation on table "W"'),
    ],
    [{ op: "delete", table: "T", where: where(5) }, "done"],
    [{ op: "delete", table: "T", where: where(1) }, denied('row deletion from table "T"')],
    [{ op: "delete", table: "U", where: [] }, denied('row deletion from table "U"')],
    [{ op: "delete", table: "V", where: [] }, denied('row deletion from table "V"')],
    [{ op: "select", table: "V", where: [] }, "done"],
    [{ op: "insert", table: "V", row: { nosuch: 5 } }, "unknown column: No column nosuch in table V."],
  ])("answers %j as ovsdb-server 3.1 does", (operation, answer) => {
    expect(setUp().as("ctl", "me")(operation)).toBe(answer);
  });

  it("gives nothing to a role nobody defined, nor to a client without a certificate", () => {
    const { as } = setUp();
    const insert = { op: "insert", table: "T", row: { owner: "" } };
    expect(as("nobody", "me")(insert)).toBe(denied('row insertion into table "T"', "nobody"));
    expect(as("ctl", "")(insert)).toBe(denied('row insertion into table "T"', "ctl", ""));
    expect(as("ctl", "")({ op: "update", table: "U", where: [], row: { i: 3 } })).toBe("done");
  });

  it("is for connections with a role and databases with roles", () => {
    const { database } = setUp();
    expect(AccessControl.appliesTo(database, "ctl")).toBe(true);
    expect(AccessControl.appliesTo(database, "")).toBe(false);
    const plain = new Database(schemaFromJson({ name: "P", version: "1.0.0", tables: {} }));
    expect(AccessControl.appliesTo(plain, "ctl")).toBe(false);
  });
});
