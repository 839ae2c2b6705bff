import { spawn } from "node:child_process";
import { afterAll, beforeAll, expect, it } from "vitest";
import { Pins } from "#host/linux/pins.js";
import { unanswered } from "../support/echoes.js";
import type { TestNamespace } from "../support/namespace.js";
import { describeWith, program, root } from "../support/needs.js";
import { WeftHost, waitFor } from "../support/weft-host.js";

const ping = program("/usr/bin/ping", "iputils-ping");
const iperf = program("/usr/bin/iperf3", "iperf3");

interface ShownEngine {
  readonly engine: string;
  readonly kernel: {
    readonly fill: { readonly flows: { readonly used: number } };
    readonly packets: Readonly<Record<"kernel" | "threads", { readonly received: number }>>;
    readonly ports: readonly { readonly name: string; readonly inKernel: boolean }[];
  };
}

describeWith([root, ping, iperf], "a bridge whose known flows the kernel forwards", () => {
  let host: WeftHost;
  let left: TestNamespace;
  let right: TestNamespace;

  beforeAll(() => {
    host = new WeftHost();
    host.start();
    host.vsctl("add-br", "br0");
    left = host.guest("wll", "10.9.0.1/24");
    right = host.guest("wlr", "10.9.0.2/24");
    host.vsctl("add-port", "br0", "wll", "--", "add-port", "br0", "wlr");
  });
  afterAll(() => host?.close());

  /** Frames that a forwarding thread has taken. */
  const byThread = (): number => {
    const text = host.appctl("dpif-netdev/pmd-perf-show");
    return [...text.matchAll(/Rx packets: +(\d+)/g)].reduce((sum, [, n]) => sum + Number(n), 0);
  };
  const flows = (): string[] => host.appctl("dpctl/dump-flows", "-m").split("\n");

  it("pings, and after the first packets the thread sees none of them", () => {
    expect(left.run("ping", "-c", "3", "-i", "0.2", "-W", "2", "10.9.0.2").status).toBe(0);
    waitFor(() => flows().filter((flow) => /dp:ebpf/.test(flow)).length >= 2, "flows in the kernel");
    const before = byThread();
    expect(before).toBeGreaterThan(0);
    const { stdout } = left.run("ping", "-n", "-c", "200", "-i", "0.002", "10.9.0.2");
    expect(unanswered(stdout, 200)).toEqual([]);
    // Neighbours are asked for now and then.
    expect(byThread() - before).toBeLessThan(20);
    const icmp = flows().filter((flow) => /dp:ebpf/.test(flow) && /0x0800/.test(flow));
    expect(icmp.length).toBeGreaterThanOrEqual(2);
    for (const flow of icmp) expect(Number(/packets:(\d+)/.exec(flow)![1])).toBeGreaterThanOrEqual(200);
  });

  it("tells which flows and ports are in the kernel", () => {
    const counted = (type: string): number =>
      host.appctl("dpctl/dump-flows", "-m", `type=${type}`).match(/\bdp:/g)?.length ?? 0;
    expect(counted("ebpf")).toBeGreaterThan(0);
    expect(counted("ovs")).toBeGreaterThanOrEqual(counted("ebpf"));
    expect(counted("offloaded")).toBe(0);
    const [shown] = JSON.parse(host.appctl("--format=json", "dpif-ebpf/show", "br0")) as [ShownEngine];
    expect(shown.engine).toBe("kernel");
    expect(shown.kernel.fill.flows.used).toBeGreaterThan(0);
    expect(shown.kernel.packets.kernel.received).toBeGreaterThan(shown.kernel.packets.threads.received);
    expect(shown.kernel.ports.filter(({ inKernel }) => inKernel).map(({ name }) => name)).toContain("wll");
    const text = host.appctl("dpif-ebpf/show");
    expect(text).toMatch(/^system@ovs-system:\n {2}engine: kernel\n {2}flows: in the kernel:[1-9]/);
    expect(text).toMatch(/^ {4}port \d+: wll: kernel$/m);
    expect(host.must("ovs-appctl", "dpif-ebpf/show", "system@ovs-system")).toContain("engine: kernel");
    const refused = host.run("ovs-appctl", "dpif-ebpf/show", "nosuch");
    expect([refused.status, refused.stderr.split("\n")[0]]).toEqual([2, "no bridge or datapath nosuch"]);
  });

  it("floods by itself while the bridge's own device is down, and counts what was to go there", () => {
    expect(left.run("ping", "-c", "3", "-i", "0.3", "-W", "1", "10.9.0.77").status).not.toBe(0);
    const floods = (): string[] =>
      flows().filter((flow) => flow.includes("dst=ff:ff:ff:ff:ff:ff") && flow.includes("dp:ebpf"));
    waitFor(() => floods().length > 0, "a flood in the kernel");
    type Drop = { readonly port: string; readonly reason: string; readonly packets: number };
    const lost = (): number => {
      const drops = JSON.parse(host.appctl("--format=json", "ofproto/drops", "br0")) as readonly Drop[];
      return drops.find(({ port, reason }) => port === "br0" && reason === "datapath_drop_tx_down")?.packets ?? 0;
    };
    const [before, received] = [lost(), byThread()];
    expect(left.run("ping", "-c", "5", "-i", "0.3", "-W", "1", "10.9.0.77").status).not.toBe(0);
    expect(lost()).toBeGreaterThan(before);
    expect(byThread() - received).toBeLessThan(3);
    host.namespace.ip("link set br0 up");
    try {
      waitFor(() => host.vsctl("get", "interface", "br0", "admin_state").trim() === "up", "news of it");
      const settled = lost();
      expect(left.run("ping", "-c", "3", "-i", "0.3", "-W", "1", "10.9.0.77").status).not.toBe(0);
      expect(lost()).toBe(settled);
    } finally {
      host.namespace.ip("link set br0 down");
    }
  });

  it("has another datapath beside it, which forwards by itself and leaves what outlasts the daemon alone", () => {
    const pins = new Pins(host.directory);
    const before = [pins.datapaths(), pins.generations("ovs-system")];
    const [one, two] = [host.guest("wlx", "10.8.0.1/24"), host.guest("wly", "10.8.0.2/24")];
    host.appctl("dpctl/add-dp", "system@wldp", "wlx", "wly");
    try {
      for (const [from, to] of [
        ["1", "2"],
        ["2", "1"],
      ] as const) {
        for (const type of ["0x0800),ipv4(frag=no)", "0x0806),arp()"]) {
          host.appctl("dpctl/add-flow", "wldp", `in_port(${from}),eth(),eth_type(${type}`, to);
        }
      }
      expect(one.run("ping", "-c", "3", "-i", "0.1", "-W", "2", "10.8.0.2").status).toBe(0);
      expect(two.run("ping", "-c", "3", "-i", "0.1", "-W", "2", "10.8.0.1").status).toBe(0);
      expect(host.appctl("dpctl/dump-flows", "-m", "wldp")).toContain("dp:ebpf");
      expect([pins.datapaths(), pins.generations("ovs-system")]).toEqual(before);
      expect(left.run("ping", "-c", "3", "-i", "0.1", "-W", "2", "10.9.0.2").status).toBe(0);
    } finally {
      host.appctl("dpctl/del-dp", "system@wldp");
    }
    expect([pins.datapaths(), pins.generations("ovs-system")]).toEqual(before);
  });

  it("carries TCP, while its flows are removed again and again", async () => {
    const server = spawn("nsenter", [`--net=/proc/${process.pid}/fd/${right.fd}`, "iperf3", "-s", "-1"]);
    try {
      waitFor(() => right.run("ss", "-tln").stdout.includes(":5201"), "the server");
      const client = spawn("nsenter", [
        `--net=/proc/${process.pid}/fd/${left.fd}`,
        ..."iperf3 -c 10.9.0.2 -t 3 -J".split(" "),
      ]);
      let text = "";
      client.stdout.on("data", (data) => (text += String(data)));
      const ended = new Promise((resolve) => client.on("exit", resolve));
      for (let i = 0; i < 5; i++) {
        await new Promise((resolve) => setTimeout(resolve, 400));
        host.appctl("revalidator/purge");
      }
      await ended;
      const { end } = JSON.parse(text) as { end: { sum_received: { bits_per_second: number; bytes: number } } };
      expect(end.sum_received.bits_per_second).toBeGreaterThan(1e9);
      const rule = /n_bytes=(\d+)/.exec(host.appctl("bridge/dump-flows", "br0"));
      waitFor(() => flows().length > 0, "flows");
      expect(Number(rule?.[1] ?? 0)).toBeGreaterThan(0.9 * end.sum_received.bytes);
    } finally {
      server.kill();
    }
  }, 30_000);

  it("follows rules that change", () => {
    host.must("ovs-ofctl", "add-flow", "br0", "priority=10,icmp,actions=drop");
    expect(left.run("ping", "-c", "2", "-i", "0.2", "-W", "1", "10.9.0.2").status).not.toBe(0);
    host.must("ovs-ofctl", "del-flows", "br0", "icmp");
    host.must("ovs-ofctl", "add-flow", "br0", "actions=normal");
    expect(left.run("ping", "-c", "2", "-i", "0.2", "-W", "2", "10.9.0.2").status).toBe(0);
    expect(host.log()).not.toMatch(/out of the kernel/);
  });
});
