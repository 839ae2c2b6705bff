import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { Pins } from "#host/linux/pins.js";
import { type Echoes, echoesOf, unanswered } from "../support/echoes.js";
import { eventually } from "../support/eventually.js";
import type { TestNamespace } from "../support/namespace.js";
import { describeWith, program, root } from "../support/needs.js";
import { WeftHost } from "../support/weft-host.js";

/** How long there is no switch daemon, in milliseconds. */
const ABSENCE = 2000;

const needs = [root, program("/usr/bin/ping", "iputils-ping"), program("/usr/sbin/tc", "iproute2")];

describeWith(needs, "a bridge whose known flows the kernel forwards, without its daemon", () => {
  let host: WeftHost;
  let left: TestNamespace;
  let right: TestNamespace;
  let links: string;
  let qdiscs: string;

  const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
  const flows = (): string[] => host.appctl("dpctl/dump-flows", "-m").split("\n");
  const echoes = (): string[] => flows().filter((flow) => /dp:ebpf/.test(flow) && /eth_type\(0x0800\)/.test(flow));
  const ufids = (): string[] => echoes().map((flow) => /ufid:(\S+),/.exec(flow)![1]!);
  const packets = (ufid: string): number => Number(/packets:(\d+)/.exec(flows().find((f) => f.includes(ufid))!)![1]);
  const ipLinks = (): string => host.namespace.run("ip", "-o", "link").stdout.replace(/state \S+/g, "");
  const pins = (): string | undefined => new Pins(host.directory).directory;
  const tcQdiscs = (): string => host.namespace.run("tc", "qdisc", "show").stdout;

  beforeEach(() => {
    host = new WeftHost();
    left = host.guest("wfl", "10.9.0.1/24");
    right = host.guest("wfr", "10.9.0.2/24");
    // Who is asked for an address while there is no switch is not to be what tests look at.
    const mac = (guest: TestNamespace): string =>
      /ether (\S+)/.exec(guest.run("ip", "link", "show", "eth0").stdout)![1]!;
    left.ip(`neigh add 10.9.0.2 lladdr ${mac(right)} dev eth0 nud permanent`);
    right.ip(`neigh add 10.9.0.1 lladdr ${mac(left)} dev eth0 nud permanent`);
    links = ipLinks();
    qdiscs = tcQdiscs();
    host.start();
    host.vsctl("add-br", "br0", "--", "set", "bridge", "br0", "datapath_type=system");
    host.vsctl("add-port", "br0", "wfl", "--", "add-port", "br0", "wfr");
  });
  afterEach(() => host?.close());

  /** Pings every two milliseconds until it is stopped; then says how many were sent and answered. */
  const startPinging = (from: TestNamespace = left, address = "10.9.0.2"): { stop(): Promise<Echoes> } => {
    const enter = `--net=/proc/${process.pid}/fd/${from.fd}`;
    const child: ChildProcess = spawn("nsenter", [enter, "ping", "-n", "-i", "0.002", "-W", "2", address]);
    let text = "";
    child.stdout!.on("data", (data) => (text += String(data)));
    const ended = new Promise((resolve) => child.on("close", resolve));
    return {
      stop: async () => {
        child.kill("SIGINT");
        await ended;
        return echoesOf(text);
      },
    };
  };

  const known = async (): Promise<void> => {
    expect(left.run("ping", "-c", "3", "-i", "0.2", "-W", "2", "10.9.0.2").status).toBe(0);
    await eventually(() => echoes().length >= 2, "flows in the kernel");
    // They are written down a moment later.
    await pause(300);
  };

  it("goes on after kill -9, and the next daemon takes its flows over, with their names and counters", async () => {
    await known();
    const before = ufids();
    const pinging = startPinging();
    await pause(500);
    for (let generation = 0; generation < 2; generation++) {
      host.kill("ovs-vswitchd");
      await pause(ABSENCE);
      host.startSwitch();
      await pause(1000);
    }
    const { sent, received } = await pinging.stop();
    expect(sent).toBeGreaterThan(1000);
    expect(sent - received).toBe(0);
    expect(ufids().sort()).toEqual(before.sort());
    // Each packet was counted, but those of which the flows were made.
    for (const ufid of before) {
      expect(packets(ufid)).toBeGreaterThanOrEqual(sent);
      expect(packets(ufid)).toBeLessThanOrEqual(sent + 3);
    }
    expect(host.log()).toMatch(/flows taken over/);
    expect(Number(/hit:(\d+)/.exec(host.appctl("dpctl/show"))![1])).toBeGreaterThanOrEqual(2 * sent);
  }, 60_000);

  it("has the bridge's own device reach guests meanwhile", async () => {
    const mac = (where: TestNamespace, device: string): string =>
      /ether (\S+)/.exec(where.run("ip", "link", "show", device).stdout)![1]!;
    host.namespace.ip("addr add 10.9.0.3/24 dev br0");
    host.namespace.ip("link set br0 up");
    host.namespace.ip(`neigh add 10.9.0.1 lladdr ${mac(left, "eth0")} dev br0 nud permanent`);
    left.ip(`neigh add 10.9.0.3 lladdr ${mac(host.namespace, "br0")} dev eth0 nud permanent`);
    expect(host.namespace.run("ping", "-c", "3", "-i", "0.2", "-W", "2", "10.9.0.1").status).toBe(0);
    await eventually(() => echoes().length >= 2, "flows in the kernel");
    await pause(300);
    const pinging = startPinging(host.namespace, "10.9.0.1");
    host.kill("ovs-vswitchd");
    await pause(ABSENCE);
    host.startSwitch();
    await pause(1000);
    const { sent, received } = await pinging.stop();
    expect(sent).toBeGreaterThan(500);
    expect(sent - received).toBe(0);
  }, 60_000);

  it("goes on after exit, and credits rules only with what came since", async () => {
    await known();
    const pinging = startPinging();
    host.appctl("exit");
    await eventually(() => !existsSync(join(host.directory, "ovs-vswitchd.pid")), "the switch to end");
    await pause(ABSENCE);
    const counted = (): number => {
      host.appctl("revalidator/wait");
      return Number(/n_packets=(\d+)/.exec(host.must("ovs-ofctl", "dump-flows", "br0"))![1]);
    };
    host.startSwitch();
    const atFirst = counted();
    await pause(500);
    const { sent, received } = await pinging.stop();
    expect(sent - received).toBe(0);
    expect(atFirst).toBeLessThan(sent);
    expect(counted()).toBeGreaterThan(200);
    expect(counted()).toBeLessThan(2 * sent);
  }, 60_000);

  it("is shown by ovs-dpctl with and without its daemon, and flows are deleted by it", async () => {
    await known();
    const [ufid] = ufids();
    const dpctl = (...args: string[]): string => host.must("ovs-dpctl", ...args);
    const shape = (text: string): string[] =>
      text
        .replace(/packets:\d+, bytes:\d+, used:\S+/g, "N")
        .replace(/hit:\d+ missed:\d+ lost:\d+/, "N")
        .split("\n")
        .sort();
    const asked = (): string[][] => [
      shape(dpctl("dump-dps")),
      shape(dpctl("show")),
      shape(dpctl("dump-flows", "-m")).filter((flow) => !flow.includes("dp:ovs")),
      shape(dpctl("get-flow", `ufid:${ufid}`)),
    ];
    const withDaemon = asked();
    expect(withDaemon[0]).toEqual(["", "system@ovs-system"]);
    host.kill("ovs-vswitchd");
    const [dps, shown, dumped, got] = asked();
    expect(dps).toEqual(withDaemon[0]);
    expect(shown!.filter((line) => !line.includes("flows:"))).toEqual(
      withDaemon[1]!.filter((line) => !line.includes("flows:")),
    );
    expect(dumped).toEqual(withDaemon[2]);
    expect(got).toEqual(withDaemon[3]);
    const counted = (): number => Number(/packets:(\d+)/.exec(dpctl("get-flow", `ufid:${ufid}`))![1]);
    const before = counted();
    expect(unanswered(left.run("ping", "-n", "-c", "100", "-i", "0.002", "10.9.0.2").stdout, 100)).toEqual([]);
    expect(counted()).toBe(before + 100);
    expect(dpctl("show", "-s")).toMatch(/port \d+: wfl\n {4}RX packets:\d+/);
    expect(host.run("ovs-dpctl", "dump-conntrack")).toMatchObject({
      status: 1,
      stderr: expect.stringContaining("Operation not supported"),
    });
    expect(host.run("ovs-dpctl", "add-flow", "in_port(1),eth(),eth_type(0x0800),ipv4()", "2")).toMatchObject({
      status: 1,
    });
    dpctl("del-flows");
    expect(dpctl("dump-flows")).toBe("");
    expect(left.run("ping", "-c", "1", "-W", "1", "10.9.0.2").status).not.toBe(0);
    host.startSwitch();
    expect(left.run("ping", "-c", "2", "-i", "0.2", "-W", "2", "10.9.0.2").status).toBe(0);
  }, 60_000);

  it("gives way to a daemon that has no use for it", async () => {
    await known();
    host.kill("ovs-vswitchd");
    const directory = pins()!;
    expect(readdirSync(join(directory, "links"))).toHaveLength(3);
    process.env["WEFT_WITHOUT"] = "tcx";
    try {
      host.startSwitch();
    } finally {
      delete process.env["WEFT_WITHOUT"];
    }
    expect(left.run("ping", "-c", "3", "-i", "0.2", "-W", "2", "10.9.0.2").status).toBe(0);
    expect(host.log()).toContain("the userspace engine forwards all");
    expect(host.log()).not.toMatch(/\|(WARN|ERR)\|.*(wfl|wfr|could not)/);
    expect(host.appctl("dpctl/dump-flows", "-m")).not.toContain("dp:ebpf");
    expect(existsSync(directory)).toBe(false);
  }, 60_000);

  it("ends with exit --cleanup, which leaves the host as it was", async () => {
    await known();
    expect(readdirSync(join(pins()!, "links"))).not.toEqual([]);
    host.vsctl("del-br", "br0");
    expect(existsSync(join(pins()!, "links")) ? readdirSync(join(pins()!, "links")) : []).toEqual([]);
    host.vsctl("add-br", "br0", "--", "set", "bridge", "br0", "datapath_type=system");
    host.vsctl("add-port", "br0", "wfl", "--", "add-port", "br0", "wfr");
    await known();
    host.vsctl("del-port", "wfr");
    const isPinned = (name: string): boolean =>
      existsSync(join(pins()!, "links", String(host.namespace.net.link(name)!.ifindex)));
    expect([isPinned("wfl"), isPinned("wfr")]).toEqual([true, false]);
    host.appctl("exit", "--cleanup");
    await eventually(() => !existsSync(join(host.directory, "ovs-vswitchd.pid")), "the switch to end");
    expect(ipLinks()).toBe(links);
    expect(tcQdiscs()).toBe(qdiscs);
    const directory = pins();
    expect(directory === undefined || !existsSync(directory)).toBe(true);
  }, 60_000);
});
