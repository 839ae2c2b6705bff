import { describe, expect, it } from "vitest";
import { settle } from "#host/fake/clock.js";
import { createFakeHost } from "#host/fake/host.js";
import type { FakeStream } from "#host/fake/streams.js";
import type { Stream } from "#host/streams.js";
import { decodeMessage, encodeMessage } from "#openflow/messages/codec.js";
import { NO_BUFFER } from "#openflow/messages/packet/buffer-id.js";
import { portMatch } from "#openflow/messages/packet/packet-in.js";
import { formatMessage } from "#openflow/messages/print.js";
import type { Body } from "#openflow/messages/table.js";
import type { Version } from "#openflow/version.js";
import { Coverage } from "#runtime/coverage.js";
import type { DaemonContext, RunningDaemon } from "#runtime/daemon-main.js";
import { OpenFlowConnection } from "#runtime/openflow-connection.js";
import { parseOptions } from "#runtime/options.js";
import { recordingLog } from "#runtime/recording-log.js";
import { startTestcontroller } from "./controller.js";
import { testcontrollerOptionRows } from "./options.js";

const [a, b] = ["505400000005", "505400000007"] as const;
const frame = (to: string, from: string): Uint8Array => Uint8Array.from(Buffer.from(`${to}${from}12340000`, "hex"));

function setup() {
  const host = createFakeHost();
  const log = recordingLog("info");
  let ended: number | undefined;
  const start = (...argv: string[]): Promise<RunningDaemon> => {
    const { options, operands } = parseOptions("ovs-testcontroller", testcontrollerOptionRows, argv);
    const context = {
      host,
      log,
      options,
      operands,
      coverage: new Coverage(),
      exit: (status = 0) => void (ended = status),
    } as unknown as DaemonContext;
    return startTestcontroller(context);
  };
  /** A switch of this version that connects, and what it is told. */
  const connect = async (name: string, version: Version) => {
    const told: string[] = [];
    const stream = await host.streams.connect(name);
    const connection = new OpenFlowConnection(stream, recordingLog("info"), { versions: 1 << version }).start({
      onMessage: (bytes) => told.push(formatMessage(decodeMessage(bytes)).replace(/ \(OF1.\d\)| \(xid=\w+\)/g, "")),
    });
    await settle();
    const say = async (body: Body): Promise<string[]> => {
      told.length = 0;
      connection.send(encodeMessage(body, version, 0));
      await settle();
      return [...told];
    };
    return { told, say, connection };
  };
  return { host, log, start, connect, ended: () => ended };
}

const features: Body = {
  kind: "features_reply",
  ...{ datapathId: 0xb0n, buffers: 0, tables: 254, auxiliaryId: 0, capabilities: [], actions: [], ports: [] },
};

const packetIn = (port: number, data: Uint8Array): Body => ({
  kind: "packet_in",
  format: "standard",
  ...{ data, totalLength: data.length, bufferId: NO_BUFFER, table: 0, cookie: undefined, reason: 0 },
  match: portMatch(port),
});

describe("ovs-testcontroller", () => {
  it("controls several switches, each with what it has learned there", async () => {
    const { start, connect } = setup();
    const daemon = await start("-n", "punix:/tmp/s", "ptcp:");
    const [first, second] = [await connect("unix:/tmp/s", 6), await connect("tcp:127.0.0.1:6653", 1)];
    expect(first.told).toEqual([
      "OFPT_FEATURES_REQUEST:",
      "OFPT_SET_CONFIG: frags=normal miss_send_len=128",
      "OFPT_FLOW_MOD: ADD priority=0 actions=CONTROLLER:128",
    ]);
    expect(second.told).toEqual(["OFPT_FEATURES_REQUEST:", "OFPT_SET_CONFIG: frags=normal miss_send_len=128"]);
    await first.say(features);
    await second.say(features);
    expect((await first.say(packetIn(1, frame(b, a))))[0]).toMatch(/^OFPT_PACKET_OUT: in_port=1 actions=FLOOD /);
    expect((await first.say(packetIn(2, frame(a, b))))[0]).toMatch(/^OFPT_PACKET_OUT: in_port=2 actions=output:1 /);
    expect((await second.say(packetIn(2, frame(a, b))))[0]).toMatch(/^OFPT_PACKET_OUT: in_port=2 actions=FLOOD /);
    await daemon.stop(false);
  });

  it("knows ports by name also where features do not tell of them", async () => {
    const { start, connect } = setup();
    const daemon = await start("-n", "-Q", "p2:9", "punix:/tmp/s");
    const peer = await connect("unix:/tmp/s", 4);
    expect(await peer.say(features)).toEqual(["OFPST_PORT_DESC request: port=ANY"]);
    const described = {
      ...{ number: 2, address: 0, name: "p2", config: 0, state: 0 },
      ...{ current: 0, advertised: 0, supported: 0, peer: 0, currentSpeed: 0, maxSpeed: 0 },
    };
    await peer.say({ kind: "port_desc_reply", ports: [described] } as unknown as Body);
    await peer.say(packetIn(1, frame(b, a)));
    const [out] = await peer.say(packetIn(2, frame(a, b)));
    expect(out).toMatch(/actions=set_queue:9,output:1,pop_queue /);
    await daemon.stop(false);
  });

  it("answers nothing where it is mute", async () => {
    const { start, connect } = setup();
    const daemon = await start("--mute", "punix:/tmp/s");
    const peer = await connect("unix:/tmp/s", 1);
    expect(await peer.say(features)).toEqual([]);
    expect(await peer.say({ kind: "echo_request", data: new Uint8Array(0) })).toEqual([]);
    expect(await peer.say(packetIn(1, frame(b, a)))).toEqual([]);
    await daemon.stop(false);
  });

  it("keeps no more than a megabyte of answers for a switch that does not read", async () => {
    const { host, start, connect } = setup();
    const peers: FakeStream[] = [];
    const { listen } = host.streams;
    host.streams.listen = (name, onStream, options) => {
      const watched = (stream: Stream): void => {
        peers.push(stream as FakeStream);
        onStream(stream);
      };
      return listen.call(host.streams, name, watched, options);
    };
    const daemon = await start("-n", "punix:/tmp/s");
    const peer = await connect("unix:/tmp/s", 1);
    await peer.say(features);
    peers[0]!.stall(true);
    const big = new Uint8Array(60_000);
    big.set(frame(b, a));
    for (let i = 0; i < 100; i++) await peer.say(packetIn(1, big));
    expect(peers[0]!.pending()).toBeGreaterThan(1024 * 1024);
    expect(peers[0]!.pending()).toBeLessThan(1200 * 1024);
    await daemon.stop(false);
  });

  it("gives each switch the flows of its files, in the format they need", async () => {
    const { host, log, start, connect } = setup();
    host.files.write("/tmp/one", "table=1,in_port=3,actions=drop\n");
    host.files.write("/tmp/two", "# registers\nreg0=1,actions=2\n");
    const daemon = await start("-n", "--with-flows", "/tmp/one", "--with-flows=/tmp/two", "punix:/tmp/s");
    const { told } = await connect("unix:/tmp/s", 1);
    expect(told.slice(2)).toEqual([
      "NXT_SET_FLOW_FORMAT: format=nxm",
      "NXT_FLOW_MOD_TABLE_ID: enable",
      "NXT_FLOW_MOD: ADD table:1 in_port=3 actions=drop",
      "NXT_FLOW_MOD: ADD table:255 reg0=0x1 actions=output:2",
    ]);
    const old = await connect("unix:/tmp/s", 2);
    expect(old.told).toHaveLength(2);
    expect(log.lines).toEqual(["learning_switch|INFO|unix#1: failed to set usable protocol"]);
    await daemon.stop(false);
  });

  it("says what it cannot open, and fails where nothing is left", async () => {
    const { host, log, start } = setup();
    host.files.write("/tmp/bad", "\nin_port=1,actions=foo\n");
    await expect(start("foo:bar", "unix:/tmp/none")).rejects.toThrow("no active or passive switch connections");
    expect(log.lines.sort()).toEqual([
      "controller|ERR|foo:bar: connect: Address family not supported by protocol",
      "controller|ERR|unix:/tmp/none: connect: No such file or directory",
    ]);
    await expect(start("--with-flows=/tmp/bad", "ptcp:")).rejects.toThrow("/tmp/bad:2: unknown action foo");
    await expect(start("--with-flows=/tmp/none", "ptcp:")).rejects.toThrow(
      "/tmp/none: open failed (No such file or directory)",
    );
    await (await start("foo:bar", "ptcp:7000")).stop(false);
  });

  it("ends with its last switch where it does not listen", async () => {
    const { host, start, ended } = setup();
    const peers: OpenFlowConnection[] = [];
    for (const path of ["/tmp/one", "/tmp/two"]) {
      await host.streams.listen(`punix:${path}`, (stream) => {
        peers.push(new OpenFlowConnection(stream, recordingLog("info")).start({}));
      });
    }
    await start("unix:/tmp/one", "unix:/tmp/two");
    await settle();
    peers[0]!.close();
    await settle();
    expect(ended()).toBeUndefined();
    peers[1]!.close();
    await settle();
    expect(ended()).toBe(0);
  });
});
