import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { settle } from "#host/fake/clock.js";
import { type FakeStream, fakeStreamPair } from "#host/fake/streams.js";
import { versionBitmap } from "#openflow/hello.js";
import type { Version } from "#openflow/version.js";
import { endText } from "./jsonrpc.js";
import type { MessageLevel } from "./logger.js";
import { OpenFlowConnection, type OpenFlowSettings } from "./openflow-connection.js";
import { recordingLog } from "./recording-log.js";

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");
const bytes = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text.replaceAll(" ", ""), "hex"));

interface Peer {
  readonly stream: FakeStream;
  /** All that the connection sent, in hexadecimal. */
  got: string;
}

function setup(settings: OpenFlowSettings = {}, least: MessageLevel = "info") {
  const [ours, theirs] = fakeStreamPair("unix:x");
  const log = recordingLog(least);
  const peer: Peer = { stream: theirs, got: "" };
  theirs.onData((data) => {
    peer.got += hex(data);
  });
  const events: string[] = [];
  const connection = new OpenFlowConnection(ours, log, settings).start({
    onNegotiated: (version) => events.push(`negotiated ${version}`),
    onMessage: (message) => events.push(hex(message)),
    onClose: (error) => events.push(`closed: ${endText(error)}`),
  });
  return { connection, peer, log, events };
}

const only = (...versions: Version[]): OpenFlowSettings => ({ versions: versionBitmap(versions) });

describe("OpenFlowConnection", () => {
  it("says hello, agrees on the highest version of both, and logs it", async () => {
    const { connection, peer, log, events } = setup(only(1, 4), "dbg");
    await settle();
    expect(peer.got).toBe("04000010000000010001000800000012");
    peer.stream.write(bytes("0600000800000005"));
    await settle();
    expect(events).toEqual(["negotiated 4"]);
    expect(connection.version).toBe(4);
    expect(log.lines).toContain(
      "vconn|DBG|unix:x: negotiated OpenFlow version 0x04 (we support versions 0x01, 0x04, peer supports version 0x06 and earlier)",
    );
  });

  // What a peer sends after our hello, and what Open vSwitch 3.1.0 logs and answers.
  it.each<[string, OpenFlowSettings, string, string[], string, string]>([
    [
      "no common version",
      only(5),
      "0400001000000001 0001000800000010",
      ["vconn|WARN|unix:x: version negotiation failed (we support version 0x05, peer supports version 0x04)"],
      "040100520000000000000000576520737570706f72742076657273696f6e20307830352c20796f7520737570706f72742076657273696f6e20307830342c206e6f20636f6d6d6f6e2076657273696f6e732e",
      "Protocol error",
    ],
    [
      "a version that nobody knows alone",
      {},
      "0700001000000001 0001000800000080",
      [
        "vconn|WARN|unix:x: version negotiation failed (we support version 0x06 and earlier, peer supports version 0x07)",
        "ofp_errors|ERR|cannot encode error for unknown OpenFlow version 0x07",
      ],
      "0101005e0000000000000000576520737570706f72742076657273696f6e203078303620616e64206561726c6965722c20796f7520737570706f72742076657273696f6e20307830372c206e6f20636f6d6d6f6e2076657273696f6e732e",
      "Protocol error",
    ],
    [
      "a request instead of a hello",
      only(1),
      "0102000800000001",
      ["vconn|WARN|unix:x: received message while expecting hello: OFPT_ECHO_REQUEST (xid=0x1): 0 bytes of payload"],
      "",
      "Protocol error",
    ],
    [
      "a header too short",
      only(1),
      "0100000400000001",
      ["vconn_stream|ERR|received too-short ofp_header (4 bytes)"],
      "",
      "Protocol error",
    ],
  ])("ends with %s", async (_what, settings, sent, lines, answered, reason) => {
    const { connection, peer, log, events } = setup(settings);
    await settle();
    peer.got = "";
    peer.stream.write(bytes(sent));
    await settle();
    expect(log.lines).toEqual(lines);
    expect(peer.got).toBe(answered);
    expect(events).toEqual([`closed: ${reason}`]);
    expect(connection.open).toBe(false);
  });

  it.each([
    [
      "0400001000000001 0001000800000000",
      ["ofp_util|WARN|peer does not support any OpenFlow version (between 0x01 and 0x1f)"],
    ],
    ["0400001000000001 0002000800000010", []],
  ])("passes over what it cannot read of a hello: %s", async (sent, complaints) => {
    const { peer, log, events } = setup(only(1));
    peer.stream.write(bytes(sent));
    await settle();
    expect(events).toEqual(["negotiated 1"]);
    const dump = Buffer.from(bytes(sent))
      .toString("hex")
      .replace(/../g, "$& ")
      .trim()
      .replace(/^(.{23}) /, "$1-");
    expect(log.lines).toEqual([
      ...complaints,
      `vconn|WARN|unix:x: unknown data in hello:\n00000000  ${dump} |................|`,
    ]);
  });

  it("does not mind a hello that names version 0", async () => {
    const { peer, log, events } = setup();
    peer.stream.write(bytes("0400001000000001 0001000800000011"));
    await settle();
    expect(events).toEqual(["negotiated 4"]);
    expect(log.lines).toEqual(["ofp_util|WARN|peer claims to support invalid OpenFlow version 0x00"]);
  });

  it("takes an end before the hello for a reset, and one inside a message for a fault", async () => {
    const first = setup();
    first.peer.stream.close();
    await settle();
    expect(first.events).toEqual(["closed: Connection reset by peer"]);

    const second = setup();
    second.peer.stream.write(bytes("0100000800000001 01000008"));
    await settle();
    second.peer.stream.close();
    await settle();
    expect(second.events).toEqual(["negotiated 1", "closed: Protocol error"]);
    expect(second.log.lines).toEqual(["vconn_stream|ERR|connection dropped mid-packet"]);

    const third = setup();
    third.peer.stream.write(bytes("0100000800000001"));
    await settle();
    third.peer.stream.close();
    await settle();
    expect(third.events).toEqual(["negotiated 1", "closed: End of file"]);
  });

  it("answers echo requests in their own version, and hands over the rest", async () => {
    const { peer, events } = setup(only(1));
    peer.stream.write(bytes("0100000800000001"));
    await settle();
    peer.got = "";
    peer.stream.write(bytes("0102000c00000007aabbccdd 0402000800000008 0103000800000009 0112000800000010"));
    await settle();
    expect(peer.got).toBe("0103000c00000007aabbccdd0403000800000008");
    expect(events.slice(1)).toEqual(["0103000800000009", "0112000800000010"]);
  });

  it("refuses messages of other versions and goes on", async () => {
    const { peer, log, events } = setup(only(1));
    peer.stream.write(bytes("0100000800000001"));
    await settle();
    peer.got = "";
    peer.stream.write(bytes("02fe000800000007 0112000800000010"));
    await settle();
    expect(log.lines).toEqual([
      "ofp_msgs|WARN|unknown OpenFlow message (version 2, type 254)",
      "vconn|ERR|unix:x: received OpenFlow version 0x02 != expected 01",
    ]);
    expect(peer.got).toBe("02010014000000070001000002fe000800000007");
    expect(events.slice(1)).toEqual(["0112000800000010"]);
  });

  it("overhears messages of any version where told to, and answers none", async () => {
    const { peer, log, events } = setup({ ...only(1), anyVersion: true, plainEcho: true });
    peer.stream.write(bytes("0600000800000001"));
    await settle();
    peer.got = "";
    peer.stream.write(bytes("060e000800000007 0402000800000008"));
    await settle();
    expect(events).toEqual(["negotiated 1", "060e000800000007", "0402000800000008"]);
    expect([peer.got, log.lines]).toEqual(["", []]);
  });

  it("logs each message as text at level dbg", async () => {
    const { connection, peer, log } = setup(only(1), "dbg");
    peer.stream.write(bytes("0100000800000001"));
    await settle();
    log.lines.length = 0;
    connection.send(bytes("0112000800000002"));
    peer.stream.write(bytes("0113000800000002 01fe000800000002"));
    await settle();
    expect(log.lines).toEqual([
      "vconn|DBG|unix:x: sent (Success): OFPT_BARRIER_REQUEST (xid=0x2):",
      "vconn|DBG|unix:x: received: OFPT_BARRIER_REPLY (xid=0x2):",
      "ofp_msgs|WARN|unknown OpenFlow message (version 1, type 254)",
      "vconn|DBG|unix:x: received: ***decode error: OFPBRC_BAD_TYPE***\n00000000  01 fe 00 08 00 00 00 02-                        |........        |",
    ]);
  });

  it("holds messages back while paused, and delivers them before the end", async () => {
    const { connection, peer, events } = setup(only(1));
    peer.stream.write(bytes("0100000800000001"));
    await settle();
    connection.pause();
    peer.stream.write(bytes("0112000800000010 0112000800000011"));
    await settle();
    expect(events).toEqual(["negotiated 1"]);
    connection.resume();
    await settle();
    expect(events.slice(1)).toEqual(["0112000800000010", "0112000800000011"]);
  });

  it("waits for a peer that does not read, and no longer than it is there", async () => {
    const { connection, peer } = setup(only(1));
    peer.stream.write(bytes("0100000800000001"));
    await settle();
    (connection.stream as FakeStream).stall(true);
    connection.send(new Uint8Array(1000));
    const seen: string[] = [];
    void connection.drained(2000).then(() => seen.push("little"));
    void connection.drained(500).then(() => seen.push("much"));
    await settle();
    expect(seen).toEqual(["little"]);
    (connection.stream as FakeStream).stall(false);
    await settle();
    expect(seen).toEqual(["little", "much"]);
    (connection.stream as FakeStream).stall(true);
    connection.send(new Uint8Array(1000));
    void connection.drained(500).then(() => seen.push("over"));
    await settle();
    connection.close();
    await settle();
    expect(seen.at(-1)).toBe("over");
  });

  it("takes any bytes, in any pieces, without a fault of its own", async () => {
    const messages = fc.array(
      fc.oneof(
        fc.uint8Array({ maxLength: 40 }),
        fc.tuple(fc.nat(7), fc.nat(40), fc.uint8Array({ maxLength: 24 })).map(([version, type, body]) => {
          const length = 8 + body.length;
          return Uint8Array.from([version, type, length >> 8, length & 255, 0, 0, 0, 9, ...body]);
        }),
      ),
      { maxLength: 6 },
    );
    await fc.assert(
      fc.asyncProperty(messages, fc.nat(12), fc.boolean(), async (sent, chunk, greets) => {
        const { connection, peer, events } = setup(only(1, 4));
        peer.stream.chunk = chunk + 1;
        if (greets) peer.stream.write(bytes("0400000800000001"));
        for (const message of sent) peer.stream.write(message);
        await settle();
        peer.stream.close();
        await settle();
        expect(connection.open).toBe(false);
        expect(events.filter((event) => event.startsWith("closed"))).toHaveLength(1);
      }),
      { seed: 5, numRuns: 60 },
    );
  });
});
