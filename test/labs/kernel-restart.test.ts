import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { Pins } from "#host/linux/pins.js";
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

  const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
  const flows = (): string[] => host.appctl("dpctl/dump-flows", "-m").split("\n");
  const echoes = (): string[] => flows().filter((flow) => /dp:ebpf/.test(flow) && /eth_type\(0x0800\)/.test(flow));
  const ufids = (): string[] => echoes().map((flow) => /ufid:(\S+),/.exec(flow)![1]!);
  const packets = (ufid: string): number => Number(/packets:(\d+)/.exec(flows().find((f) => f.includes(ufid))!)![1]);
  const ipLinks = (): string => host.namespace.run("ip", "-o", "link").stdout.replace(/state \S+/g, "");
  const pins = (): string | undefined => new Pins(host.directory).directory;
  /** The devices among which tests tell what was left. */
  const hooks = (): string => host.namespace.run("tc", "qdisc", "show").stdout;

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
    host.start();
    host.vsctl("add-br", "br0", "--", "set", "bridge", "br0", "datapath_type=system");
    host.vsctl("add-port", "br0", "wfl", "--", "add-port", "br0", "wfr");
  });
  afterEach(() => host?.close());

  /** Pings every two milliseconds until it is stopped; then says how many were sent and answered. */
  const startPinging = (): { stop(): Promise<{ sent: number; received: number }> } => {
    const enter = `--net=/proc/${process.pid}/fd/${left.fd}`;
    const child: ChildProcess = spawn("nsenter", [enter, "ping", "-q", "-i", "0.002", "-W", "2", "10.9.0.2"]);
    let text = "";
    child.stdout!.on("data", (data) => (text += String(data)));
    const ended = new Promise((resolve) => child.on("close", resolve));
    return {
      stop: async () => {
        child.kill("SIGINT");
        await ended;
        const [, sent, received] = /(\d+) packets transmitted, (\d+) received/.exec(text)!;
        return { sent: Number(sent), received: Number(received) };
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
  }, 30_000);

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
  }, 30_000);

  it("ends with exit --cleanup, which leaves the host as it was", async () => {
    const hooksBefore = hooks();
    await known();
    expect(readdirSync(join(pins()!, "links"))).not.toEqual([]);
    host.vsctl("del-br", "br0");
    expect(existsSync(join(pins()!, "links")) ? readdirSync(join(pins()!, "links")) : []).toEqual([]);
    host.vsctl("add-br", "br0", "--", "set", "bridge", "br0", "datapath_type=system");
    host.vsctl("add-port", "br0", "wfl", "--", "add-port", "br0", "wfr");
    await known();
    host.vsctl("del-port", "wfr");
    expect(readdirSync(join(pins()!, "links"))).toEqual([String(host.namespace.net.link("wfl")!.ifindex)]);
    host.appctl("exit", "--cleanup");
    await eventually(() => !existsSync(join(host.directory, "ovs-vswitchd.pid")), "the switch to end");
    expect(ipLinks()).toBe(links);
    expect(hooks()).toBe(hooksBefore.replace(/.* (br0|ovs-system) .*\n/g, ""));
    const directory = pins();
    expect(directory === undefined || !existsSync(directory)).toBe(true);
  }, 30_000);
});
