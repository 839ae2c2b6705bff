import { afterAll, beforeAll, expect, it } from "vitest";
import type { Json } from "#util/json.js";
import { formatJson } from "#util/json-text.js";
import { describeWith, program } from "../support/needs.js";
import { RawClient } from "../support/ovsdb-raw-client.js";
import { startOurs, startReal, type TestServer } from "../support/ovsdb-servers.js";

const schema: Json = {
  name: "S",
  version: "1.0.0",
  tables: {
    T: {
      columns: {
        s: { type: "string" },
        i: { type: "integer" },
        m: { type: { key: "string", value: "string", min: 0, max: "unlimited" } },
      },
      indexes: [["i"]],
      isRoot: true,
    },
  },
};

type Call = readonly [method: string, ...params: Json[]];
const insert = (row: Json): Json => ({ op: "insert", table: "T", row });
const zero = "00000000-0000-0000-0000-000000000000";

/** Requests of one client each, in order. A reply and the notifications before it are compared. */
const scenarios: Readonly<Record<string, readonly Call[]>> = {
  "unknown methods": [["nosuch"], ["toString"], ["cancel", 5], ["update", 1, {}]],
  echo: [["echo"], ["echo", 1, { a: [null, "é"] }]],
  databases: [
    ["list_dbs"],
    ["list_dbs", 5],
    ["get_schema"],
    ["get_schema", 5],
    ["get_schema", "X"],
    ["get_schema", "S", 1],
  ],
  "transact without a database": [["transact"], ["transact", 5], ["transact", "X"], ["transact", "S"]],
  "the built-in database": [
    ["transact", "_Server", { op: "insert", table: "Database", row: { name: "x", model: "standalone" } }],
    ["transact", "_Server", { op: "delete", table: "Database", where: [] }],
    ["transact", "_Server", { op: "comment", comment: "x" }],
    [
      "transact",
      "_Server",
      {
        op: "select",
        table: "Database",
        where: [["name", "==", "S"]],
        columns: ["name", "model", "connected", "leader", "cid", "sid", "index"],
      },
    ],
  ],
  "change awareness": [
    ["set_db_change_aware"],
    ["set_db_change_aware", 1],
    ["set_db_change_aware", true],
    ["set_db_change_aware", false],
  ],
  "bad monitors": [
    ["monitor"],
    ["monitor", "X"],
    ["monitor", "S", 1, { T: 5 }],
    ["monitor", "S", 1, { T: [{ columns: ["s"] }, { columns: ["s"] }] }],
    ["monitor", "S", 1, { Q: {} }],
    ["monitor", "S", 1, { T: { columns: ["zz"] } }],
    ["monitor", "S", 1, { T: { select: { zz: 1 } } }],
    ["monitor", "S", 1, { T: { select: { initial: 1 } } }],
    ["monitor", "S", 1, { T: { where: [] } }],
    ["monitor", "S", 1, []],
    ["monitor", "S", 1, {}],
    ["monitor", "S", 1, {}],
    ["monitor_cond", "S", 1, {}],
    ["monitor_cancel", 5],
    ["monitor_cancel"],
    ["monitor_cancel", 1, 2],
    ["monitor_cancel", 1],
    ["monitor_cancel", 1],
  ],
  monitor: [
    ["transact", "S", insert({ i: 5, s: "five" })],
    ["monitor", "S", [1, { a: 1 }], { T: [{ columns: ["s"] }, { columns: ["i"], select: { initial: false } }] }],
    ["transact", "S", insert({ i: 6, s: "six", m: ["map", [["k", "v"]]] })],
    ["transact", "S", { op: "update", table: "T", where: [["i", "==", 6]], row: { s: "SIX" } }],
    [
      "transact",
      "S",
      { op: "mutate", table: "T", where: [["i", "==", 6]], mutations: [["m", "insert", ["map", [["a", "b"]]]]] },
    ],
    ["transact", "S", { op: "delete", table: "T", where: [] }],
  ],
  monitor_cond: [
    ["monitor_cond", "S", "c", { T: [{ columns: ["s", "i", "m"], where: [["i", ">", 5]] }] }],
    [
      "transact",
      "S",
      insert({
        i: 900,
        s: "q",
        m: [
          "map",
          [
            ["k", "v"],
            ["l", "w"],
          ],
        ],
      }),
    ],
    ["transact", "S", insert({ i: 1, s: "hidden" })],
    [
      "transact",
      "S",
      {
        op: "mutate",
        table: "T",
        where: [["i", "==", 900]],
        mutations: [
          ["m", "delete", "k"],
          ["m", "insert", ["map", [["x", "y"]]]],
        ],
      },
    ],
    ["transact", "S", { op: "update", table: "T", where: [["i", "==", 900]], row: { i: 2 } }],
    ["transact", "S", { op: "update", table: "T", where: [["i", "==", 2]], row: { i: 901 } }],
    ["monitor_cond_change", "c", "d", { T: [{ where: [["i", "<", 5]] }] }],
    ["monitor_cond_change", "c", "d", { T: [{ where: [] }] }],
    ["monitor_cond_change"],
    ["monitor_cond_change", "d", "d", { Q: [] }],
    ["monitor_cond_change", "d", "d", { T: [{ where: [["zz", "<", 5]] }] }],
    ["monitor_cond_change", "d", "d", { T: [{ columns: ["s"], where: [] }] }],
    ["monitor_cond_change", "d", "d", { T: [{ where: [false] }] }],
    ["monitor_cond_change", "d", "d", { T: [{ where: [] }] }],
    ["transact", "S", { op: "delete", table: "T", where: [] }],
  ],
  monitor_cond_since: [
    ["monitor_cond_since", "S", "c", { T: [{ columns: ["s", "i"], where: [["i", ">", 5]] }] }, zero],
    ["monitor_cond_since", "S", "d", { T: [{ columns: ["s"] }] }],
    ["monitor_cond_since", "S", "d", { T: [{ columns: ["s"] }] }, "q"],
    ["transact", "S", insert({ i: 900, s: "q" })],
    ["monitor_cond_change", "c", "e", { T: [{ where: [["i", "<", 5]] }] }],
    ["transact", "S", { op: "delete", table: "T", where: [] }],
  ],
  locks: [
    ["lock", "l1"],
    ["lock", "l1"],
    ["unlock", "l2"],
    ["lock"],
    ["lock", 5],
    ["lock", "a b"],
    ["lock", "l1", "l2"],
    ["steal", "l1"],
    ["transact", "S", { op: "assert", lock: "l1" }],
    ["transact", "S", { op: "assert", lock: "l9" }],
    ["unlock", "l1"],
    ["unlock", "l1"],
    ["steal", "l1"],
  ],
  convert: [
    ["convert"],
    ["convert", "X"],
    ["convert", "S", {}],
    ["convert", "S", { name: "R", version: "1.0.0", tables: {} }],
  ],
};

const uuidPattern = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g;

/** Our transactions have ids, by which `monitor_cond_since` goes on where it was; those of 3.1 have none in a standalone database. */
function unidentified(json: Json): Json {
  const [first, , ...rest] = json as Json[];
  return [first!, zero, ...rest];
}

/** What one server says to a scenario, UUIDs named by their order. */
async function play(server: TestServer, calls: readonly Call[]): Promise<string[]> {
  const client = await RawClient.open(server.socket);
  const names = new Map<string, string>([[zero, zero]]);
  const tidy = (json: Json): string => {
    const named = formatJson(json, { sorted: true }).replace(uuidPattern, (uuid) => {
      if (!names.has(uuid)) names.set(uuid, `<${names.size}>`);
      return names.get(uuid)!;
    });
    // Sorted again, by the names.
    return formatJson(JSON.parse(named) as Json, { sorted: true });
  };
  const said: string[] = [];
  for (const [method, ...params] of calls) {
    const { result, error } = await client.call(method, params);
    for (const { method: kind, params: body } of client.notifications.splice(0)) {
      said.push(`${kind as string} ${tidy(kind === "update3" ? unidentified(body!) : body!)}`);
    }
    const known = method === "monitor_cond_since" && result ? unidentified(result) : result;
    const sorted = method === "list_dbs" && Array.isArray(known) ? [...(known as string[])].sort() : known;
    said.push(`${method} -> ${tidy(sorted ?? null)} ${tidy(error ?? null)}`);
  }
  client.close();
  return said;
}

describeWith(
  [program("/usr/sbin/ovsdb-server", "openvswitch-switch")],
  "methods of the installed ovsdb-server and ours",
  () => {
    let ours: TestServer;
    let real: TestServer;
    beforeAll(async () => {
      [ours, real] = await Promise.all([startOurs(schema), startReal(schema)]);
    });
    afterAll(async () => {
      await Promise.all([ours?.stop(), real?.stop()]);
    });

    for (const [name, calls] of Object.entries(scenarios)) {
      it(`agree on ${name}`, async () => {
        expect(await play(ours, calls)).toEqual(await play(real, calls));
      });
    }
  },
);
