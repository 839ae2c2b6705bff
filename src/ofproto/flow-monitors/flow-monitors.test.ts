import { describe, expect, it } from "vitest";
import { parseActions } from "#openflow/actions/parse.js";
import { parseFlowMatch } from "#openflow/match-parse.js";
import type { FlowUpdate } from "#openflow/messages/flow/flow-monitor-reply.js";
import type { FlowMonitor } from "#openflow/messages/flow/flow-monitor-request.js";
import { ALL_TABLES, ANY_GROUP } from "#openflow/messages/flow/flow-parts.js";
import type { Body } from "#openflow/messages/table.js";
import { OFPP } from "#openflow/port-number.js";
import { OF13, OF14, type Version } from "#openflow/version.js";
import type { Connection } from "../connections/connection.js";
import { type FlowChanges, ownOrigin } from "../tables/flow-changes.js";
import { FlowTables } from "../tables/flow-tables.js";
import { Rule } from "../tables/rule.js";
import { FlowMonitors } from "./flow-monitors.js";

/** A connection that tells what it was sent, and whose peer takes nothing while `waiting` is above 0. */
class FakeConnection {
  readonly told: string[] = [];
  readonly isConnected = true;
  readonly version: Version;
  waiting = 0;
  close: () => void = () => {};
  #drained: () => void = () => {};

  constructor(version: Version) {
    this.version = version;
  }

  backlog(): number {
    return this.waiting;
  }

  drained(): Promise<void> {
    return new Promise((resolve) => {
      this.#drained = resolve;
    });
  }

  async drain(): Promise<void> {
    this.waiting = 0;
    this.#drained();
    await Promise.resolve();
  }

  send(body: Body, xid: number): void {
    this.told.push(body.kind === "flow_monitor_reply" ? body.updates.map(shown).join(", ") : `${body.kind} ${xid}`);
  }

  onClosed(action: () => void): void {
    this.close = action;
  }
}

function shown(update: FlowUpdate): string {
  if (update.event === "abbrev") return `abbrev ${update.xid}`;
  if (update.event === "paused" || update.event === "resumed") return update.event;
  return `${update.event} ${update.priority} ${update.actions.length}`;
}

const flow = (priority: number, actions = "1", match = ""): Rule =>
  new Rule({ tableId: 0, priority, match: parseFlowMatch(match), actions: parseActions(actions), now: 0 });

const change = (changes: Partial<FlowChanges>): FlowChanges => ({ added: [], modified: [], removed: [], ...changes });

const monitor = (changes: Partial<FlowMonitor> = {}): FlowMonitor => ({
  id: 1,
  command: "add",
  flags: 0x1f,
  table: ALL_TABLES,
  outPort: OFPP.none,
  outGroup: ANY_GROUP,
  match: parseFlowMatch(""),
  ...changes,
});

interface Bed {
  readonly tables: FlowTables;
  readonly monitors: FlowMonitors;
  readonly peer: FakeConnection;
  /** The peer as handlers see it. */
  readonly connection: Connection;
  /** Others' changes, told. */
  change(changes: Partial<FlowChanges>): void;
}

function bed(version: Version = OF14): Bed {
  const tables = new FlowTables();
  const monitors = new FlowMonitors(tables);
  const peer = new FakeConnection(version);
  return {
    tables,
    monitors,
    peer,
    connection: peer as unknown as Connection,
    change: (changes) => {
      monitors.changed(change(changes), ownOrigin);
      monitors.flush();
    },
  };
}

const MANY = 1_000_000;

describe("flow monitors", () => {
  it("begin with the flows that are there, each once, for all who watch it", () => {
    const { tables, monitors, connection } = bed();
    for (const rule of [flow(1), flow(2, "2")]) tables.table(0).add(rule);
    const wanted = [monitor({ flags: 0x3 }), monitor({ id: 2, outPort: 2 })];
    expect(monitors.request(connection, wanted).map(shown)).toEqual(["initial 1 0", "initial 2 1"]);
  });

  it("are all taken or none", () => {
    const { monitors, connection, peer, change } = bed();
    expect(() => monitors.request(connection, [monitor(), monitor()])).toThrow("OFPMOFC_MONITOR_EXISTS");
    expect(() => monitors.request(connection, [monitor(), monitor({ id: 2, command: "modify" })])).toThrow(
      "OFPMOFC_UNKNOWN_MONITOR",
    );
    change({ added: [flow(1)] });
    expect(peer.told).toEqual([]);
  });

  it("tell of a change of the connection's own by its number, once for each commit", () => {
    const { monitors, connection, peer } = bed();
    monitors.request(connection, [monitor()]);
    const origin = { connection, xid: 7 };
    monitors.changed(change({ added: [flow(1)] }), origin);
    monitors.changed(change({ added: [flow(2)] }), { ...origin, xid: 8 });
    monitors.flush();
    monitors.changed(change({ removed: [{ rule: flow(2), reason: "delete" }] }), { ...origin, xid: 9 });
    monitors.flush();
    expect(peer.told).toEqual(["abbrev 7", "abbrev 9"]);
  });

  it("tell of additions in another's place, and of no modification that changed nothing", () => {
    const { monitors, connection, peer, change } = bed();
    monitors.request(connection, [monitor()]);
    const [before, after] = [flow(1), flow(1)];
    change({ modified: [{ before, after, byAddition: true }] });
    change({ modified: [{ before, after, byAddition: false }] });
    change({ modified: [{ before, after: flow(1, "1,2"), byAddition: false }] });
    expect(peer.told).toEqual(["added 1 1", "modified 1 2"]);
  });

  it("tell by the microtask at the latest", async () => {
    const { monitors, connection, peer } = bed();
    monitors.request(connection, [monitor()]);
    monitors.changed(change({ added: [flow(1)] }), ownOrigin);
    expect(peer.told).toEqual([]);
    await Promise.resolve();
    expect(peer.told).toEqual(["added 1 1"]);
  });

  it.each([
    [OF14, "paused", "resumed"],
    [OF13, "flow_monitor_paused 0", "flow_monitor_resumed 0"],
  ] as const)(
    "of OpenFlow wire version %i pause while the peer does not keep up, and then tell what is new",
    async (version, paused, resumed) => {
      const { monitors, connection, peer, change } = bed(version);
      monitors.request(connection, [monitor()]);
      const [old, gone, changed] = [flow(1), flow(2), flow(3)];
      peer.waiting = MANY;
      change({ added: [old, gone, changed] });
      expect(peer.told).toEqual(["added 1 1, added 2 1, added 3 1", paused]);
      peer.told.length = 0;

      const [brief, late] = [flow(4), flow(5)];
      const after = flow(3, "1,2");
      change({ added: [brief, late] });
      change({ modified: [{ before: changed, after, byAddition: false }] });
      change({ removed: [{ rule: brief, reason: "delete" }] });
      change({ removed: [{ rule: gone, reason: "delete" }] });
      expect(peer.told).toEqual(["deleted 2 1"]);
      peer.told.length = 0;

      await peer.drain();
      const told = peer.told.join(", ");
      expect(told).toBe(`added 5 1, modified 3 2, ${resumed}`);
      peer.told.length = 0;
      change({ added: [flow(6)] });
      expect(peer.told).toEqual(["added 6 1"]);
    },
  );

  it("end with a request, and with the connection", () => {
    const { monitors, connection, peer, change } = bed();
    monitors.request(connection, [monitor()]);
    monitors.cancel(connection, 1);
    expect(() => monitors.cancel(connection, 1)).toThrow("OFPMOFC_UNKNOWN_MONITOR");
    monitors.request(connection, [monitor()]);
    peer.close();
    change({ added: [flow(1)] });
    expect(peer.told).toEqual([]);
  });
});
