import { execFileSync, spawn } from "node:child_process";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import type { TestNamespace } from "../support/namespace.js";
import { describeWith, program, root } from "../support/needs.js";
import { tshark } from "../support/tshark.js";
import { reaches, WeftHost, waitFor } from "../support/weft-host.js";

const ping = program("/usr/bin/ping", "iputils-ping");
const iperf = program("/usr/bin/iperf3", "iperf3");
const tcpdump = program("/usr/bin/tcpdump", "tcpdump");
const ethtool = program("/usr/sbin/ethtool", "ethtool");

interface Kind {
  readonly title: string;
  readonly type: string;
  /** What goes behind the Ethernet header, from host `a` to host `b`, and how long the whole is. */
  readonly header: (a: number, b: number) => string;
  readonly number: number;
  readonly size: number;
  /** What comes out of it is the thread's, since the kernel does not read its options. */
  readonly isLeft?: true;
}

const MAC = (host: number): string => `02:00:00:00:00:0${host}`;
const over4 = (a: number, b: number, protocol: number): string =>
  `eth(dst=${MAC(b)},src=${MAC(a)},dl_type=0x0800),ipv4(src=172.31.0.${a},dst=172.31.0.${b},proto=${protocol},tos=0,ttl=64,frag=0x4000)`;
const over6 = (a: number, b: number, protocol: number): string =>
  `eth(dst=${MAC(b)},src=${MAC(a)},dl_type=0x86dd),ipv6(src=fd31::${a},dst=fd31::${b},label=0,proto=${protocol},tclass=0,hlimit=64)`;
const vxlan = "udp(src=0,dst=4789,csum=0x0),vxlan(flags=0x8000000,vni=0x7)";
const geneve = "udp(src=0,dst=6081,csum=0x0),geneve(vni=0x7";

const kinds: readonly Kind[] = [
  { title: "VXLAN", type: "vxlan", number: 4, size: 50, header: (a, b) => `${over4(a, b, 17)},${vxlan}` },
  { title: "VXLAN over IPv6", type: "vxlan", number: 4, size: 70, header: (a, b) => `${over6(a, b, 17)},${vxlan}` },
  { title: "Geneve", type: "geneve", number: 5, size: 50, header: (a, b) => `${over4(a, b, 17)},${geneve})` },
  {
    ...{ title: "Geneve with options", type: "geneve", number: 5, size: 62, isLeft: true },
    header: (a, b) => `${over4(a, b, 17)},${geneve},options({class=0x102,type=0x80,len=8,0x1122334455667788}))`,
  },
  {
    ...{ title: "GRE", type: "gre", number: 3, size: 42 },
    header: (a, b) => `${over4(a, b, 47)},gre((flags=0x2000,proto=0x6558),key=0x7)`,
  },
];

const packets = ["eth_type(0x0806),arp()", "eth_type(0x0800),ipv4(frag=no)", "eth_type(0x86dd),ipv6(frag=no)"];
/** How many flows a host has. */
const FLOWS = 8;

/** One of the hosts: a guest, and a wire to the other, in a datapath without bridges. */
class Side {
  readonly host: WeftHost = new WeftHost();
  readonly guest: TestNamespace;

  readonly number: number;

  constructor(number: number) {
    this.number = number;
    this.guest = this.host.guest("wdg", `10.20.0.${number}/24`);
    // The tunnel's headers have to fit into the wire's packets.
    this.guest.ip("link set eth0 mtu 1400");
    this.guest.ip(`addr add fd20::${number}/64 dev eth0 nodad`);
  }

  /** Makes the datapath, with these ports, and tells its ports' numbers. */
  begin(...ports: string[]): ReadonlyMap<string, string> {
    const { host } = this;
    host.start();
    host.namespace.net.setUp("wdw", true);
    host.appctl("dpctl/add-dp", "system@wdt", "wdg", "wdw", ...ports);
    const shown = host.appctl("dpctl/show", "wdt").matchAll(/port (\d+): (\w+)/g);
    return new Map([...shown].map(([, number, name]) => [name!, number!]));
  }

  /** Actions that put packets into a tunnel over a wire to another host. */
  push({ number, size, header }: Kind, other: number, tunnel: string, wire: string): string {
    const text = `header(size=${size},type=${number},${header(this.number, other)})`;
    return `tnl_push(tnl_port(${tunnel}),${text},out_port(${wire})),${wire}`;
  }

  /** Flows for all packets of a port. */
  addAll(port: string, actions: string): void {
    for (const packet of packets) this.add(`in_port(${port}),eth(),${packet}`, actions);
  }

  /** Forwards between its guest and the tunnel over the wire. */
  forward(kind: Kind, other: number): void {
    const ports = this.begin(`wdx,type=${kind.type},remote_ip=flow`);
    const [guest, wire] = [ports.get("wdg")!, ports.get("wdw")!];
    const tunnel = [...ports.values()].at(-1)!;
    this.addAll(guest, this.push(kind, other, tunnel, wire));
    this.addAll(tunnel, guest);
    for (const packet of packets.slice(1)) this.add(`in_port(${wire}),eth(),${packet}`, `tnl_pop(${tunnel})`);
    this.waitForFlows(FLOWS);
  }

  waitForFlows(count: number): void {
    waitFor(() => this.inKernel().length === count, "flows in the kernel");
  }

  add(match: string, actions: string): void {
    this.host.appctl("dpctl/add-flow", "wdt", match, actions);
  }

  inKernel(): string[] {
    return this.host
      .appctl("dpctl/dump-flows", "-m", "wdt")
      .split("\n")
      .filter((flow) => flow.includes("dp:ebpf"));
  }

  close(): void {
    this.host.close();
  }
}

describeWith([root, ping, iperf, tcpdump, ethtool, tshark], "tunnels in the kernel between two hosts", () => {
  const open: { close(): void }[] = [];
  afterEach(() => {
    for (const one of open.splice(0)) one.close();
  });
  const side = (number: number): Side => {
    const one = new Side(number);
    open.push(one);
    return one;
  };

  /** What arrives of a TCP stream between guests, in bits a second; its bytes are counted by both ends. */
  const stream = async (from: TestNamespace, to: TestNamespace, options = ""): Promise<number> => {
    const enter = (namespace: TestNamespace): string => `--net=/proc/${process.pid}/fd/${namespace.fd}`;
    const server = spawn("nsenter", [enter(to), "iperf3", "-s", "-1"]);
    try {
      waitFor(() => to.run("ss", "-tln").stdout.includes(":5201"), "the server");
      const words = `iperf3 -c 10.20.0.2 -t 1 -J ${options}`.trim().split(/ +/);
      const { stdout } = from.run(words[0]!, ...words.slice(1));
      const { end, error } = JSON.parse(stdout) as {
        end: { sum_received: { bits_per_second: number; bytes: number }; sum_sent: { retransmits: number } };
        error?: string;
      };
      expect(error).toBeUndefined();
      return end.sum_received.bits_per_second;
    } finally {
      server.kill();
    }
  };

  /** Frames of the wire that are not right, by all checksums, and those that are too long for it. */
  const faults = (host: WeftHost, file: string): string => {
    const args = ["-r", file, ...["ip", "tcp", "udp"].flatMap((name) => ["-o", `${name}.check_checksum:TRUE`])];
    const filter =
      "ip.checksum.status==0 or tcp.checksum.status==0 or udp.checksum.status==0 or _ws.malformed or frame.len>1514";
    return execFileSync("/usr/bin/tshark", [...args, "-Y", filter], {
      encoding: "utf8",
      env: { ...process.env, HOME: host.directory, XDG_RUNTIME_DIR: host.directory },
      stdio: ["ignore", "pipe", "ignore"],
    });
  };

  describe.each(kinds)("$title", (kind) => {
    it("answers, carries TCP whole, and cuts it up right where a device does not", async () => {
      const [one, two] = [side(1), side(2)];
      one.host.namespace.net.createVeth("wdw", "wdw", two.host.namespace.fd);
      one.forward(kind, 2);
      two.forward(kind, 1);
      expect(reaches(one.guest, "10.20.0.2")).toBe(true);
      expect(one.guest.run("ping", "-c", "1", "-W", "2", "-s", "1372", "-M", "do", "10.20.0.2").status).toBe(0);
      expect(one.guest.run("ping", "-6", "-c", "3", "-i", "0.2", "-W", "2", "fd20::2").status).toBe(0);
      expect(await stream(one.guest, two.guest)).toBeGreaterThan(kind.isLeft ? 5e6 : 3e8);
      for (const each of [one, two]) expect(each.inKernel()).toHaveLength(FLOWS);
      // What came in by the tunnel's port has been through the kernel: segments count as one.
      const came = two.inKernel().find((flow) => /in_port\(\w+_sys.*eth_type\(0x0800\)/.test(flow));
      expect(Number(/packets:(\d+)/.exec(came ?? "")?.[1])).toBeGreaterThan(100);
      for (const each of [one, two])
        each.host.namespace.run("ethtool", "-K", "wdw", "tso", "off", "gso", "off", "tx", "off");
      const file = join(one.host.directory, "wire.pcap");
      const capture = two.host.background("tcpdump", "-i", "wdw", "-c", "2000", "-w", file);
      const ended = new Promise((resolve) => capture.once("exit", resolve));
      await new Promise<void>((resolve) => {
        capture.stderr?.on("data", (chunk: Buffer) => {
          if (chunk.toString().includes("listening on")) resolve();
        });
      });
      expect(await stream(one.guest, two.guest)).toBeGreaterThan(5e6);
      await ended;
      expect(faults(one.host, file)).toBe("");
    }, 60_000);
  });

  it("takes packets from one tunnel into another", async () => {
    const [one, two] = [side(1), side(2)];
    const { net } = one.host.namespace;
    net.createVeth("wdw", "wdw", two.host.namespace.fd);
    net.createVeth("wdd", "wde");
    for (const link of ["wdd", "wde"]) net.setUp(link, true);
    const [vxlan, geneve] = [kinds[0]!, kinds[2]!];
    two.forward(vxlan, 1);
    const ports = one.begin(
      ...["wdd", "wde"],
      ...[vxlan, geneve].map(({ type }) => `wdx${type},type=${type},remote_ip=flow`),
    );
    const [guest, wire, out, back] = ["wdg", "wdw", "wdd", "wde"].map((name) => ports.get(name)!) as [
      string,
      string,
      string,
      string,
    ];
    const [overVxlan, overGeneve] = [...ports.values()].slice(-2) as [string, string];
    one.addAll(guest, one.push(geneve, 2, overGeneve, out));
    one.add(`in_port(${back}),eth(),${packets[1]}`, `tnl_pop(${overGeneve})`);
    one.addAll(overGeneve, one.push(vxlan, 2, overVxlan, wire));
    one.add(`in_port(${wire}),eth(),${packets[1]}`, `tnl_pop(${overVxlan})`);
    one.addAll(overVxlan, guest);
    one.waitForFlows(11);
    expect(reaches(one.guest, "10.20.0.2")).toBe(true);
    // The kernel does not put large segments into a second tunnel: the thread does.
    expect(await stream(one.guest, two.guest)).toBeGreaterThan(5e6);
    expect(one.host.appctl("dpif-ebpf/show")).not.toMatch(/datapath_drop_(other|tunnel)/);
  }, 60_000);

  it.each(["udpcsum", "noudpcsum"])(
    "understands the kernel's own VXLAN device, which sends %s",
    async (checksums) => {
      const one = side(1);
      const far = new WeftHost();
      open.push(far);
      one.host.namespace.net.createVeth("wdw", "wdw", far.namespace.fd);
      const { namespace } = far;
      namespace.ip(`link set wdw address ${MAC(2)} up`);
      namespace.ip("addr add 172.31.0.2/24 dev wdw");
      namespace.ip(`neigh replace 172.31.0.1 lladdr ${MAC(1)} dev wdw`);
      namespace.ip(`link add wdv type vxlan id 7 dstport 4789 remote 172.31.0.1 local 172.31.0.2 dev wdw ${checksums}`);
      namespace.ip("addr add 10.20.0.2/24 dev wdv");
      namespace.ip("link set wdv mtu 1400 up");
      one.forward(kinds[0]!, 2);
      expect(reaches(one.guest, "10.20.0.2")).toBe(true);
      expect(await stream(one.guest, namespace)).toBeGreaterThan(3e8);
      expect(await stream(one.guest, namespace, "-R")).toBeGreaterThan(3e8);
      expect(one.inKernel()).toHaveLength(FLOWS);
    },
    60_000,
  );
});
