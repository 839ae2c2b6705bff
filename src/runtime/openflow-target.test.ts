import { describe, expect, it } from "vitest";
import { settle } from "#host/fake/clock.js";
import { createFakeHost } from "#host/fake/host.js";
import { OpenFlowConnection } from "./openflow-connection.js";
import { type BridgeSocket, connectToSwitch, talkingError } from "./openflow-target.js";
import { recordingLog } from "./recording-log.js";

const run = "/var/run/openvswitch";

function setup() {
  const host = createFakeHost();
  const log = recordingLog();
  const serve = async (path: string): Promise<void> => {
    await host.streams.listen(
      `punix:${path}`,
      (stream) => void new OpenFlowConnection(stream, recordingLog()).start({}),
    );
  };
  /** What ovs-ofctl logs as its target, or why there is none. */
  const connect = async (name: string, socket?: BridgeSocket): Promise<string> => {
    log.lines.length = 0;
    try {
      (await connectToSwitch(host, log, name, {}, socket)).close();
    } catch (error) {
      return (error as Error).message;
    }
    return log.lines.find((line) => line.startsWith("ofctl|DBG|"))!.replace("ofctl|DBG|connecting to ", "");
  };
  return { host, log, serve, connect };
}

// All of these are what ovs-ofctl 3.1.0 said.
describe("connectToSwitch", () => {
  it("finds bridges by name, by type and name, and by their sockets", async () => {
    const { serve, connect } = setup();
    await serve(`${run}/br0.mgmt`);
    await serve(`${run}/br0.snoop`);
    await serve("/tmp/x");
    expect(await connect("br0")).toBe(`unix:${run}/br0.mgmt`);
    expect(await connect("br0", "snoop")).toBe(`unix:${run}/br0.snoop`);
    expect(await connect("system@br0")).toBe(`unix:${run}/br0.mgmt`);
    expect(await connect("br0.mgmt")).toBe("unix:br0.mgmt");
    expect(await connect("/tmp/x")).toBe("unix:/tmp/x");
    expect(await connect("unix:br0.mgmt")).toBe("unix:br0.mgmt");
    expect(await connect("unix:/tmp/x")).toBe("unix:/tmp/x");
  });

  it("says what is wrong with a name", async () => {
    const { host, log, connect } = setup();
    expect(await connect("nob")).toBe("nob is not a bridge or a socket");
    expect(log.lines).toEqual(
      [`${run}/nob`, `${run}/nob.mgmt`, `${run}/nob.mgmt`].map(
        (path) => `stream_unix|DBG|${path}: connection failed (No such file or directory)`,
      ),
    );
    host.streams.refuse(`unix:${run}/file`, "ECONNREFUSED");
    expect(await connect("file")).toBe("file: failed to open socket (Connection refused)");
    host.streams.refuse(`unix:${run}/old.mgmt`, "ECONNREFUSED");
    expect(await connect("old")).toBe(`${run}/old.mgmt: failed to open socket (Connection refused)`);
    expect(await connect("unix:/tmp/none")).toBe("connecting to unix:/tmp/none (No such file or directory)");
    expect(await connect("foo:bar")).toBe("connecting to foo:bar (Address family not supported by protocol)");
    expect(await connect("ptcp:")).toBe("connecting to ptcp: (Address family not supported by protocol)");
    expect(await connect("tcp:127.0.0.1:1")).toBe("connecting to tcp:127.0.0.1:1 (Connection refused)");
    expect(await connect("tcp:192.0.2.9:1")).toBe("tcp:192.0.2.9:1: failed to connect to socket (Connection refused)");
  });

  it("warns of the port that changed, once, where a name has none", async () => {
    const { log, connect } = setup();
    const warning = "stream|WARN|The default OpenFlow port number has changed from 6633 to 6653";
    expect(await connect("tcp:127.0.0.1")).toBe("connecting to tcp:127.0.0.1 (Connection refused)");
    expect(log.lines).toEqual([warning]);
    await connect("tcp:[::1]");
    expect(log.lines).toEqual([]);
    await connect("tcp:1.2.3.4:99999");
    expect(log.lines).toEqual([
      'socket_util|ERR|1.2.3.4:99999: bad port number "99999"',
      "stream_tcp|ERR|tcp:1.2.3.4:99999: connect: Address family not supported by protocol",
    ]);
  });

  it("tells of hellos that fail, and of ends, by the name that was given", async () => {
    const { host, connect } = setup();
    await host.streams.listen(`punix:${run}/br0.mgmt`, (stream) => stream.close());
    expect(await connect("br0")).toBe("br0: failed to connect to socket (Connection reset by peer)");
    await host.streams.listen(`punix:${run}/br1.mgmt`, (stream) => {
      const peer = new OpenFlowConnection(stream, recordingLog());
      peer.start({ onNegotiated: () => peer.close() });
    });
    const client = await connectToSwitch(host, recordingLog(), "br1");
    await settle();
    const error = await client.barrier().catch((e: unknown) => talkingError("br1", e));
    expect((error as Error).message).toBe("talking to br1 (End of file)");
  });
});
