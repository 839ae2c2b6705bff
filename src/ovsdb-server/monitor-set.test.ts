import { describe, expect, it } from "vitest";
import type { Uuid } from "#ovsdb/atom.js";
import { Database } from "#ovsdb/database.js";
import { execute } from "#ovsdb/execute.js";
import { schemaFromJson } from "#ovsdb/schema-json.js";
import type { Json } from "#util/json.js";
import { MonitorSet } from "./monitor-set.js";
import type { MonitorVersion } from "./served-database.js";

const schema = schemaFromJson({
  name: "S",
  tables: { T: { columns: { i: { type: "integer" }, s: { type: "string" } }, isRoot: true } },
});

describe("monitors", () => {
  it("that asked for the same in the same way are told the same bytes", () => {
    const database = new Database(schema);
    const monitors = new MonitorSet();
    const heard: Uint8Array[][] = [];
    const add = (version: MonitorVersion, id: Json, requests: Json): void => {
      const own: Uint8Array[] = [];
      heard.push(own);
      monitors.add(database, version, id, requests, undefined, (message) => own.push(message));
    };
    const where = (s: string): Json => ({ T: [{ columns: ["i"], where: [["s", "==", s]] }] });
    for (let k = 0; k < 100; k++) add("monitor_cond", null, where("x"));
    for (let k = 0; k < 100; k++) add("monitor_cond", null, where("y"));
    add("monitor_cond", "other id", where("x"));
    add("monitor", null, { T: [{ columns: ["i"] }] });
    for (const s of ["x", "y", "x"]) {
      const insert: Json = { op: "insert", table: "T", row: { s, i: 5 } };
      const newUuid = (): Uuid => crypto.randomUUID() as Uuid;
      const { outcome } = execute(database, [insert], { newUuid, holdsLock: () => false, elapsed: 0 });
      if (outcome.kind !== "commit") throw new Error("not committed");
      database.apply(outcome.changes);
      monitors.tell(outcome.changes);
    }
    expect(heard.map((own) => own.length)).toEqual([...Array(100).fill(2), ...Array(100).fill(1), 2, 3]);
    expect(new Set(heard.flat()).size).toBe(2 + 1 + 2 + 3);
  });
});
