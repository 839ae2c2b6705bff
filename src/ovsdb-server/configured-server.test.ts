import { beforeEach, describe, expect, it } from "vitest";
import { settle } from "#host/fake/clock.js";
import { createFakeHost, type FakeHost } from "#host/fake/host.js";
import { JsonRpc } from "#runtime/jsonrpc.js";
import { recordingLog } from "#runtime/recording-log.js";
import type { Json } from "#util/json.js";
import { formatJson } from "#util/json-text.js";
import { appctlCommands } from "./appctl-commands.js";
import { ConfiguredServer } from "./configured-server.js";
import { DatabaseServer } from "./database-server.js";
import { LogFile } from "./log-file.js";

let host: FakeHost;
let server: DatabaseServer;
let configured: ConfiguredServer;

function create(file: string, name: string): void {
  const columns = { i: { type: "integer" }, remotes: { type: { key: "string", min: 0, max: 9 } } };
  const log = LogFile.open(host.files, file, { name: file, mode: "create", warn: () => {} });
  log.append(formatJson({ name, version: "1.0.0", tables: { T: { columns, isRoot: true } } }));
  log.close();
}

function write(config: Json): void {
  host.files.write("/config.json", formatJson(config));
}

interface Client {
  ask(method: string, ...params: Json[]): Promise<string>;
  ended: boolean;
}

async function connect(port: number): Promise<Client> {
  const rpc = new JsonRpc(await host.streams.connect(`tcp:127.0.0.1:${port}`), recordingLog().module("client"));
  const client: Client = {
    ended: false,
    ask: async (method, ...params) => formatJson(await rpc.request(method, params)),
  };
  rpc.start({
    onClose: () => {
      client.ended = true;
    },
  });
  return client;
}

async function rest(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) {
    host.clock.advance(100);
    await settle();
  }
}

beforeEach(() => {
  host = createFakeHost();
  create("/a.db", "A");
  create("/b.db", "B");
  server = new DatabaseServer(host, recordingLog(), { runDirectory: "/run", tls: {}, columnDiffs: true });
  configured = new ConfiguredServer(host.files, server, "/config.json");
});

describe("a server with a configuration file", () => {
  it("has what the file says, and what it says later", async () => {
    write({ remotes: { "ptcp:6640:127.0.0.1": {} }, databases: { "/a.db": {} } });
    await configured.load();
    const client = await connect(6640);
    await client.ask("set_db_change_aware", true);
    await client.ask("transact", "A", { op: "insert", table: "T", row: { i: 1 } });
    expect([server.remoteNames(), server.databaseNames()]).toEqual([["ptcp:6640:127.0.0.1"], ["A", "_Server"]]);

    write({
      remotes: { "ptcp:6640:127.0.0.1": {}, "ptcp:6641:127.0.0.1": { "read-only": true } },
      databases: { "/a.db": null, "/b.db": { "service-model": "standalone" } },
    });
    await configured.load();
    // What stayed is the same as before, with its clients.
    expect(client.ended).toBe(false);
    expect(await client.ask("list_dbs")).toBe('["A","B","_Server"]');
    const reader = await connect(6641);
    const insert = { op: "insert", table: "T", row: {} };
    expect(await reader.ask("transact", "A", insert)).toContain("read only mode");
    expect(await client.ask("transact", "A", { op: "select", table: "T", where: [], columns: ["i"] })).toContain("1");

    write({ remotes: { "ptcp:6641:127.0.0.1": {} }, databases: { "/b.db": {} } });
    await configured.load();
    await rest();
    expect([client.ended, reader.ended]).toEqual([true, true]);
    expect(await (await connect(6641)).ask("transact", "B", insert)).toContain("uuid");
    await expect(connect(6640)).rejects.toThrow();
    // A file that is no longer served can be opened by others.
    LogFile.open(host.files, "/a.db", { name: "/a.db", mode: "write", warn: () => {} }).close();
  });

  it.each<[string, Json | string]>([
    ["unexpected end of input", "{"],
    ['/config.json: configuration has the unknown member "more"', { more: {} }],
    ["/none.db: open failed (No such file or directory)", { databases: { "/b.db": {}, "/none.db": {} } }],
    ["B: duplicate database name", { databases: { "/b.db": {}, "/b2.db": {} } }],
    [
      "A: duplicate database name",
      { databases: { "/a.db": {}, A: { "service-model": "relay", source: { "tcp:x": {} } } } },
    ],
    ["no database named A", { databases: { "/b.db": {} }, remotes: { "db:A,T,remotes": {} } }],
    ["no table named Z", { databases: { "/a.db": {} }, remotes: { "db:A,Z,remotes": {} } }],
  ])("goes on as before where something is wrong: %s", async (message, config) => {
    create("/b2.db", "B");
    write({ remotes: { "ptcp:6640:127.0.0.1": {}, "db:A,T,remotes": {} }, databases: { "/a.db": {} } });
    await configured.load();
    const client = await connect(6640);
    if (typeof config === "string") host.files.write("/config.json", config);
    else write(config);
    await expect(configured.load()).rejects.toThrow(message);
    expect([server.remoteNames(), server.databaseNames()]).toEqual([
      ["db:A,T,remotes", "ptcp:6640:127.0.0.1"],
      ["A", "_Server"],
    ]);
    expect(await client.ask("list_dbs")).toBe('["A","_Server"]');
    // Nothing that was opened meanwhile is still held.
    write({ databases: { "/b.db": {} } });
    await configured.load();
    expect(server.databaseNames()).toEqual(["B", "_Server"]);
  });

  it("moves a database to another file", async () => {
    create("/moved.db", "A");
    write({ databases: { "/a.db": {} } });
    await configured.load();
    write({ databases: { "/moved.db": {} } });
    await configured.load();
    expect(server.databaseNames()).toEqual(["A", "_Server"]);
    expect(server.serves("/moved.db")).toBe(true);
  });

  it("relays and backs up databases of others, each from its own source", async () => {
    const other = new DatabaseServer(host, recordingLog(), { runDirectory: "/run", tls: {}, columnDiffs: true });
    create("/other-a.db", "A");
    create("/other-c.db", "C");
    other.addDatabase("/other-a.db");
    other.addDatabase("/other-c.db");
    await other.addRemote("ptcp:6650:127.0.0.1");
    const writer = await connect(6650);
    for (const name of ["A", "C"]) await writer.ask("transact", name, { op: "insert", table: "T", row: { i: 7 } });

    const source = { "tcp:127.0.0.1:6650": { "inactivity-probe": 0 } };
    const backup = { "service-model": "active-backup", backup: true, source };
    const databases = { "/a.db": backup, "/b.db": {}, C: { "service-model": "relay", source } };
    const remotes = { "ptcp:6640:127.0.0.1": { "inactivity-probe": 0 } };
    write({ remotes, databases });
    await configured.load();
    await rest();
    const client = await connect(6640);
    const select = { op: "select", table: "T", where: [], columns: ["i"] };
    const insert = { op: "insert", table: "T", row: { i: 8 } };
    for (const name of ["A", "C"]) expect(await client.ask("transact", name, select)).toBe('[{"rows":[{"i":7}]}]');
    expect(server.syncStatus()).toBe("state: backup\nreplicating: tcp:127.0.0.1:6650\ndatabase: A\n");
    // Only the backup is read-only.
    expect(await client.ask("transact", "A", insert)).toContain("read only mode");
    for (const name of ["B", "C"]) expect(await client.ask("transact", name, insert)).toContain("uuid");
    expect(await client.ask("lock", "l")).toContain("true");

    write({ remotes, databases: { ...databases, "/a.db": { ...backup, backup: false } } });
    await configured.load();
    await rest();
    expect(client.ended).toBe(true);
    expect(server.syncStatus()).toBe("state: active\n");
    const again = await connect(6640);
    expect(await again.ask("transact", "A", insert)).toContain("uuid");
    // The relay was not touched, and goes with its entry.
    write({ remotes, databases: { "/b.db": {} } });
    await configured.load();
    expect(server.databaseNames()).toEqual(["B", "_Server"]);
    other.close();
  });

  it("takes other options for a source over the connection that stands", async () => {
    let [connections, heard] = [0, ""];
    await host.streams.listen("ptcp:6650:127.0.0.1", (stream) => {
      connections++;
      stream.onData((bytes) => {
        heard += Buffer.from(bytes).toString();
      });
      stream.onClose(() => {});
    });
    const relayed = (probe: number, port = 6650): Json => ({
      databases: {
        S: { "service-model": "relay", source: { [`tcp:127.0.0.1:${port}`]: { "inactivity-probe": probe } } },
      },
    });
    write(relayed(60_000));
    await configured.load();
    for (let i = 0; i < 5; i++) await rest();
    expect(heard).not.toContain('"echo"');
    write(relayed(3000));
    await configured.load();
    await rest();
    expect(heard).toContain('"echo"');
    expect(connections).toBe(1);
    // Another source is another connection.
    write(relayed(3000, 6651));
    await configured.load();
    for (let i = 0; i < 5; i++) await rest();
    expect([connections, server.databaseNames()]).toEqual([1, ["S", "_Server"]]);
  });

  it("gives remotes of a column the options of their reference", async () => {
    write({
      databases: { "/a.db": {} },
      remotes: { "db:A,T,remotes": { "read-only": true }, "ptcp:6640:127.0.0.1": {} },
    });
    await configured.load();
    const client = await connect(6640);
    await client.ask("transact", "A", { op: "insert", table: "T", row: { remotes: "ptcp:6641:127.0.0.1" } });
    await rest();
    const reader = await connect(6641);
    expect(await reader.ask("transact", "A", { op: "insert", table: "T", row: {} })).toContain("read only mode");
  });

  it("refuses commands that would say otherwise", async () => {
    write({ databases: { "/a.db": {} } });
    const rows = appctlCommands(server, { reload: () => configured.load() });
    const run = async (name: string, ...args: string[]): Promise<Json> =>
      rows.find((row) => row.name === name)!.run(args);
    expect(await run("ovsdb-server/reload")).toBe("");
    expect(await run("ovsdb-server/list-dbs")).toEqual(["A", "_Server"]);
    await expect(async () => run("ovsdb-server/add-db", "/b.db")).rejects.toThrow("not allowed with --config-file");
    await expect(async () => run("ovsdb-server/remove-remote", "x")).rejects.toThrow("not allowed with --config-file");
    const without = appctlCommands(server).find((row) => row.name === "ovsdb-server/reload")!;
    await expect(async () => without.run([])).rejects.toThrow("started without --config-file");
  });
});
