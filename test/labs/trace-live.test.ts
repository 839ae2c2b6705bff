import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { TestNamespace } from "../support/namespace.js";
import { describeWith, program, root } from "../support/needs.js";
import { reaches, WeftHost, waitFor } from "../support/weft-host.js";

const ping = program("/usr/bin/ping", "iputils-ping");

interface Live {
  readonly packets: readonly {
    readonly port: string;
    readonly flow: string;
    readonly outputs: readonly string[];
    readonly dropped: string | null;
    readonly passes: readonly { readonly title: string; readonly outputs: readonly string[] }[];
  }[];
}

describeWith([root, ping], "live traces of real traffic", () => {
  let host: WeftHost;
  let a: TestNamespace;
  const pings: ChildProcess[] = [];

  /** Packets of `a` to an address, without end. */
  const flood = (address: string, interval: string): void => {
    const args = [`--net=/proc/${process.pid}/fd/${a.fd}`, "/usr/bin/ping", "-q", "-i", interval, address];
    pings.push(spawn("nsenter", args, { stdio: "ignore" }));
  };
  const look = (...args: string[]): Live =>
    JSON.parse(host.must("ovs-appctl", "--format", "json", "ofproto/trace-live", "br0", ...args)) as Live;
  const flows = (...lines: string[]): void => {
    host.must("ovs-ofctl", "del-flows", "br0");
    for (const line of lines) host.must("ovs-ofctl", "add-flow", "br0", line);
  };

  beforeAll(() => {
    host = new WeftHost();
    host.start();
    host.vsctl("add-br", "br0", "--", "set", "bridge", "br0", "fail_mode=secure");
    a = host.guest("tl1", "10.5.0.1/24");
    host.guest("tl2", "10.5.0.2/24");
    for (const port of ["tl1", "tl2"]) host.vsctl("add-port", "br0", port);
  });
  afterAll(() => {
    for (const child of pings) child.kill("SIGKILL");
    host?.close();
  });

  it("show packets of flows that the datapath has known for long, and lose none of them", async () => {
    const inA = `--net=/proc/${process.pid}/fd/${a.fd}`;
    flows("actions=NORMAL");
    expect(reaches(a, "10.5.0.2")).toBe(true);
    flood("10.5.0.2", "0.002");
    const { packets } = look("icmp,icmp_type=8", "20");
    expect(packets).toHaveLength(20);
    for (const { port, flow, outputs } of packets) {
      expect([port, outputs]).toEqual(["tl1", ["tl2"]]);
      expect(flow).toContain("icmp_type=8");
    }
    const counted = spawn("nsenter", [inA, "/usr/bin/ping", "-q", "-c", "100", "-i", "0.01", "10.5.0.2"]);
    let text = "";
    counted.stdout.setEncoding("utf8").on("data", (part: string) => {
      text += part;
    });
    const ended = new Promise((resolve) => counted.once("close", resolve));
    expect(look("in_port=tl1,icmp", "400").packets).toHaveLength(400);
    await ended;
    expect(text).toContain(" 100 received");
    expect(host.appctl("dpctl/dump-flows")).not.toContain("live_trace");
  });

  it("show replies only where they are asked for", () => {
    const { packets } = look("icmp,icmp_type=0,in_port=tl2", "5");
    expect(packets.map(({ port, outputs }) => `${port} ${outputs.join()}`)).toEqual(Array(5).fill("tl2 tl1"));
  });

  it("show what the connection tracker says", () => {
    flows(
      "table=0,arp,actions=NORMAL",
      "table=0,ip,actions=ct(table=1,zone=3)",
      "table=1,ct_state=+new,ip,actions=ct(commit,zone=3),NORMAL",
      "table=1,ct_state=+est,ip,actions=NORMAL",
    );
    const { packets } = look("icmp", "6");
    expect(packets).toHaveLength(6);
    for (const { passes } of packets) {
      expect(passes).toHaveLength(1);
      expect(passes[0]!.title).toMatch(/comes back from connection tracking: ct_state=.*trk.*, ct_zone=3/);
      expect(passes[0]!.outputs).toHaveLength(1);
    }
  });

  it("show why packets are dropped", () => {
    flows("table=0,in_port=tl1,icmp,actions=drop", "priority=1,actions=NORMAL");
    const { packets } = look("in_port=tl1,icmp", "5");
    expect(packets.map(({ dropped }) => dropped)).toEqual(Array(5).fill("rule_drop"));
    expect(host.appctl("ofproto/drops", "br0")).toMatch(/br0 tl1: \d+ packets, the flow has no actions/);
  });

  it("end with their client", async () => {
    const copies = (): boolean => host.appctl("dpctl/dump-flows").includes("live_trace");
    const appctl = join(import.meta.dirname, "../../bin/ovs-appctl");
    const args = ["ofproto/trace-live", "--timeout", "600", "br0", "icmp", "1000"];
    const running = spawn(appctl, args, { env: host.env, stdio: "ignore" });
    waitFor(copies, "copies");
    running.kill("SIGKILL");
    await new Promise((resolve) => running.once("exit", resolve));
    waitFor(() => !copies(), "the end of copies");
  });
});
