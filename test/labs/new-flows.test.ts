import type { ChildProcess } from "node:child_process";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { TestNamespace } from "../support/namespace.js";
import { describeWith, program, root } from "../support/needs.js";
import { WeftHost, waitFor } from "../support/weft-host.js";

/** Sends datagrams to a station for ever, each to a port of its own: every one a new flow, some tens of thousands a second. */
const FLOOD = `
const socket = require("node:dgram").createSocket("udp4");
let port = 0;
function more() {
  for (let i = 0; i < 200; i++) socket.send("x", 1 + (port++ % 65000), "10.6.0.2", i === 199 ? () => setTimeout(more, 4) : () => {});
}
socket.on("error", () => {});
more();
`;

describeWith([root, program("/usr/bin/ping", "iputils-ping")], "a port that is flooded with new flows", () => {
  let host: WeftHost;
  let other: TestNamespace;
  let flood: ChildProcess;
  const shown = (): { readonly current: number; readonly limit: number } => {
    const [, current, limit] = /\(current (\d+)\).*\(limit (\d+)\)/.exec(host.appctl("upcall/show"))!.map(Number);
    return { current: current!, limit: limit! };
  };

  beforeAll(() => {
    host = new WeftHost();
    host.start();
    const attacker = host.guest("wnf1", "10.6.0.1/24");
    host.guest("wnf2", "10.6.0.2/24");
    other = host.guest("wnf3", "10.6.0.3/24");
    host.vsctl("add-br", "br0");
    for (const port of ["wnf1", "wnf2", "wnf3"]) host.vsctl("add-port", "br0", port);
    const flows = "priority=1,udp,actions=move:NXM_OF_UDP_DST[]->NXM_NX_REG0[0..15],NORMAL";
    host.must("ovs-ofctl", "add-flow", "br0", flows);
    expect(attacker.run("ping", "-c", "1", "-W", "5", "10.6.0.2").status).toBe(0);
    flood = host.background("nsenter", `--net=/proc/${process.pid}/fd/${attacker.fd}`, process.execPath, "-e", FLOOD);
    waitFor(() => shown().current > 1000, "the flood to begin");
  });
  afterAll(() => {
    flood?.kill("SIGKILL");
    host?.close();
  });

  it("does not keep another port's new flows waiting", () => {
    for (let i = 0; i < 10; i++) {
      const ping = other.run("ping", "-c", "1", "-W", "5", "10.6.0.2");
      expect(ping.stdout).toContain("1 received");
      // What the flows were is forgotten: the next round's packets come up again.
      host.appctl("revalidator/purge");
    }
  });

  it("does not keep requests waiting: commands, flow tables, the database", () => {
    for (let i = 0; i < 5; i++) {
      expect(host.appctl("version")).toContain("ovs-vswitchd");
      host.must("ovs-ofctl", "add-flow", "br0", `priority=2,in_port=wnf3,tcp,tp_dst=${i},actions=drop`);
      expect(host.must("ovs-ofctl", "dump-flows", "br0", `tcp,tp_dst=${i}`)).toContain("actions=drop");
      host.vsctl("set", "bridge", "br0", `external_ids:round=${i}`);
    }
  });

  it("cannot put down more flows than the limit", () => {
    host.vsctl("set", "open", ".", "other_config:flow-limit=2000");
    waitFor(() => shown().limit <= 2000 && shown().current <= 2000, "the limit to be kept");
    for (let i = 0; i < 10; i++) expect(shown().current).toBeLessThanOrEqual(2000);
    host.vsctl("remove", "open", ".", "other_config", "flow-limit");
  });

  it("leaves no flow behind when it ends", () => {
    host.vsctl("set", "open", ".", "other_config:max-idle=500");
    flood.kill("SIGKILL");
    waitFor(() => shown().current < 20, "idle flows to go");
  });
});
