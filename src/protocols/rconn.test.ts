import { describe, expect, it } from "vitest";
import { Rconn, type RconnSettings } from "./rconn.js";

const refused = "Connection refused";
const eof = "End of file";

/** Moves a connection through time as its owner would. */
class Run {
  readonly lines: string[] = [];
  readonly fsm: Rconn;
  now = 0;

  constructor(settings: RconnSettings = {}) {
    this.fsm = new Rconn(0, settings, (level, text) => this.lines.push(`${level} ${text.replace("x: ", "")}`));
    this.fsm.name = "x";
  }

  /** Goes to the next deadline, and gives how long it took and what is to be done. */
  next(): string {
    const due = this.fsm.deadline()!;
    const waited = due - this.now;
    this.now = due;
    return `${waited} ${this.fsm.run(due)}`;
  }

  connectAnd(end: (fsm: Rconn) => void): string {
    const next = this.next();
    this.fsm.connecting(this.now);
    end(this.fsm);
    return next;
  }

  /** What was logged since. */
  said(): string[] {
    return this.lines.splice(0);
  }
}

describe("Rconn", () => {
  // The transcripts below are ovs-vswitchd 3.1.0's.
  it("doubles its wait while attempts fail at once, and grows silent", () => {
    const run = new Run();
    run.fsm.enable(0);
    const fail = (): string => run.connectAnd((fsm) => fsm.connectFailed(run.now, refused));
    expect([fail(), fail(), fail()]).toEqual(["0 connect", "1000 connect", "2000 connect"]);
    expect(run.said()).toEqual(
      [1, 2, 4].flatMap((n) => [
        "info connecting...",
        "warn connection failed (Connection refused)",
        `info waiting ${n} seconds before reconnect`,
        "dbg entering BACKOFF",
      ]),
    );
    expect(fail()).toBe("4000 connect");
    expect(run.said()).toEqual([
      "info connecting...",
      "warn connection failed (Connection refused)",
      "info continuing to retry connections in the background but suppressing further logging",
      "dbg entering BACKOFF",
    ]);
    expect([fail(), fail()]).toEqual(["8000 connect", "8000 connect"]);
    expect(run.said()).toEqual([
      "warn connection failed (Connection refused)",
      "dbg entering BACKOFF",
      "warn connection failed (Connection refused)",
      "dbg entering BACKOFF",
    ]);
    expect(run.fsm.stats()).toMatchObject({
      lastError: refused,
      lastConnected: undefined,
      lastDisconnected: undefined,
    });
  });

  it("probes a silent peer and gives it up", () => {
    const run = new Run();
    run.fsm.enable(0);
    run.connectAnd((fsm) => fsm.reached());
    run.now = 500;
    run.fsm.negotiated(500);
    expect(run.said()).toEqual([
      "info connecting...",
      "dbg entering CONNECTING",
      "info connected",
      "dbg entering ACTIVE",
    ]);
    expect(run.next()).toBe("5000 probe");
    run.fsm.activity(run.now);
    expect(run.next()).toBe("5000 probe");
    expect(run.next()).toBe("5000 disconnect");
    run.fsm.disconnected(run.now, "Connection timed out");
    expect(run.said()).toEqual([
      "dbg idle 5 seconds, sending inactivity probe",
      "dbg entering IDLE",
      "dbg entering ACTIVE",
      "dbg idle 5 seconds, sending inactivity probe",
      "dbg entering IDLE",
      "err no response to inactivity probe after 5 seconds, disconnecting",
      "dbg entering BACKOFF",
    ]);
    expect(run.next()).toBe("1000 connect");
  });

  it("waits longer for peers that say nothing, and begins anew after a connection that lasted", () => {
    const run = new Run();
    run.fsm.enable(0);
    const silent = (): string => run.connectAnd((fsm) => fsm.reached());
    const timeOut = (): string => {
      const next = run.next();
      run.fsm.disconnected(run.now, "Connection timed out");
      return next;
    };
    expect([silent(), timeOut(), silent(), timeOut(), silent(), timeOut()]).toEqual([
      "0 connect",
      "1000 disconnect",
      "1000 connect",
      "1000 disconnect",
      "2000 connect",
      "2000 disconnect",
    ]);
    expect(run.said().slice(-5)).toEqual([
      "info connecting...",
      "dbg entering CONNECTING",
      "info connection timed out",
      "info waiting 4 seconds before reconnect",
      "dbg entering BACKOFF",
    ]);
    run.connectAnd((fsm) => fsm.negotiated(run.now));
    run.said();
    // Shorter than the wait before it: that counts as a failure.
    run.now += 1000;
    run.fsm.disconnected(run.now, "Protocol error");
    expect(run.said()).toEqual([
      "warn connection dropped (Protocol error)",
      "info continuing to retry connections in the background but suppressing further logging",
      "dbg entering BACKOFF",
    ]);
    expect(run.connectAnd((fsm) => fsm.negotiated(run.now))).toBe("8000 connect");
    run.now += 8000;
    run.fsm.disconnected(run.now, eof);
    expect(run.next()).toBe("1000 connect");
    expect(run.said()).toEqual([
      "dbg entering CONNECTING",
      "info connected",
      "dbg entering ACTIVE",
      "info connection closed by peer",
      "dbg entering BACKOFF",
    ]);
    expect(run.fsm.stats()).toMatchObject({ lastError: eof, lastDisconnected: run.now - 1000 });
  });

  it("ends for good where a peer opened the connection, saying little", () => {
    const run = new Run();
    run.fsm.accept(0);
    run.fsm.negotiated(0);
    run.fsm.disconnected(10, eof);
    expect(run.fsm.isAlive).toBe(false);
    expect(run.fsm.deadline()).toBeUndefined();
    expect(run.said()).toEqual([
      "dbg entering CONNECTING",
      "dbg connected",
      "dbg entering ACTIVE",
      "dbg connection closed by peer",
      "dbg entering DISCONNECTED",
    ]);
    const broken = new Run();
    broken.fsm.accept(0);
    broken.fsm.disconnected(0, "Protocol error");
    expect(broken.said()[1]).toBe("warn connection dropped (Protocol error)");
  });

  it("counts whole seconds, and at least so many as upstream", () => {
    const run = new Run({ maxBackoff: 6500, probeInterval: 1000 });
    run.fsm.enable(0);
    const fail = (): string => run.connectAnd((fsm) => fsm.connectFailed(run.now, refused));
    expect([fail(), fail(), fail(), fail(), fail()].at(-1)).toBe("6000 connect");
    run.connectAnd((fsm) => fsm.negotiated(run.now));
    expect(run.next()).toBe("5000 probe");
    run.fsm.setProbeInterval(0);
    expect(run.fsm.deadline()).toBeUndefined();
    run.fsm.reconnect(run.now);
    expect(run.next()).toBe("6000 connect");
    run.fsm.disable(run.now);
    expect(run.fsm.state).toBe("VOID");
  });
});
