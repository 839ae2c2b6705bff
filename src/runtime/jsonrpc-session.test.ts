import { describe, expect, it } from "vitest";
import { settle } from "#host/fake/clock.js";
import { createFakeHost } from "#host/fake/host.js";
import type { Stream } from "#host/streams.js";
import { JsonRpcSession } from "./jsonrpc-session.js";
import { recordingLog } from "./recording-log.js";

function setup() {
  const host = createFakeHost();
  const log = recordingLog();
  const events: string[] = [];
  const handlers = {
    onConnected: (name: string) => events.push(`connected ${name}`),
    onDisconnected: (error: Error | undefined) => events.push(`disconnected ${error?.message ?? "eof"}`),
  };
  return { host, log, events, handlers };
}

describe("JsonRpcSession", () => {
  it("backs off with upstream's times and words while the peer refuses", async () => {
    const { host, log, handlers } = setup();
    const session = JsonRpcSession.open(host, log, ["tcp:127.0.0.1:1"], handlers);
    await host.clock.advanceAsync(25_000);
    const t = "tcp:127.0.0.1:1";
    expect(log.lines.filter((l) => l.includes("|INFO|"))).toEqual([
      `reconnect|INFO|${t}: connecting...`,
      `reconnect|INFO|${t}: connection attempt failed (Connection refused)`,
      `reconnect|INFO|${t}: connecting...`,
      `reconnect|INFO|${t}: connection attempt failed (Connection refused)`,
      `reconnect|INFO|${t}: waiting 2 seconds before reconnect`,
      `reconnect|INFO|${t}: connecting...`,
      `reconnect|INFO|${t}: connection attempt failed (Connection refused)`,
      `reconnect|INFO|${t}: waiting 4 seconds before reconnect`,
      `reconnect|INFO|${t}: connecting...`,
      `reconnect|INFO|${t}: connection attempt failed (Connection refused)`,
      `reconnect|INFO|${t}: continuing to reconnect in the background but suppressing further logging`,
    ]);
    expect(log.lines.filter((l) => l.endsWith("entering CONNECTING"))).toHaveLength(6);
    session.close();
    expect(host.clock.pending).toBe(0);
  });

  it("tries the next remote at once when one fails", async () => {
    const { host, log, events, handlers } = setup();
    await host.streams.listen("punix:/b", (s) => s.onData(() => {}));
    const session = JsonRpcSession.open(host, log, ["unix:/a", "unix:/b"], handlers);
    await host.clock.advanceAsync(0);
    await host.clock.advanceAsync(0);
    expect(events).toEqual(["connected unix:/b"]);
    session.close();
  });

  it("goes from a peer that will not do to each other remote at once, then waits", async () => {
    const { host, log, events, handlers } = setup();
    for (const name of ["/a", "/b"]) await host.streams.listen(`punix:${name}`, (s) => s.onData(() => {}));
    const session = JsonRpcSession.open(host, log, ["unix:/a", "unix:/b"], handlers);
    await host.clock.advanceAsync(0);
    session.tryAnotherRemote();
    await host.clock.advanceAsync(0);
    await host.clock.advanceAsync(0);
    expect(events).toEqual(["connected unix:/a", "disconnected eof", "connected unix:/b"]);
    session.tryAnotherRemote();
    await host.clock.advanceAsync(999);
    expect(events).toHaveLength(4);
    await host.clock.advanceAsync(1);
    expect(events.at(-1)).toBe("connected unix:/a");
    session.close();
  });

  it("probes a silent peer, then drops it and reconnects", async () => {
    const { host, log, events, handlers } = setup();
    await host.streams.listen("punix:/b", (s: Stream) => s.onData(() => {}));
    const session = JsonRpcSession.open(host, log, ["unix:/b"], handlers);
    await host.clock.advanceAsync(5_000);
    expect(log.lines).toContain("reconnect|DBG|unix:/b: idle 5000 ms, sending inactivity probe");
    await host.clock.advanceAsync(5_000);
    expect(log.lines).toContain(
      "reconnect|ERR|unix:/b: no response to inactivity probe after 5 seconds, disconnecting",
    );
    expect(session.isConnected).toBe(false);
    await host.clock.advanceAsync(1_000);
    expect(session.isConnected).toBe(true);
    expect(events).toEqual(["connected unix:/b", "disconnected eof", "connected unix:/b"]);
    session.close();
  });

  it("keeps a peer that answers its probes", async () => {
    const { host, log, events, handlers } = setup();
    const peers: JsonRpcSession[] = [];
    await host.streams.listen("punix:/b", (s) => {
      peers.push(JsonRpcSession.accepted(host, log, s, {}, { probeInterval: 0 }));
    });
    const session = JsonRpcSession.open(host, log, ["unix:/b"], handlers);
    await host.clock.advanceAsync(60_000);
    expect(events).toEqual(["connected unix:/b"]);
    expect(session.stats.state).toBe("ACTIVE");
    session.close();
    await settle();
    expect(peers[0]!.isAlive).toBe(false);
    expect(log.lines).toContain("reconnect|DBG|unix#0: connection closed by peer");
    expect(host.clock.pending).toBe(0);
  });

  it("logs a malformed remote's complaint and fails with upstream's errno", async () => {
    const { host, log, handlers } = setup();
    const session = JsonRpcSession.open(host, log, ["tcp:1.2.3.4:99999"], handlers, { maxTries: 1 });
    await host.clock.advanceAsync(0);
    expect(log.lines).toContain('socket_util|ERR|1.2.3.4:99999: bad port number "99999"');
    expect(session.lastError?.message).toBe("tcp:1.2.3.4:99999: Address family not supported by protocol");
    expect(session.isAlive).toBe(false);
  });

  it("serves one peer of a passive remote, then listens again", async () => {
    const { host, log, events, handlers } = setup();
    const session = JsonRpcSession.open(host, log, ["ptcp:7000"], handlers);
    await host.clock.advanceAsync(0);
    expect(log.lines).toContain("reconnect|INFO|ptcp:7000: listening...");
    const client = await host.streams.connect("tcp:127.0.0.1:7000");
    await settle();
    expect(session.isConnected).toBe(true);
    await expect(host.streams.connect("tcp:127.0.0.1:7000")).rejects.toThrow("Connection refused");
    client.close();
    await host.clock.advanceAsync(0);
    expect(events).toEqual(["connected tcp:127.0.0.1:49152", "disconnected eof"]);
    await expect(host.streams.connect("tcp:127.0.0.1:7000")).resolves.toBeDefined();
    session.close();
  });
});
