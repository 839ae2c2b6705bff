import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createFakeHost } from "#host/fake/host.js";
import { schemaFromJson } from "#ovsdb/schema-json.js";
import { decodeMessage, type JsonRpcMessage } from "#runtime/jsonrpc-message.js";
import { recordingLog } from "#runtime/recording-log.js";
import type { Json } from "#util/json.js";
import { ClientSession } from "./client-session.js";
import { Locks } from "./locks.js";
import { StandaloneDatabase } from "./standalone-database.js";

function setUp(): { session: ClientSession; sent: JsonRpcMessage[] } {
  const schema = schemaFromJson({
    name: "S",
    version: "1.0.0",
    tables: {
      T: {
        columns: { i: { type: "integer" }, m: { type: { key: "string", value: "string", min: 0, max: 9 } } },
        isRoot: true,
      },
    },
  });
  const database = StandaloneDatabase.inMemory(createFakeHost(), recordingLog(), schema);
  const sent: JsonRpcMessage[] = [];
  const server = {
    id: "id",
    locks: new Locks(),
    backlogLimit: 1e9,
    monitorCondEnabled: true,
    isBackup: () => false,
    database: (name: string) => (name === "S" ? database : undefined),
    databaseNames: () => ["S"],
    convert: async () => {},
  };
  const link = {
    name: "link",
    send: (m: JsonRpcMessage) => sent.push(m),
    sendEncoded: (bytes: Uint8Array) => sent.push(decodeMessage(JSON.parse(new TextDecoder().decode(bytes)))),
    backlog: () => 0,
    disconnect: () => {},
  };
  return { session: new ClientSession(server, link, { readOnly: false }), sent };
}

const words = [
  "S",
  "T",
  "i",
  "m",
  "op",
  "where",
  "insert",
  "set",
  "map",
  "uuid",
  "==",
  "__proto__",
  "constructor",
  "toString",
  "a b",
  "",
];
const json = fc.letrec<{ json: Json }>((tie) => ({
  json: fc.oneof(
    { maxDepth: 4, depthSize: "small" },
    fc.constantFrom<Json>(null, true, false, 0, -1, 1.5, 2n ** 63n - 1n, ...words),
    fc.array(tie("json"), { maxLength: 4 }),
    fc.dictionary(fc.constantFrom(...words), tie("json"), { maxKeys: 4 }),
  ),
})).json;
const operation = fc.record(
  {
    op: fc.constantFrom<Json>(
      "insert",
      "select",
      "update",
      "mutate",
      "delete",
      "wait",
      "commit",
      "abort",
      "comment",
      "assert",
      "no",
    ),
    table: fc.constantFrom<Json>("T", "T", "T", "X"),
    where: fc.oneof(fc.constant<Json>([]), json),
    row: json,
    rows: json,
    columns: json,
    mutations: json,
    until: fc.constantFrom<Json>("==", "!="),
    timeout: fc.constantFrom<Json>(0),
    durable: json,
    comment: json,
    lock: json,
  },
  { requiredKeys: ["op"] },
);
const methods = [
  "list_dbs get_schema get_server_id transact monitor monitor_cond monitor_cond_since monitor_cond_change",
  "monitor_cancel lock steal unlock set_db_change_aware convert toString __proto__",
].flatMap((line) => line.split(" "));
const request = fc.oneof(
  fc.tuple(fc.constantFrom(...methods), fc.array(json, { maxLength: 4 })),
  fc.array(operation, { maxLength: 4 }).map((ops): [string, Json[]] => ["transact", ["S", ...(ops as Json[])]]),
);

describe("a client session", () => {
  it("answers any request once, whatever it is", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(request, { minLength: 1, maxLength: 12 }), async (requests) => {
        const { session, sent } = setUp();
        for (const [id, [method, params]] of requests.entries()) {
          session.request(method, params, id);
          await Promise.resolve();
          await Promise.resolve();
          const answers = sent.filter((m) => (m.kind === "reply" || m.kind === "error") && m.id === id);
          expect(answers, method).toHaveLength(1);
        }
        session.close();
      }),
      { seed: 11, numRuns: 400 },
    );
  });

  it("ignores notifications that it does not know", () => {
    const { session, sent } = setUp();
    for (const method of ["cancel", "update", "constructor"]) session.notification(method, [1, 2]);
    session.notification("cancel", [77]);
    expect(sent).toEqual([]);
  });
});
