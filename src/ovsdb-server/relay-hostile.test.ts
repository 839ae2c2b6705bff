import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { settle } from "#host/fake/clock.js";
import { createFakeHost } from "#host/fake/host.js";
import { JsonRpc } from "#runtime/jsonrpc.js";
import { recordingLog } from "#runtime/recording-log.js";
import type { Json } from "#util/json.js";
import { DatabaseServer } from "./database-server.js";

const columns = { n: { type: "string" }, s: { type: { key: "integer", min: 0, max: 3 } } };
const schema: Json = { name: "S", version: "1.0.0", tables: { T: { columns, isRoot: true } } };
const serverTables = { Database: { columns: { name: { type: "string" }, connected: { type: "boolean" } } } };
const uuid = "11111111-1111-4111-8111-111111111111";

/** What a source may answer, from what it should to anything at all. */
const value = fc.oneof(
  fc.jsonValue() as fc.Arbitrary<Json>,
  fc.constantFrom<Json>(
    schema,
    { name: "_Server", tables: serverTables },
    { Database: { [uuid]: { initial: { name: "S", connected: true, model: "relay" } } } },
    { T: { [uuid]: { insert: { n: "x", s: ["set", [1, 2]] } } } },
    { T: { [uuid]: { modify: { s: ["set", [2, 3]] } } } },
    { T: { [uuid]: { delete: null } } },
    { T: { [uuid]: { modify: { nothing: 5 } } } },
    { T: { x: {} } },
    [false, uuid, { T: { [uuid]: { initial: { n: "x" } } } }],
    [true, uuid, {}],
    [1, 2, 3],
  ),
);
const answer = fc.record({ isError: fc.boolean(), value });
const update = fc.record({
  method: fc.constantFrom("update", "update2", "update3", "monitor_canceled", "stolen", "other"),
  rest: fc.array(value, { maxLength: 3 }),
});
const run = fc.record({
  answers: fc.array(answer, { minLength: 4, maxLength: 12 }),
  updates: fc.array(update, { maxLength: 8 }),
  /** Whether the first answers are right, so that what comes later is met in earnest. */
  wellBegun: fc.boolean(),
});

const rightly: Readonly<Record<string, Json>> = {
  set_db_change_aware: {},
  get_schema: schema,
  monitor_cond: {},
  monitor_cond_since: [false, uuid, {}],
};

describe("a relay", () => {
  it("survives a source that says anything", async () => {
    await fc.assert(
      fc.asyncProperty(run, async ({ answers, updates, wellBegun }) => {
        const host = createFakeHost();
        const monitors: Json[] = [];
        let next = 0;
        let source: JsonRpc | undefined;
        await host.streams.listen("ptcp:6650:127.0.0.1", (stream) => {
          const rpc = new JsonRpc(stream, recordingLog().module("source"));
          source = rpc;
          rpc.start({
            onRequest: (method, params, id) => {
              if (method.startsWith("monitor")) monitors.push(params[1]!);
              const right = wellBegun && params[0] !== "_Server" ? rightly[method] : undefined;
              const given = answers[next++ % answers.length]!;
              if (right !== undefined) rpc.send({ kind: "reply", result: right, id });
              else if (given.isError) rpc.send({ kind: "error", error: given.value, id });
              else rpc.send({ kind: "reply", result: given.value ?? {}, id });
            },
            onClose: () => {},
          });
        });
        const relay = new DatabaseServer(host, recordingLog(), { runDirectory: "/run", tls: {}, columnDiffs: true });
        relay.addDatabase("relay:S:tcp:127.0.0.1:6650");
        await relay.addRemote("ptcp:6640:127.0.0.1");
        for (let turn = 0; turn < 6; turn++) await host.clock.advanceAsync(1);
        for (const { method, rest } of updates) {
          source?.send({ kind: "notification", method, params: [monitors.at(-1) ?? null, ...rest] });
          await host.clock.advanceAsync(1);
        }
        await host.clock.advanceAsync(3000);
        const stream = await host.streams.connect("tcp:127.0.0.1:6640");
        const client = new JsonRpc(stream, recordingLog().module("client"));
        client.start({ onClose: () => {} });
        expect(await client.request("list_dbs", [])).toEqual(["S", "_Server"]);
        relay.close();
        await settle();
      }),
      { numRuns: 150, seed: 11 },
    );
  });
});
