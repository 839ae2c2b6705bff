import { describe, expect, it } from "vitest";
import { settle } from "#host/fake/clock.js";
import { createFakeHost } from "#host/fake/host.js";
import type { FakeStream } from "#host/fake/streams.js";
import type { Stream } from "#host/streams.js";
import { MessageType, makeMessage } from "#openflow/header.js";
import type { MessageLevel } from "./logger.js";
import { OpenFlowConnection } from "./openflow-connection.js";
import { listenOpenFlow } from "./openflow-listen.js";
import { OpenFlowSession, type OpenFlowSessionSettings } from "./openflow-session.js";
import { recordingLog } from "./recording-log.js";

const name = "br0<->tcp:127.0.0.1:6653";
const target = "tcp:127.0.0.1:6653";
const none = new Uint8Array(0);

function setup(settings: OpenFlowSessionSettings = {}, least: MessageLevel = "info") {
  const host = createFakeHost();
  const log = recordingLog(least);
  const events: string[] = [];
  const handlers = {
    onConnected: (version: number) => events.push(`connected ${version}`),
    onMessage: (message: Uint8Array) => events.push(`message ${message[1]}`),
    onDisconnected: (reason: string) => events.push(`disconnected ${reason}`),
  };
  const open = (): OpenFlowSession => OpenFlowSession.open(host, log, target, handlers, { name, ...settings });
  return { host, log, events, handlers, open };
}

/** Says hello and answers echoes. */
const answer = (stream: Stream): OpenFlowConnection => new OpenFlowConnection(stream, recordingLog()).start({});
/** Says nothing. */
const ignore = (stream: Stream): void => stream.onData(() => {});

describe("OpenFlowSession", () => {
  it("tries again and again where nobody listens, as the status tells", async () => {
    const { host, log, open } = setup();
    const session = open();
    await host.clock.advanceAsync(20_000);
    expect(log.lines).toEqual([
      ...[1, 2, 4].flatMap((n) => [
        `rconn|INFO|${name}: connecting...`,
        `rconn|WARN|${name}: connection failed (Connection refused)`,
        `rconn|INFO|${name}: waiting ${n} seconds before reconnect`,
      ]),
      `rconn|INFO|${name}: connecting...`,
      `rconn|WARN|${name}: connection failed (Connection refused)`,
      `rconn|INFO|${name}: continuing to retry connections in the background but suppressing further logging`,
      `rconn|WARN|${name}: connection failed (Connection refused)`,
    ]);
    expect(session.status()).toEqual({ last_error: "Connection refused", state: "BACKOFF" });
    expect(session.send(makeMessage(1, 18, 1, none))).toBe(false);
    session.close();
    expect(host.clock.pending).toBe(0);
  });

  it("stays connected to a peer that answers probes, and keeps the answers to itself", async () => {
    const { host, log, events, open } = setup();
    const peers: OpenFlowConnection[] = [];
    await host.streams.listen("ptcp:6653", (stream) => void peers.push(answer(stream)));
    const session = open();
    await host.clock.advanceAsync(60_000);
    expect(events).toEqual(["connected 6"]);
    expect(session.status()).toEqual({ sec_since_connect: "60", state: "ACTIVE" });
    expect(session.version).toBe(6);
    expect(log.lines).toEqual([`rconn|INFO|${name}: connecting...`, `rconn|INFO|${name}: connected`]);
    peers[0]!.send(makeMessage(6, MessageType.echoReply, 99, none));
    peers[0]!.close();
    await settle();
    expect(events.slice(1)).toEqual(["message 3", "disconnected End of file"]);
    expect(session.isConnected).toBe(false);
    await host.clock.advanceAsync(1000);
    expect(session.isConnected).toBe(true);
    expect(session.status()).toEqual({
      last_error: "End of file",
      sec_since_connect: "0",
      sec_since_disconnect: "1",
      state: "ACTIVE",
    });
    session.close();
    expect(host.clock.pending).toBe(0);
  });

  it("gives a peer up that does not answer its probe", async () => {
    const { host, log, events, open } = setup({}, "dbg");
    await host.streams.listen("ptcp:6653", (stream) => {
      ignore(stream);
      stream.write(makeMessage(1, MessageType.hello, 1, none));
    });
    const session = open();
    await host.clock.advanceAsync(10_000);
    expect(log.lines.filter((line) => line.startsWith("rconn")).map((line) => line.replace(`${name}: `, ""))).toEqual([
      "rconn|INFO|connecting...",
      "rconn|DBG|entering CONNECTING",
      "rconn|INFO|connected",
      "rconn|DBG|entering ACTIVE",
      "rconn|DBG|idle 5 seconds, sending inactivity probe",
      "rconn|DBG|entering IDLE",
      "rconn|ERR|no response to inactivity probe after 5 seconds, disconnecting",
      "rconn|DBG|entering BACKOFF",
    ]);
    expect(events).toEqual(["connected 1", "disconnected Connection timed out"]);
    expect(session.status()).toMatchObject({ last_error: "Connection timed out", state: "BACKOFF" });
    session.close();
  });

  it("gives a peer up that does not say hello, and one that speaks otherwise", async () => {
    const { host, log, events, open } = setup({ versions: 0x20 });
    let silent = true;
    await host.streams.listen("ptcp:6653", (stream) => {
      ignore(stream);
      if (!silent) stream.write(makeMessage(4, MessageType.hello, 1, none));
      silent = false;
    });
    const session = open();
    await host.clock.advanceAsync(2000);
    expect(log.lines).toEqual([
      `rconn|INFO|${name}: connecting...`,
      `rconn|INFO|${name}: connection timed out`,
      `rconn|INFO|${name}: waiting 1 seconds before reconnect`,
      `rconn|INFO|${name}: connecting...`,
      "vconn|WARN|tcp:127.0.0.1:6653: version negotiation failed (we support version 0x05, peer supports version 0x04 and earlier)",
      `rconn|WARN|${name}: connection dropped (Protocol error)`,
      `rconn|INFO|${name}: waiting 2 seconds before reconnect`,
    ]);
    expect(events).toEqual([]);
    expect(session.status()).toEqual({ last_error: "Protocol error", sec_since_disconnect: "0", state: "BACKOFF" });
    session.close();
    expect(host.clock.pending).toBe(0);
  });

  it("connects anew when asked to, with other versions", async () => {
    const { host, events, open } = setup();
    await host.streams.listen("ptcp:6653", (stream) => void answer(stream));
    const session = open();
    await host.clock.advanceAsync(10);
    session.setVersions(0x02);
    session.reconnect();
    await host.clock.advanceAsync(1010);
    expect(events).toEqual(["connected 6", "disconnected End of file", "connected 1"]);
    session.close();
    await settle();
    expect(host.clock.pending).toBe(0);
  });

  it("drops a connection that came about too late", async () => {
    const { host, events, open } = setup();
    let accepted: FakeStream | undefined;
    await host.streams.listen("ptcp:6653", (stream) => {
      accepted = stream as FakeStream;
      ignore(stream);
    });
    const session = open();
    host.clock.advance(0);
    session.close();
    await settle();
    let ended = false;
    accepted?.onClose(() => {
      ended = true;
    });
    await settle();
    expect(ended).toBe(true);
    expect(events).toEqual([]);
  });

  it("serves peers that come to a listener until each is gone", async () => {
    const { host, log, events, handlers } = setup({}, "dbg");
    const sessions: OpenFlowSession[] = [];
    const listener = await listenOpenFlow(host, log, "ptcp:0", (stream) => {
      sessions.push(OpenFlowSession.accepted(host, log, stream, handlers, { versions: 0x12 }));
    });
    expect(log.lines).toEqual([`socket_util|INFO|0: listening on port ${listener.port}`]);
    const client = answer(await host.streams.connect(`tcp:127.0.0.1:${listener.port}`));
    await settle();
    const [session] = sessions;
    expect(session!.send(makeMessage(4, 20, 7, none))).toBe(true);
    await settle();
    client.close();
    await settle();
    const told = log.lines.filter((line) => line.startsWith("rconn")).map((line) => line.replace(/tcp:\S+:\d+: /, ""));
    expect(told).toEqual([
      "rconn|DBG|entering CONNECTING",
      "rconn|DBG|connected",
      "rconn|DBG|entering ACTIVE",
      "rconn|DBG|connection closed by peer",
      "rconn|DBG|entering DISCONNECTED",
    ]);
    expect(events).toEqual(["connected 4", "disconnected End of file"]);
    expect(session!.isAlive).toBe(false);
    expect(host.clock.pending).toBe(0);
  });
});
