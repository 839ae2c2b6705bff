import { beforeEach, describe, expect, it } from "vitest";
import { createFakeHost, type FakeHost } from "#host/fake/host.js";
import type { Stream } from "#host/streams.js";
import { JsonRpc } from "#runtime/jsonrpc.js";
import { type RecordingLog, recordingLog } from "#runtime/recording-log.js";
import { formatJson } from "#util/json-text.js";
import type { SessionServer } from "./client-session.js";
import { Locks } from "./locks.js";
import { defaultRemote, type RemoteSettings } from "./remote.js";
import { Remotes } from "./remotes.js";

let host: FakeHost;
let log: RecordingLog;
let remotes: Remotes;

const server: SessionServer = {
  id: "the-id",
  locks: new Locks(),
  backlogLimit: 1000,
  monitorCondEnabled: true,
  isBackup: () => false,
  database: () => undefined,
  databaseNames: () => ["A", "B"],
  convert: async () => {},
};

beforeEach(() => {
  host = createFakeHost();
  log = recordingLog();
  remotes = new Remotes({ host, log, server, runDirectory: "/var/run/openvswitch", tls: () => undefined });
});

const wanted = (...targets: [string, Partial<RemoteSettings>?][]): Map<string, RemoteSettings> =>
  new Map(targets.map(([target, settings]) => [target, { ...defaultRemote, ...settings }]));

/** A peer that the server connects to. */
async function listen(name: string): Promise<{ peers: JsonRpc[]; close(): void }> {
  const peers: JsonRpc[] = [];
  const listener = await host.streams.listen(name, (stream: Stream) => {
    peers.push(new JsonRpc(stream, recordingLog().module("peer")).start({}));
  });
  return { peers, close: () => listener.close() };
}

describe("an active remote", () => {
  it("serves the peer that it connects to, and tells of its locks", async () => {
    const { peers } = await listen("punix:/tmp/peer");
    await remotes.configure(wanted(["unix:/tmp/peer"]));
    await host.clock.advanceAsync(0);
    expect(await peers[0]!.request("list_dbs", [])).toEqual(["A", "B"]);
    expect(await peers[0]!.request("get_server_id", [])).toBe("the-id");
    await peers[0]!.request("lock", ["one"]);
    await peers[0]!.request("lock", ["two"]);
    await host.clock.advanceAsync(3000);
    expect(remotes.status("unix:/tmp/peer")).toEqual({
      isConnected: true,
      status: { state: "ACTIVE", sec_since_connect: "3", locks_held: "one two" },
    });
    peers[0]!.close();
  });

  it("connects again, later each time, and gives its locks up", async () => {
    await remotes.configure(wanted(["unix:/tmp/peer", { maxBackoff: 2000 }]));
    await host.clock.advanceAsync(500);
    expect(remotes.status("unix:/tmp/peer")).toEqual({ isConnected: false, status: { state: "BACKOFF" } });
    const { peers } = await listen("punix:/tmp/peer");
    await host.clock.advanceAsync(1000);
    expect(peers).toHaveLength(1);
    await peers[0]!.request("lock", ["mine"]);
    expect(server.locks.owner("mine")).toBeDefined();
    peers[0]!.close();
    await host.clock.advanceAsync(10);
    expect(server.locks.owner("mine")).toBeUndefined();
    await host.clock.advanceAsync(2000);
    expect(peers).toHaveLength(2);
    expect(log.lines).toContain("reconnect|INFO|unix:/tmp/peer: connection attempt failed (No such file or directory)");
    expect(log.lines).toContain("reconnect|INFO|unix:/tmp/peer: connection closed by peer");
  });

  it("ends when it is no longer wanted", async () => {
    const { peers } = await listen("punix:/tmp/peer");
    await remotes.configure(wanted(["unix:/tmp/peer"]));
    await host.clock.advanceAsync(0);
    await remotes.configure(wanted());
    await host.clock.advanceAsync(0);
    expect(peers[0]!.open).toBe(false);
    expect(log.lines).toContain("ovsdb_jsonrpc_server|INFO|unix:/tmp/peer: remote deconfigured");
    expect(host.clock.pending).toBe(0);
  });

  it("is dropped and made again on `reconnect`", async () => {
    const { peers } = await listen("punix:/tmp/peer");
    await remotes.configure(wanted(["unix:/tmp/peer"]));
    await host.clock.advanceAsync(0);
    remotes.reconnect("because");
    await host.clock.advanceAsync(2000);
    expect(peers.map((peer) => peer.open)).toEqual([false, true]);
  });

  it("drops a peer that answers what nobody asked", async () => {
    const { peers } = await listen("punix:/tmp/peer");
    await remotes.configure(wanted(["unix:/tmp/peer"]));
    await host.clock.advanceAsync(0);
    peers[0]!.reply(77, {});
    await host.clock.advanceAsync(0);
    expect(peers[0]!.open).toBe(false);
    expect(log.lines).toContain("ovsdb_jsonrpc_server|WARN|unix:/tmp/peer: received unexpected reply message");
  });
});

describe("a passive remote", () => {
  it("is listened on below the run directory where its name is relative", async () => {
    await remotes.configure(wanted(["punix:db.sock"]));
    const stream = await host.streams.connect("unix:/var/run/openvswitch/db.sock");
    const rpc = new JsonRpc(stream, recordingLog().module("peer")).start({});
    expect(formatJson(await rpc.request("list_dbs", []))).toBe('["A","B"]');
    expect(remotes.sessionCount()).toBe(1);
  });

  it("says why it cannot listen, once, and tries on", async () => {
    const taken = await listen("ptcp:6640:127.0.0.1");
    await remotes.configure(wanted(["ptcp:6640:127.0.0.1"]));
    const errors = (): string[] => log.lines.filter((line) => line.includes("ovsdb_jsonrpc_server|ERR"));
    expect(errors()).toEqual(["ovsdb_jsonrpc_server|ERR|ptcp:6640:127.0.0.1: listen failed: Address already in use"]);
    await host.clock.advanceAsync(5000);
    expect(errors()).toHaveLength(1);
    taken.close();
    await host.clock.advanceAsync(8000);
    expect(log.lines).toContain("socket_util|INFO|6640:127.0.0.1: listening on port 6640");
    expect(remotes.status("ptcp:6640:127.0.0.1")).toEqual({
      isConnected: false,
      status: { bound_port: "6640", sec_since_connect: "0", sec_since_disconnect: "0" },
    });
  });

  it("counts its clients", async () => {
    await remotes.configure(wanted(["punix:/tmp/s"]));
    const peers = [await host.streams.connect("unix:/tmp/s"), await host.streams.connect("unix:/tmp/s")];
    await host.clock.advanceAsync(0);
    expect(peers).toHaveLength(2);
    expect(remotes.status("punix:/tmp/s")).toMatchObject({ isConnected: true, status: { n_connections: "2" } });
  });

  it("is made anew where its clients get another role", async () => {
    await remotes.configure(wanted(["punix:/tmp/s", { role: "a" }]));
    const client = await host.streams.connect("unix:/tmp/s");
    let ended = false;
    client.onClose(() => {
      ended = true;
    });
    await remotes.configure(wanted(["punix:/tmp/s", { role: "a" }]));
    await host.clock.advanceAsync(0);
    expect(ended).toBe(false);
    await remotes.configure(wanted(["punix:/tmp/s"]));
    await host.clock.advanceAsync(0);
    expect(ended).toBe(true);
  });

  it("is made anew where it becomes read-only, and kept where a probe interval changes", async () => {
    await remotes.configure(wanted(["punix:/tmp/s"]));
    const first = await host.streams.connect("unix:/tmp/s");
    let ended = false;
    first.onClose(() => {
      ended = true;
    });
    await remotes.configure(wanted(["punix:/tmp/s", { probeInterval: 2000 }]));
    await host.clock.advanceAsync(0);
    expect(ended).toBe(false);
    await remotes.configure(wanted(["punix:/tmp/s", { probeInterval: 2000, readOnly: true }]));
    await host.clock.advanceAsync(0);
    expect(ended).toBe(true);
    expect(remotes.size).toBe(1);
  });
});
