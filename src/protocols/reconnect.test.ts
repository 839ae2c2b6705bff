import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Reconnect, type ReconnectSettings } from "./reconnect.js";

function make(settings: ReconnectSettings = {}) {
  const lines: string[] = [];
  const fsm = new Reconnect(0, settings, (level, message) => {
    if (level !== "dbg") lines.push(`${level} ${message}`);
  });
  fsm.name = "remote";
  fsm.enable(0);
  return { fsm, lines };
}

/** Fails every attempt at once and gives the times at which they were made, until `end`. */
function attempts(fsm: Reconnect, end: number): number[] {
  const times: number[] = [];
  for (let now = fsm.deadline(); now !== undefined && now <= end; now = fsm.deadline()) {
    if (fsm.run(now) !== "connect") break;
    times.push(now);
    fsm.connecting(now);
    fsm.connectFailed(now, "Connection refused");
  }
  return times;
}

describe("Reconnect", () => {
  it("doubles its back-off up to the limit", () => {
    expect(attempts(make().fsm, 40_000)).toEqual([0, 1000, 3000, 7000, 15_000, 23_000, 31_000, 39_000]);
    expect(attempts(make({ maxBackoff: 1000 }).fsm, 4000)).toEqual([0, 1000, 2000, 3000, 4000]);
    expect(attempts(make({ maxBackoff: 3000 }).fsm, 12_000)).toEqual([0, 1000, 3000, 6000, 9000, 12_000]);
  });

  it("gives up after its tries", () => {
    const { fsm } = make({ maxTries: 2 });
    expect(attempts(fsm, 60_000)).toEqual([0, 1000]);
    expect(fsm.isAlive).toBe(false);
    expect(fsm.deadline()).toBeUndefined();
  });

  it("gives an attempt as long as the back-off, a second at least", () => {
    const { fsm, lines } = make();
    expect(fsm.run(0)).toBe("connect");
    fsm.connecting(0);
    expect(fsm.run(999)).toBeUndefined();
    expect(fsm.run(1000)).toBe("disconnect");
    fsm.disconnected(1000, undefined);
    expect(lines).toEqual(["info remote: connecting...", "info remote: connection attempt timed out"]);
  });

  it("probes after silence and drops a peer that does not answer", () => {
    const { fsm, lines } = make({ probeInterval: 5000 });
    fsm.run(0);
    fsm.connected(100);
    fsm.activity(2000);
    expect(fsm.run(6999)).toBeUndefined();
    expect(fsm.run(7000)).toBe("probe");
    expect(fsm.state).toBe("IDLE");
    expect(fsm.run(11_999)).toBeUndefined();
    expect(fsm.run(12_000)).toBe("disconnect");
    expect(lines.at(-1)).toBe("err remote: no response to inactivity probe after 5 seconds, disconnecting");
  });

  it("takes any activity for an answer", () => {
    const { fsm } = make();
    fsm.run(0);
    fsm.connected(0);
    expect(fsm.run(5000)).toBe("probe");
    fsm.activity(5100);
    expect(fsm.state).toBe("ACTIVE");
    expect(fsm.deadline()).toBe(10_100);
  });

  it("never probes with an interval of 0, and not more often than every second", () => {
    const never = make({ probeInterval: 0 }).fsm;
    never.run(0);
    never.connected(0);
    expect(never.deadline()).toBeUndefined();
    expect(make({ probeInterval: 5 }).fsm.probeInterval).toBe(1000);
  });

  it("starts with a short back-off again after a connection that lasted", () => {
    const { fsm } = make();
    attempts(fsm, 7000);
    const now = fsm.deadline()!;
    fsm.run(now);
    fsm.connected(now);
    fsm.activity(now + 60_000);
    fsm.disconnected(now + 60_000, "EOF");
    expect(fsm.deadline()).toBe(now + 61_000);
  });

  it("keeps doubling over connections that die young", () => {
    const { fsm, lines } = make();
    let now = 0;
    const waits: number[] = [];
    for (let i = 0; i < 5; i++) {
      fsm.run(now);
      fsm.connected(now);
      fsm.disconnected(now + 10, "Connection reset by peer");
      waits.push(fsm.deadline()! - now - 10);
      now = fsm.deadline()!;
    }
    expect(waits).toEqual([1000, 2000, 4000, 8000, 8000]);
    expect(lines).toContain("warn remote: connection dropped (Connection reset by peer)");
  });

  it("says nothing of a connection that others made and ended, but at dbg", () => {
    const { fsm, lines } = make({ quiet: true, maxTries: 0 });
    expect(fsm.isAlive).toBe(false);
    fsm.connected(0);
    fsm.disconnected(5, "EOF");
    expect(fsm.state).toBe("VOID");
    expect(lines).toEqual([]);
  });

  it("counts for the status columns", () => {
    const { fsm } = make();
    fsm.run(0);
    fsm.connected(10);
    fsm.disconnected(1010, "EOF");
    fsm.run(2010);
    fsm.connected(2010);
    expect(fsm.stats()).toMatchObject({
      state: "ACTIVE",
      isConnected: true,
      lastConnected: 2010,
      lastDisconnected: 1010,
      attempts: 2,
      successes: 1,
      connectedBefore: 1000,
    });
  });

  it("reconnects when forced to", () => {
    const { fsm } = make();
    fsm.run(0);
    fsm.connected(0);
    fsm.forceReconnect(50);
    expect(fsm.run(50)).toBe("disconnect");
    fsm.disconnected(50, undefined);
    expect(fsm.state).toBe("BACKOFF");
  });

  it("always knows what comes next unless it waits for an event, whatever happens", () => {
    const event = fc.constantFrom("run", "connecting", "connected", "fail", "drop", "activity", "force", "skip");
    fc.assert(
      fc.property(fc.array(fc.tuple(event, fc.integer({ min: 0, max: 10_000 })), { maxLength: 60 }), (events) => {
        const { fsm } = make();
        let now = 0;
        for (const [what, delay] of events) {
          now += delay;
          if (what === "run") fsm.run(now);
          else if (what === "connecting" && fsm.state === "BACKOFF") fsm.connecting(now);
          else if (what === "connected" && fsm.state === "CONNECTING") fsm.connected(now);
          else if (what === "fail" && fsm.state === "CONNECTING") fsm.connectFailed(now, "x");
          else if (what === "drop") fsm.disconnected(now, "x");
          else if (what === "activity" && fsm.isConnected) fsm.activity(now);
          else if (what === "force") fsm.forceReconnect(now);
          else if (what === "skip") fsm.skipBackoff();
          expect(fsm.deadline()).toBeDefined();
          expect(fsm.deadline()! - now).toBeLessThanOrEqual(8000);
        }
      }),
      { seed: 5, numRuns: 300 },
    );
  });
});
