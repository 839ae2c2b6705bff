import { spawn } from "node:child_process";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type TestNamespace, testNamespace } from "../support/namespace.js";
import { describeWith, program, root } from "../support/needs.js";
import { WeftHost, waitFor } from "../support/weft-host.js";

const ping = program("/usr/bin/ping", "iputils-ping");
const iperf = program("/usr/bin/iperf3", "iperf3");
const tcpdump = program("/usr/bin/tcpdump", "tcpdump");

interface ShownLink {
  readonly ifindex: number;
  readonly address: string;
  readonly mtu: number;
  readonly flags: readonly string[];
  readonly ifalias?: string;
  readonly linkinfo?: { readonly info_kind: string };
  readonly addr_info: readonly { readonly local: string; readonly scope: string }[];
  readonly stats64: Readonly<Record<"rx" | "tx", { readonly packets: number; readonly bytes: number }>>;
}

describeWith([root, ping, iperf, tcpdump], "internal ports of the kernel engine", () => {
  let host: WeftHost;
  let guest: TestNamespace;

  beforeAll(() => {
    host = new WeftHost();
    host.start();
    host.vsctl("add-br", "br0");
    guest = host.guest("we1", "10.33.0.2/24");
    host.vsctl("add-port", "br0", "we1");
    host.namespace.ip("addr add 10.33.0.1/24 dev br0");
    host.namespace.ip("link set br0 up");
  });
  afterAll(() => host?.close());

  const shown = (name: string, where: { run: TestNamespace["run"] } = host.namespace): ShownLink =>
    (JSON.parse(where.run("ip", "-j", "-d", "-s", "addr", "show", name).stdout) as [ShownLink])[0];
  const pings = (from: { run: TestNamespace["run"] }, address: string, ...more: string[]): boolean =>
    from.run("ping", "-q", "-c", "3", "-i", "0.1", "-W", "2", ...more, address).status === 0;
  const row = (column: string, name = "br0"): string => host.vsctl("get", "interface", name, column).trim();
  const kernelPorts = (): string[] => {
    const [dp] = JSON.parse(host.appctl("--format=json", "dpif-ebpf/show", "br0")) as [
      { kernel: { ports: { name: string; inKernel: boolean }[] } },
    ];
    return dp.kernel.ports.filter(({ inKernel }) => inKernel).map(({ name }) => name);
  };

  it("are devices of their own, whose packets the kernel forwards", () => {
    expect(pings(host.namespace, "10.33.0.2")).toBe(true);
    expect(pings(guest, "10.33.0.1")).toBe(true);
    expect(kernelPorts()).toEqual(["br0", "we1"]);
    const flows = (): string[] => host.appctl("dpctl/dump-flows", "-m", "type=ebpf").split("\n");
    waitFor(() => flows().filter((flow) => flow.includes("0x0800")).length >= 2, "both directions in the kernel");
    const [outer, inner] = [shown("br0"), shown("weft-br0")];
    expect(outer.linkinfo?.info_kind).toBe("veth");
    expect(outer.flags).toEqual(expect.arrayContaining(["UP", "LOWER_UP"]));
    expect([row("type"), row("ifindex"), row("mac_in_use"), row("mtu"), row("link_state")]).toEqual([
      "internal",
      String(outer.ifindex),
      JSON.stringify(outer.address),
      "1500",
      "up",
    ]);
    expect(inner.ifalias).toBe("Weft: the switch's end of br0");
    expect(inner.flags).toEqual(expect.arrayContaining(["UP", "LOWER_UP", "NOARP"]));
    expect(inner.addr_info).toEqual([]);
    for (const text of [host.appctl("dpctl/show"), host.vsctl("show")]) expect(text).not.toContain("weft-br0");
    expect(host.appctl("dpif/doctor")).toMatch(/^ {2}br0 +internal +veth pair, BPF ring at tcx /m);
  });

  it("take a MAC and an MTU, and count from their own side", () => {
    host.vsctl("set", "bridge", "br0", 'other_config:hwaddr="02:00:00:33:00:01"');
    expect(shown("br0").address).toBe("02:00:00:33:00:01");
    expect(row("mac_in_use")).toBe('"02:00:00:33:00:01"');
    host.namespace.ip("link set br0 mtu 1400");
    waitFor(() => row("mtu") === "1400", "the row to follow");
    expect(pings(host.namespace, "10.33.0.2", "-M", "do", "-s", "1372")).toBe(true);
    expect(pings(host.namespace, "10.33.0.2", "-M", "do", "-s", "1373")).toBe(false);
    // A few bytes more are let through for a tag.
    expect(pings(guest, "10.33.0.1", "-M", "do", "-s", "1380")).toBe(false);
    guest.ip("link set eth0 mtu 9000");
    host.namespace.ip("link set we1 mtu 9000");
    host.vsctl("set", "interface", "br0", "mtu_request=9000");
    expect(shown("br0").mtu).toBe(9000);
    expect(pings(guest, "10.33.0.1", "-M", "do", "-s", "8972")).toBe(true);
    const before = shown("br0").stats64;
    host.namespace.run("ping", "-q", "-f", "-c", "100", "-s", "1000", "10.33.0.2");
    const after = shown("br0").stats64;
    for (const side of ["rx", "tx"] as const) {
      expect(after[side].packets - before[side].packets).toBeGreaterThanOrEqual(100);
      expect(after[side].bytes - before[side].bytes).toBeGreaterThanOrEqual(100 * 1042);
    }
    host.namespace.run("ping", "-q", "-f", "-c", "50", "-w", "1", "-b", "10.33.0.255");
    waitFor(() => {
      const { stats64 } = shown("br0");
      return (
        row("statistics:rx_packets") === String(stats64.tx.packets) &&
        row("statistics:tx_packets") === String(stats64.rx.packets)
      );
    }, "the statistics to follow");
    expect(Number(row("statistics:rx_packets"))).toBeGreaterThan(Number(row("statistics:tx_packets")));
  });

  it.each(["host to guest", "guest to host"])("carry TCP with offloads on, %s", async (which) => {
    const [client, server, address] =
      which === "host to guest" ? [host.namespace, guest, "10.33.0.2"] : [guest, host.namespace, "10.33.0.1"];
    const inside = (namespace: TestNamespace, ...words: string[]) =>
      spawn("nsenter", [`--net=/proc/${process.pid}/fd/${namespace.fd}`, ...words]);
    const listening = inside(server, "iperf3", "-s", "-1");
    try {
      waitFor(() => server.run("ss", "-tln").stdout.includes(":5201"), "the server");
      const before = Number(row("statistics:rx_packets"));
      const sending = inside(client, "iperf3", "-c", address, "-t", "2", "-J");
      let text = "";
      sending.stdout.on("data", (data) => (text += String(data)));
      await new Promise((resolve) => sending.on("close", resolve));
      const { end } = JSON.parse(text) as { end: { sum_received: { bits_per_second: number } } };
      expect(end.sum_received.bits_per_second).toBeGreaterThan(1e9);
      expect(before).toBeGreaterThan(0);
      const [dp] = JSON.parse(host.appctl("--format=json", "dpif-ebpf/show", "br0")) as [
        { kernel: { packets: Record<"kernel" | "threads", { received: number }> } },
      ];
      expect(dp.kernel.packets.kernel.received).toBeGreaterThan(10 * dp.kernel.packets.threads.received);
    } finally {
      listening.kill();
    }
  });

  it("show tcpdump both directions, and nothing of the switch's end", async () => {
    host.namespace.run("ip", "neigh", "flush", "dev", "br0");
    const dump = host.background("tcpdump", "-n", "-e", "-l", "-i", "br0", "-c", "8");
    let seen = "";
    let told = "";
    dump.stdout?.on("data", (data) => (seen += String(data)));
    dump.stderr?.on("data", (data) => (told += String(data)));
    const ended = new Promise((resolve) => dump.on("close", resolve));
    await expect.poll(() => told, { timeout: 10_000 }).toContain("listening on br0");
    expect(host.namespace.run("ping", "-c", "3", "-i", "0.1", "10.33.0.2").status).toBe(0);
    await ended;
    expect(seen).toMatch(/10\.33\.0\.1 > 10\.33\.0\.2: ICMP echo request/);
    expect(seen).toMatch(/10\.33\.0\.2 > 10\.33\.0\.1: ICMP echo reply/);
    expect(seen).not.toContain(shown("weft-br0").address);
  });

  it("go down and up, and into a namespace and back, as the devices they are", () => {
    host.namespace.ip("link set br0 down");
    waitFor(() => row("admin_state") === "down", "the row to follow");
    expect(pings(guest, "10.33.0.1", "-w", "1")).toBe(false);
    host.namespace.ip("link set br0 up");
    waitFor(() => row("admin_state") === "up", "the row to follow");
    expect(pings(guest, "10.33.0.1")).toBe(true);
    const inside = testNamespace();
    try {
      host.namespace.ip(`link set br0 netns /proc/${process.pid}/fd/${inside.fd}`);
      inside.ip("addr add 10.33.0.1/24 dev br0");
      inside.ip("link set br0 up mtu 1300");
      waitFor(() => row("mtu") === "1300", "the switch to follow");
      expect(pings(guest, "10.33.0.1")).toBe(true);
      expect(row("ifindex")).toBe(String(shown("br0", inside).ifindex));
      host.vsctl("set", "interface", "br0", "mtu_request=1350");
      expect(shown("br0", inside).mtu).toBe(1350);
      host.kill("ovs-vswitchd");
      host.startSwitch();
      waitFor(() => pings(guest, "10.33.0.1"), "the next daemon to find it there");
      expect(row("mtu")).toBe("1350");
      inside.ip(`link set br0 netns /proc/${process.pid}/fd/${host.namespace.fd}`);
    } finally {
      inside.close();
    }
    host.namespace.ip("addr add 10.33.0.1/24 dev br0");
    host.namespace.ip("link set br0 up");
    waitFor(() => row("ifindex") === String(shown("br0").ifindex), "the switch to follow");
    expect(pings(guest, "10.33.0.1")).toBe(true);
    expect(kernelPorts()).toContain("br0");
  });

  it("stay with their addresses and routes when the daemon is killed, and are taken up by the next", () => {
    host.namespace.ip("route add 192.0.2.0/24 via 10.33.0.2");
    const before = shown("br0");
    expect(pings(guest, "10.33.0.1")).toBe(true);
    host.kill("ovs-vswitchd");
    // Their known flows go on meanwhile.
    expect(pings(guest, "10.33.0.1")).toBe(true);
    host.startSwitch();
    expect(pings(guest, "10.33.0.1")).toBe(true);
    const after = shown("br0");
    expect([after.ifindex, after.address, after.mtu]).toEqual([before.ifindex, before.address, before.mtu]);
    expect(after.addr_info.map(({ local }) => local)).toContain("10.33.0.1");
    expect(host.namespace.run("ip", "route", "show", "192.0.2.0/24").stdout).toContain("via 10.33.0.2 dev br0");
    expect(kernelPorts()).toEqual(["br0", "we1"]);
  });

  it("go with their port, and all of them with exit --cleanup; the switch's end is no port", () => {
    host.vsctl("add-port", "br0", "inside-the-host", "--", "set", "interface", "inside-the-host", "type=internal");
    const links = (): string[] =>
      (JSON.parse(host.namespace.run("ip", "-j", "link").stdout) as { ifname: string }[]).map(({ ifname }) => ifname);
    const made = links().filter((name) => name.startsWith("weft-"));
    expect(made).toHaveLength(2);
    expect(links()).toContain("inside-the-host");
    host.run("ovs-vsctl", "--timeout=5", "add-port", "br0", "weft-br0");
    expect(row("error", "weft-br0")).toContain("it is the inner end of internal port br0");
    host.vsctl("del-port", "br0", "weft-br0", "--", "del-port", "br0", "inside-the-host");
    expect(links().filter((name) => name.startsWith("weft-") || name === "inside-the-host")).toEqual(["weft-br0"]);
    host.appctl("exit", "--cleanup");
    waitFor(() => !links().includes("br0"), "the bridge's device to go");
    expect(links().filter((name) => name.startsWith("weft-"))).toEqual([]);
    expect(links()).toContain("we1");
  });
});
