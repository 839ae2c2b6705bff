import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { settle } from "#host/fake/clock.js";
import type { Stream } from "#host/streams.js";
import type { ConnectionsSettings, ControllerSettings } from "#ofproto/connections/settings.js";
import { encodeMessage } from "#openflow/messages/codec.js";
import { noSelection } from "#openflow/messages/group/selection.js";
import { formatMessageBytes } from "#openflow/messages/print.js";
import type { Body } from "#openflow/messages/table.js";
import { OFPP } from "#openflow/port-number.js";
import { OF10, OF13, OF14, type Version } from "#openflow/version.js";
import { allVersions, OpenFlowConnection } from "#runtime/openflow-connection.js";
import { type RecordingLog, recordingLog } from "#runtime/recording-log.js";
import { SwitchLab } from "./switch-lab.js";

const target = "tcp:127.0.0.1:6653";

const controller: ControllerSettings = {
  target,
  type: "primary",
  isInBand: false,
  maxBackoff: 8000,
  probeInterval: 5000,
  asyncMessages: true,
  rateLimit: 0,
  burstLimit: 0,
  queueSize: 100,
};

const connections: ConnectionsSettings = {
  controllers: [controller],
  versions: allVersions,
  inBandTargets: [],
  disableInBand: false,
  inBandQueue: undefined,
  queueSize: 100,
};

/** A controller, or a tool: what it was sent, as the first line of its text. */
class Peer {
  readonly got: string[] = [];
  readonly connection: OpenFlowConnection;
  closed = false;

  constructor(stream: Stream, version: Version) {
    this.connection = new OpenFlowConnection(stream, recordingLog(), { versions: 1 << version });
    this.connection.start({
      onMessage: (message) => this.got.push(formatMessageBytes(message).split("\n")[0]!),
      onClose: () => {
        this.closed = true;
      },
    });
  }

  send(body: Body, xid = 7): void {
    this.connection.send(encodeMessage(body, this.connection.version!, xid));
  }

  /** What has come since the last time. */
  take(): string[] {
    return this.got.splice(0).map((line) => line.replace(/\(xid=0x[0-9a-f]+\)/, "").replace(/dur\S+/, ""));
  }
}

describe("connections to controllers", () => {
  let log: RecordingLog;
  let lab: SwitchLab;

  beforeEach(() => {
    log = recordingLog("info");
    lab = new SwitchLab(log);
  });

  afterEach(() => {
    lab.switches.close(true);
    expect(lab.clock.pending).toBe(0);
  });

  const bridge = (settings: Partial<ConnectionsSettings> = {}): void => {
    lab.addBridge("br0", { failMode: "standalone", hasControllers: settings.controllers?.length !== 0 });
    lab.addPort("br0", "p1", {}, "dummy", 1);
    lab.addPort("br0", "p2", {}, "dummy", 2);
    lab.bridge("br0").setControllers({ ...connections, ...settings });
  };

  const listen = async (version: Version = OF13): Promise<Peer[]> => {
    const peers: Peer[] = [];
    await lab.host.streams.listen("ptcp:6653", (stream) => void peers.push(new Peer(stream, version)));
    return peers;
  };

  const tool = async (version: Version): Promise<Peer> => {
    await lab.switches.settle();
    const peer = new Peer(await lab.host.streams.connect("unix:/var/run/openvswitch/br0.mgmt"), version);
    await settle();
    return peer;
  };

  const rules = (): string[] =>
    lab
      .state("br0")
      .tables.table(0)
      .rules(lab.state("br0").tables.version)
      .map((rule) => String(rule.priority));

  const lines = (): string[] => log.lines.splice(0).filter((line) => !line.startsWith("rconn"));

  it("fails open after three probes' time, without the flows there were, until a controller takes charge", async () => {
    bridge();
    expect(rules()).toEqual([]);
    lines();
    await lab.clock.advanceAsync(14_900);
    expect(lines()).toEqual([]);
    await lab.clock.advanceAsync(200);
    const told =
      "Could not connect to controller (or switch failed controller's post-connection admission control policy)";
    expect(lines()).toEqual([`fail_open|WARN|${told} for 15 seconds, failing open`]);
    expect(rules()).toEqual([String(0xf0f0f0)]);
    expect(lab.reach("p1", "ffffffffffff0200000000019000")).toEqual(["br0", "p2"]);
    const peers = await listen();
    await lab.clock.advanceAsync(70_000);
    expect(lines().slice(0, 1)).toEqual(["fail_open|WARN|No longer in fail-open mode"]);
    // Bait for a learning switch, every two seconds of thirty.
    expect(peers[0]!.take().filter((line) => line.startsWith("OFPT_PACKET_IN"))).toHaveLength(15);
    expect(rules()).toEqual([]);
  });

  it("leaves fail-open at once where the controller shows what it wants", async () => {
    bridge();
    await lab.clock.advanceAsync(15_100);
    const peers = await listen();
    await lab.clock.advanceAsync(10_000);
    lines();
    peers[0]!.send({ kind: "barrier_request" });
    await settle();
    expect(lines()).toEqual(["fail_open|WARN|No longer in fail-open mode"]);
    expect(rules()).toEqual([]);
    // It is minded again from when it was last heard.
    peers[0]!.connection.close();
    await lab.clock.advanceAsync(14_000);
    expect(rules()).toEqual([]);
  });

  it("keeps a secure bridge closed", async () => {
    bridge();
    lab.bridge("br0").configure({ ...lab.state("br0").settings, failMode: "secure" });
    await lab.clock.advanceAsync(60_000);
    expect(rules()).toEqual([]);
  });

  it("opens the way to its controllers and managers", () => {
    bridge({
      controllers: [{ ...controller, isInBand: true, target: "tcp:10.0.0.1:6653" }],
      inBandTargets: ["ssl:10.0.0.2"],
    });
    expect(rules()).toEqual([8, 8, 7, 7, 6, 6, 5, 5, 2, 1, 0].map((n) => String(180_000 + n)));
    lab.bridge("br0").setControllers({ ...connections, disableInBand: true });
    expect(rules()).toEqual([]);
  });

  it("demotes the former primary, refuses what changes from secondaries, and stale generations", async () => {
    bridge({ controllers: [] });
    const [a, b] = [await tool(OF14), await tool(OF14)];
    a.send({ kind: "role_request", role: "primary", generationId: 5n });
    await settle();
    expect(a.take()).toEqual(["OFPT_ROLE_REPLY (OF1.4) : role=primary generation_id=5"]);
    b.send({ kind: "role_request", role: "primary", generationId: 6n });
    await settle();
    a.send({
      kind: "group_mod",
      command: "delete",
      type: 0,
      groupId: 1,
      commandBucketId: 0xffffffff,
      selection: noSelection,
      buckets: [],
    });
    a.send({ kind: "role_request", role: "secondary", generationId: 4n });
    await settle();
    expect(a.take()).toEqual([
      "OFPT_ROLE_STATUS (OF1.4) : role=secondary generation_id=6 reason=primary_request",
      "OFPT_ERROR (OF1.4) : OFPBRC_IS_SECONDARY",
      "OFPT_ERROR (OF1.4) : OFPRRFC_STALE",
    ]);
    expect(lines().slice(-2)).toEqual([
      expect.stringMatching(
        /^connmgr\|INFO\|br0<->unix#\d: sending OFPBRC_IS_SECONDARY error reply to OFPT_GROUP_MOD message$/,
      ),
      expect.stringMatching(
        /^connmgr\|INFO\|br0<->unix#\d: sending OFPRRFC_STALE error reply to OFPT_ROLE_REQUEST message$/,
      ),
    ]);
  });

  it("sends misses to old controllers only, and nothing to tools that have not asked", async () => {
    bridge({ controllers: [] });
    const [old, later, quiet] = [await tool(OF10), await tool(OF13), await tool(OF10)];
    for (const peer of [old, later]) {
      peer.send({ kind: "set_config", fragments: "normal", invalidTtlToController: false, missSendLength: 128 });
    }
    await settle();
    lab.switches.bridges.get("br0")!.resetFlows();
    lab.bridge("br0").configure({ ...lab.state("br0").settings, failMode: "secure" });
    lab.receive("p1", "ffffffffffff0200000000019000");
    await settle();
    expect(old.take()).toEqual(["OFPT_PACKET_IN : total_len=14 in_port=1 (via no_match) data_len=14 (unbuffered)"]);
    expect([later.take(), quiet.take()]).toEqual([[], []]);
  });

  it("goes on with others while one does not read, and with that one later", async () => {
    bridge({ controllers: [] });
    const [greedy, other] = [await tool(OF13), await tool(OF13)];
    greedy.connection.pause();
    for (let i = 0; i < 20_000; i++) greedy.send({ kind: "port_desc_request", port: OFPP.none }, i);
    other.send({ kind: "barrier_request" });
    await settle();
    await settle();
    expect(other.take()).toEqual(["OFPT_BARRIER_REPLY (OF1.3) :"]);
    greedy.connection.resume();
    for (let i = 0; i < 3000 && greedy.got.length < 20_000; i++) await settle();
    expect(greedy.got).toHaveLength(20_000);
  });

  it("begins anew where versions are others, and ends with the bridge", async () => {
    const peers = await listen();
    bridge();
    await lab.clock.advanceAsync(10);
    lines();
    lab.bridge("br0").setControllers({ ...connections, versions: 1 << OF13 });
    await lab.clock.advanceAsync(10);
    const again = (name: string): string =>
      `connmgr|INFO|br0: Changes to controller "${name}" expects re-initialization: Re-initializing now.`;
    const socket = "punix:/var/run/openvswitch/br0.mgmt";
    expect(lines()).toEqual([
      again(socket),
      `connmgr|INFO|br0: added service controller "${socket}"`,
      again(target),
      `connmgr|INFO|br0: added primary controller "${target}"`,
    ]);
    expect(peers.map((peer) => peer.closed)).toEqual([true, false]);
    expect(lab.bridge("br0").controllerStatus().get(target)).toMatchObject({ isConnected: true, role: "other" });
    lab.switches.remove("br0");
    await settle();
    expect(peers.map((peer) => peer.closed)).toEqual([true, true]);
  });
});
