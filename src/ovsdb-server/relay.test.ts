import { beforeEach, describe, expect, it } from "vitest";
import { settle } from "#host/fake/clock.js";
import { createFakeHost, type FakeHost } from "#host/fake/host.js";
import { JsonRpc } from "#runtime/jsonrpc.js";
import { recordingLog } from "#runtime/recording-log.js";
import type { Json } from "#util/json.js";
import { formatJson } from "#util/json-text.js";
import { appctlCommands } from "./appctl-commands.js";
import { DatabaseServer } from "./database-server.js";
import { LogFile } from "./log-file.js";

const schema: Json = {
  name: "S",
  version: "1.0.0",
  tables: { T: { columns: { i: { type: "integer" } }, isRoot: true } },
};

let host: FakeHost;
let source: DatabaseServer;
let relay: DatabaseServer;

function newServer(): DatabaseServer {
  return new DatabaseServer(host, recordingLog(), { runDirectory: "/run", tls: {}, columnDiffs: true });
}

async function startSource(): Promise<void> {
  source = newServer();
  source.addDatabase("/s.db");
  await source.addRemote("ptcp:6640:127.0.0.1");
}

async function open(port: number): Promise<{ ask(method: string, ...params: Json[]): Promise<Json>; told: string[] }> {
  const stream = await host.streams.connect(`tcp:127.0.0.1:${port}`);
  const rpc = new JsonRpc(stream, recordingLog().module("client"));
  const told: string[] = [];
  rpc.start({ onNotification: (_method, params) => told.push(formatJson(params.at(-1)!)), onClose: () => {} });
  return { ask: (method, ...params) => rpc.request(method, params), told };
}

async function pass(milliseconds: number): Promise<void> {
  for (let left = milliseconds; left > 0; left -= 500) {
    host.clock.advance(Math.min(500, left));
    // A few messages go to and fro.
    for (let turn = 0; turn < 8; turn++) await settle();
  }
}

beforeEach(async () => {
  host = createFakeHost();
  const log = LogFile.open(host.files, "/s.db", { name: "/s.db", mode: "create", warn: () => {} });
  log.append(formatJson(schema));
  log.close();
  await startSource();
  relay = newServer();
  relay.addDatabase("relay:S:tcp:127.0.0.1:6640");
  await relay.addRemote("ptcp:6641:127.0.0.1");
  await pass(1000);
});

describe("a relay whose source goes away", () => {
  it("says so after half a minute, and tries again ever more seldom", async () => {
    const client = await open(6641);
    await client.ask("set_db_change_aware", true);
    const where = [["name", "==", "S"]];
    await client.ask("monitor_cond", "_Server", "m", { Database: [{ columns: ["connected"], where }] });
    source.close();
    await pass(29_000);
    expect(client.told).toEqual([]);
    await pass(2000);
    expect(client.told.map((text) => text.replace(/"[0-9a-f-]{36}"/, "ROW"))).toEqual([
      '{"Database":{ROW:{"modify":{"connected":false}}}}',
    ]);
    const select = { op: "select", table: "T", where: [], columns: ["i"] };
    expect(await client.ask("transact", "S", select)).toEqual([{ rows: [] }]);

    await startSource();
    const waiting = client.ask("transact", "S", { op: "insert", table: "T", row: { i: 1 } });
    await pass(8500);
    expect(formatJson(await waiting)).toContain('"uuid"');
    expect(client.told.at(-1)).toContain('"connected":true');
    expect(await client.ask("transact", "S", select)).toEqual([{ rows: [{ i: 1 }] }]);
  });

  it("says nothing of a short absence", async () => {
    const client = await open(6641);
    await client.ask("monitor_cond", "_Server", "m", { Database: [{ columns: ["connected"] }] });
    source.reconnect("test");
    await pass(40_000);
    expect(client.told).toEqual([]);
  });
});

describe("remotes in a relayed database", () => {
  it("are listened on once they are known, and their status is the source's to write", async () => {
    source.close();
    relay.close();
    host.files.remove("/s.db");
    const log = LogFile.open(host.files, "/s.db", { name: "/s.db", mode: "create", warn: () => {} });
    const remotes = { type: { key: { type: "uuid", refTable: "R" }, min: 0, max: "unlimited" } };
    const columns = { target: { type: "string" }, is_connected: { type: "boolean", ephemeral: true } };
    const tables = { G: { columns: { remotes }, isRoot: true }, R: { columns } };
    log.append(formatJson({ name: "S", version: "1.0.0", tables }));
    log.close();
    relay = newServer();
    relay.addDatabase("relay:S:tcp:127.0.0.1:6640");
    // As start scripts name it, before anything is known of the database.
    await relay.addRemote("db:S,G,remotes");
    await startSource();
    await pass(9000);
    const writer = await open(6640);
    const row = { target: "ptcp:6641:127.0.0.1" };
    const insert = { op: "insert", table: "R", "uuid-name": "r", row };
    await writer.ask("transact", "S", insert, { op: "insert", table: "G", row: { remotes: ["named-uuid", "r"] } });
    await pass(1000);
    const client = await open(6641);
    const select = { op: "select", table: "R", where: [], columns: ["target", "is_connected"] };
    const rows = [{ rows: [{ ...row, is_connected: false }] }];
    await pass(3000);
    expect(await client.ask("transact", "S", select)).toEqual(rows);
    expect(await writer.ask("transact", "S", select)).toEqual(rows);
  });
});

describe("ovsdb-server/set-relay-source-probe-interval", () => {
  const set = (text: string) =>
    appctlCommands(relay)
      .find(({ name }) => name === "ovsdb-server/set-relay-source-probe-interval")!
      .run([text]);

  it("finds out sooner that a source is silent", async () => {
    let connections = 0;
    let heard = "";
    await host.streams.listen("ptcp:6650:127.0.0.1", (stream) => {
      connections++;
      stream.onData((bytes) => {
        heard += Buffer.from(bytes).toString();
      });
      stream.onClose(() => {});
    });
    relay.addDatabase("relay:Mute:tcp:127.0.0.1:6650");
    await pass(10_000);
    expect(heard).toContain('"get_schema"');
    expect(heard).not.toContain('"echo"');
    expect(await set("x")).toBe("Invalid probe interval, integer value expected\n");
    expect(await set("2000")).toBe("");
    await pass(1000);
    expect(heard).toContain('"echo"');
    expect(connections).toBe(1);
    await pass(5000);
    expect(connections).toBe(2);
  });
});
