import { beforeEach, describe, expect, it } from "vitest";
import { settle } from "#host/fake/clock.js";
import { createFakeHost, type FakeHost } from "#host/fake/host.js";
import type { FakeStream } from "#host/fake/streams.js";
import { JsonRpc } from "#runtime/jsonrpc.js";
import { type RecordingLog, recordingLog } from "#runtime/recording-log.js";
import type { Json } from "#util/json.js";
import { formatJson } from "#util/json-text.js";
import { DatabaseServer } from "./database-server.js";
import { LogFile } from "./log-file.js";

const path = "/tmp/s.db";
const schema: Json = {
  name: "S",
  version: "1.0.0",
  tables: {
    T: { columns: { i: { type: "integer" }, s: { type: "string" } }, indexes: [["i"]], isRoot: true },
    G: {
      columns: {
        remotes: { type: { key: { type: "uuid", refTable: "Manager" }, min: 0, max: "unlimited" } },
        names: { type: { key: "string", min: 0, max: "unlimited" } },
      },
      isRoot: true,
    },
    Manager: {
      columns: {
        target: { type: "string" },
        max_backoff: { type: { key: "integer", min: 0 } },
        inactivity_probe: { type: { key: "integer", min: 0 } },
        read_only: { type: "boolean" },
        is_connected: { type: "boolean", ephemeral: true },
        status: { type: { key: "string", value: "string", min: 0, max: "unlimited" }, ephemeral: true },
      },
    },
  },
};

let host: FakeHost;
let log: RecordingLog;
let server: DatabaseServer;

interface Client {
  readonly rpc: JsonRpc;
  readonly stream: FakeStream;
  readonly heard: string[];
  /** Sends a request and gives the text of its answer. */
  ask(method: string, ...params: Json[]): Promise<string>;
  ended: boolean;
}

async function connect(target = "unix:/tmp/sock"): Promise<Client> {
  const stream = await host.streams.connect(target);
  const client: Client = {
    rpc: new JsonRpc(stream, recordingLog().module("client")),
    stream: stream as FakeStream,
    heard: [],
    ended: false,
    async ask(method, ...params) {
      try {
        return formatJson(await client.rpc.request(method, params));
      } catch (error) {
        return `error: ${(error as Error).message}`;
      }
    },
  };
  client.rpc.start({
    onNotification: (method, params) => client.heard.push(`${method} ${formatJson(params)}`),
    onClose: () => {
      client.ended = true;
    },
  });
  return client;
}

const insert = (i: number, s = ""): Json => ({ op: "insert", table: "T", row: { i, s } });
const durable: Json = { op: "commit", durable: true };
const all: Json = { op: "select", table: "T", where: [], columns: ["i"] };

const backlogLimit = 1_000_000;

function newServer(): DatabaseServer {
  return new DatabaseServer(host, log, {
    runDirectory: "/var/run/openvswitch",
    tls: {},
    columnDiffs: true,
    backlogLimit,
  });
}

beforeEach(async () => {
  host = createFakeHost();
  log = recordingLog();
  const file = LogFile.open(host.files, path, { name: path, mode: "create", warn: () => {} });
  file.append(formatJson(schema));
  file.close();
  server = newServer();
  server.addDatabase(path);
  await server.addRemote("punix:/tmp/sock");
});

describe("a database on a failing disk", () => {
  it("is unchanged by a transaction that could not be written, in memory and in the file", async () => {
    const client = await connect();
    await client.ask("transact", "S", insert(1));
    const before = host.files.read(path);
    host.files.space = 100;
    const refused = JSON.parse(await client.ask("transact", "S", insert(2), insert(3, "x".repeat(500)))) as Json[];
    expect(refused).toHaveLength(3);
    expect(refused[2]).toEqual({
      details: "/tmp/s.db: write failed",
      error: "I/O error",
      "io-error": "No space left on device",
    });
    expect(await client.ask("transact", "S", all)).toBe('[{"rows":[{"i":1}]}]');
    expect(host.files.read(path)).toEqual(before);
    host.files.space = Number.POSITIVE_INFINITY;
    await client.ask("transact", "S", insert(4));
    server.close();
    server = newServer();
    server.addDatabase(path);
    await server.addRemote("punix:/tmp/sock");
    expect(await (await connect()).ask("transact", "S", all)).toBe('[{"rows":[{"i":1},{"i":4}]}]');
  });

  it("tells a client that its transaction is not durable", async () => {
    const client = await connect();
    host.files.fail("fdatasync", path, "EIO");
    expect(await client.ask("transact", "S", insert(1), durable)).toContain(
      '{"details":"/tmp/s.db: fsync failed","error":"I/O error","io-error":"Input/output error"}',
    );
  });

  it("writes a new file after a failed fsync, so that memory and disk agree again", async () => {
    const client = await connect();
    host.files.fail("fdatasync", path, "EIO");
    await client.ask("transact", "S", insert(1), durable);
    await host.clock.advanceAsync(10);
    host.files.fail("fdatasync", path, undefined);
    host.files.crash();
    const again = newServer();
    again.addDatabase(path);
    await again.addRemote("punix:/tmp/again");
    expect(await (await connect("unix:/tmp/again")).ask("transact", "S", all)).toBe('[{"rows":[{"i":1}]}]');
  });

  it("keeps what it said was durable when the power fails", async () => {
    const client = await connect();
    const answers = Array.from({ length: 20 }, (_, i) => client.ask("transact", "S", insert(i), durable));
    await Promise.all(answers);
    void client.ask("transact", "S", insert(100));
    await settle();
    host.files.crash();
    const again = newServer();
    again.addDatabase(path);
    await again.addRemote("punix:/tmp/again");
    const found = await (await connect("unix:/tmp/again")).ask("transact", "S", all);
    expect(found.match(/"i"/g)).toHaveLength(20);
  });
});

describe("transactions that wait", () => {
  const wait = (timeout?: number): Json => ({
    op: "wait",
    table: "T",
    where: [],
    columns: ["i"],
    until: "==",
    rows: [{ i: 1 }],
    ...(timeout === undefined ? {} : { timeout }),
  });

  it("are answered when another one makes them true, after it", async () => {
    const [a, b] = [await connect(), await connect()];
    const order: string[] = [];
    const waiting = a.ask("transact", "S", wait(), insert(2)).then((text) => order.push(text));
    await settle();
    expect(order).toEqual([]);
    await b.ask("transact", "S", insert(1)).then(() => order.push("inserted"));
    await waiting;
    expect(order.map((text) => text.slice(0, 8))).toEqual(["inserted", '[{},{"uu']);
    expect(await b.ask("transact", "S", all)).toBe('[{"rows":[{"i":1},{"i":2}]}]');
  });

  it("time out", async () => {
    const client = await connect();
    const answer = client.ask("transact", "S", wait(200));
    await settle();
    await host.clock.advanceAsync(199);
    await host.clock.advanceAsync(1);
    expect(await answer).toBe('[{"details":"\\"wait\\" timed out after 200 ms","error":"timed out"}]');
  });

  it("are cancelled by their client, and by its end", async () => {
    const [a, b] = [await connect(), await connect()];
    const answer = a.ask("transact", "S", wait());
    await settle();
    expect(server.memory()["triggers"]).toBe(1);
    a.rpc.notify("cancel", [0]);
    expect(await answer).toBe("error: canceled");
    void a.ask("transact", "S", wait()).catch(() => {});
    await settle();
    a.rpc.destroy();
    await settle();
    expect(server.memory()["triggers"]).toBeUndefined();
    expect(await b.ask("transact", "S", insert(1))).toContain("uuid");
  });
});

describe("monitors", () => {
  it("are told before the transaction's own client is answered", async () => {
    const client = await connect();
    await client.ask("monitor", "S", "m", { T: { columns: ["i"] } });
    const heardAt = client.ask("transact", "S", insert(7), durable).then(() => client.heard.length);
    expect(await heardAt).toBe(1);
    expect(client.heard[0]).toMatch(/^update \["m",\{"T":\{"[0-9a-f-]+":\{"new":\{"i":7\}\}\}\}\]$/);
  });

  it("end with their connection", async () => {
    const client = await connect();
    await client.ask("monitor", "S", "m", { T: {} });
    expect(server.memory()["monitors"]).toBe(1);
    client.rpc.close();
    await settle();
    expect(server.memory()["monitors"]).toBe(0);
  });
});

describe("remotes in the database", () => {
  const managers = (...rows: Json[]): Json[] => [
    { op: "delete", table: "G", where: [] },
    ...rows.map((row, i) => ({ op: "insert", table: "Manager", row, "uuid-name": `m${i}` })),
    { op: "insert", table: "G", row: { remotes: ["set", rows.map((_, i) => ["named-uuid", `m${i}`])] } },
  ];

  it("come and go with their rows, and their status is written back", async () => {
    await server.addRemote("db:S,G,remotes");
    const client = await connect();
    await client.ask("transact", "S", ...managers({ target: "punix:/tmp/m1" }, { target: "tcp:10.0.0.1:6640" }));
    await host.clock.advanceAsync(0);
    const other = await connect("unix:/tmp/m1");
    expect(await other.ask("list_dbs")).toBe('["S","_Server"]');
    await host.clock.advanceAsync(2500);
    const columns = ["target", "is_connected", "status"];
    const rows = await client.ask("transact", "S", { op: "select", table: "Manager", where: [], columns });
    expect(rows).toContain(
      '{"target":"punix:/tmp/m1","is_connected":true,"status":["map",[["sec_since_connect","0"],["sec_since_disconnect","0"]]]}',
    );
    expect(rows).toContain(
      '{"target":"tcp:10.0.0.1:6640","is_connected":false,"status":["map",[["state","BACKOFF"]]]}',
    );
    await client.ask("transact", "S", ...managers());
    await host.clock.advanceAsync(0);
    expect(other.ended).toBe(true);
    expect(log.lines).toContain("ovsdb_jsonrpc_server|INFO|punix:/tmp/m1: remote deconfigured");
    await expect(connect("unix:/tmp/m1")).rejects.toThrow();
  });

  it("may be read-only", async () => {
    await server.addRemote("db:S,G,remotes");
    const client = await connect();
    await client.ask("transact", "S", ...managers({ target: "punix:/tmp/ro", read_only: true }));
    await host.clock.advanceAsync(0);
    const reader = await connect("unix:/tmp/ro");
    expect(await reader.ask("transact", "S", insert(1))).toBe(
      '[{"details":"insert operation not allowed when database server is in read only mode","error":"not allowed"}]',
    );
    expect(await reader.ask("transact", "S", all)).toBe('[{"rows":[]}]');
    expect(await reader.ask("lock", "x")).toBe("error: lock and unlock methods not allowed, DB server is read only.");
  });

  it("are tried again no later than their row says", async () => {
    await server.addRemote("db:S,G,remotes");
    const client = await connect();
    const target = "tcp:127.0.0.1:6699";
    const attempts = (): number =>
      log.lines.filter((line) => line.includes(`${target}: connection attempt failed`)).length;
    const tries = async (row: Json): Promise<number> => {
      await client.ask("transact", "S", ...managers(row));
      // By then the back-off is at its most.
      await host.clock.advanceAsync(30_000);
      let tried = 0;
      const stop = await host.streams.listen("ptcp:6699:127.0.0.1", (stream) => {
        tried++;
        stream.destroy();
      });
      await host.clock.advanceAsync(32_000);
      stop.close();
      await client.ask("transact", "S", ...managers());
      await host.clock.advanceAsync(0);
      return tried;
    };
    const often = await tries({ target, max_backoff: 1000 });
    const seldom = await tries({ target, max_backoff: 30_000 });
    expect(often).toBeGreaterThan(15);
    expect(seldom).toBeLessThan(4);
    expect(attempts()).toBeGreaterThan(0);
  });

  it("are probed as often as their row says", async () => {
    await server.addRemote("db:S,G,remotes");
    const client = await connect();
    const rows: Json[] = [
      { target: "ptcp:6641:127.0.0.1", inactivity_probe: 2000 },
      { target: "ptcp:6642:127.0.0.1", inactivity_probe: 60_000 },
      // A unix socket's peer is probed where that is asked for.
      { target: "punix:/tmp/probed", inactivity_probe: 2000 },
    ];
    await client.ask("transact", "S", ...managers(...rows));
    await host.clock.advanceAsync(0);
    const targets = ["tcp:127.0.0.1:6641", "tcp:127.0.0.1:6642", "unix:/tmp/probed"];
    const silent = [];
    for (const target of targets) silent.push(await connect(target));
    for (const { stream } of silent) stream.stall(true);
    await host.clock.advanceAsync(3500);
    expect(silent.map(({ ended }) => ended)).toEqual([false, false, false]);
    await host.clock.advanceAsync(1500);
    expect(silent.map(({ ended }) => ended)).toEqual([true, false, true]);
  });

  it("may be plain strings", async () => {
    await server.addRemote("db:S,G,names");
    const client = await connect();
    await client.ask("transact", "S", { op: "insert", table: "G", row: { names: ["set", ["punix:/tmp/n1", ""]] } });
    await host.clock.advanceAsync(0);
    expect(await (await connect("unix:/tmp/n1")).ask("list_dbs")).toContain("S");
  });

  it("are refused where they name nothing, and listed by the names given", async () => {
    await expect(server.addRemote("db:S,Q,x")).rejects.toThrow('"db:S,Q,x": no table named Q\n');
    await server.addRemote("db:S,G,names");
    expect(server.remoteNames()).toEqual(["db:S,G,names", "punix:/tmp/sock"]);
    await expect(server.removeRemote("nope")).rejects.toThrow("no such remote");
    await server.removeRemote("punix:/tmp/sock");
    await expect(connect()).rejects.toThrow();
  });
});

describe("databases that come and go", () => {
  it("cut off clients that do not know of _Server, and cancel what the others have", async () => {
    const [plain, aware] = [await connect(), await connect()];
    await aware.ask("set_db_change_aware", true);
    await aware.ask("monitor_cond", "_Server", "srv", { Database: { columns: ["name"] } });
    await aware.ask("monitor", "S", "m", { T: {} });
    server.removeDatabase("S");
    await settle();
    expect(plain.ended).toBe(true);
    expect(log.lines.filter((line) => line.includes("disconnecting"))).toEqual([
      expect.stringMatching(
        /^ovsdb_jsonrpc_server\|INFO\|unix#\d+: disconnecting \(removing S database by user request\)$/,
      ),
    ]);
    expect(aware.heard[0]).toBe('monitor_canceled ["m"]');
    expect(aware.heard[1]).toMatch(/^update2 \["srv",\{"Database":\{"[0-9a-f-]+":\{"delete":null\}\}\}\]$/);
    expect(await aware.ask("transact", "S", all)).toContain("unknown database");
    server.addDatabase(path);
    await settle();
    expect(aware.heard[2]).toContain('"insert":{"name":"S"}');
  });

  it("are refused twice, missing, or reserved", () => {
    expect(() => server.addDatabase(path)).toThrow("ovsdb error: /tmp/s.db: already open");
    expect(() => server.addDatabase("/tmp/none")).toThrow(
      "I/O error: /tmp/none: open failed (No such file or directory)",
    );
    expect(() => server.removeDatabase("zz")).toThrow("Failed to find the database.");
    expect(() => server.removeDatabase("_Server")).toThrow("Cannot remove reserved database.");
  });
});

describe("upkeep", () => {
  it("compacts on demand and goes on writing", async () => {
    const client = await connect();
    for (let i = 0; i < 30; i++) await client.ask("transact", "S", insert(i));
    const size = host.files.read(path).length;
    await server.compact("S");
    expect(host.files.read(path).length).toBeLessThan(size);
    await client.ask("transact", "S", insert(99));
    expect(
      host.files
        .readText(path)
        .split("\n")
        .filter((line) => line.startsWith("OVSDB")),
    ).toHaveLength(3);
    await expect(server.compact("zz")).rejects.toThrow("no database by that name");
    await expect(server.compact("_Server")).rejects.toThrow("cannot compact built-in databases");
  });

  it("compacts by itself when the log has grown", async () => {
    const client = await connect();
    const big = "x".repeat(120_000);
    for (let i = 0; i < 100; i++) await client.ask("transact", "S", insert(i, big));
    await client.ask("transact", "S", { op: "delete", table: "T", where: [] });
    expect(host.files.read(path).length).toBeGreaterThan(10 * 1024 * 1024);
    await host.clock.advanceAsync(10 * 60_000);
    await client.ask("transact", "S", insert(1));
    await host.clock.advanceAsync(2000);
    expect(host.files.read(path).length).toBeLessThan(2000);
  });

  it("cuts off a client that does not take its updates", async () => {
    const [slow, busy] = [await connect(), await connect()];
    await slow.ask("monitor", "S", "m", { T: {} });
    slow.stream.peer.stall(true);
    const big = "x".repeat(100_000);
    for (let i = 0; i < 15; i++) await busy.ask("transact", "S", insert(i, big));
    await settle();
    expect(slow.stream.peer.pending()).toBe(0);
    expect(log.lines.some((line) => /unix#\d+: disconnecting \(it is \d+ bytes behind\)/.test(line))).toBe(true);
    expect(server.memory()["monitors"]).toBe(0);
  });

  it("probes silent TCP peers only", async () => {
    await server.addRemote("ptcp:6640:127.0.0.1");
    const tcp = await connect("tcp:127.0.0.1:6640");
    const unix = await connect();
    await settle();
    tcp.stream.stall(true);
    unix.stream.stall(true);
    await host.clock.advanceAsync(11_000);
    expect(tcp.ended).toBe(true);
    expect(unix.ended).toBe(false);
  });
});
