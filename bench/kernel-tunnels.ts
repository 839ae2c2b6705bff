/* TCP between guests of two hosts through tunnels of the kernel engine, beside the kernel's VXLAN device and its bridge. */
import { spawnSync } from "node:child_process";
import { tunnelDevices } from "#datapath/devices/tunnel-device.js";
import { W } from "#flow/layout.js";
import { createNamespace, type NetworkNamespace } from "../src/host/linux/namespaces.js";
import { LinuxNetHost } from "../src/host/linux/net-host.js";
import { type Guest, makeGuest, tcpThroughput } from "./guests.js";
import { ForwardedPorts, joinBridge } from "./kernel-bed.js";
import { makeRow, progress, type Row } from "./userspace-pair.js";

const SECONDS = 2;
const ALL = 0xffffffff;
/** What is left of the wire's 1500 bytes. */
const MTU = 1450;

/** Guests of two hosts. */
interface Hosts {
  readonly guests: readonly [Guest, Guest];
  stop(): void;
}

const mac = (host: number): string => `02:00:00:00:01:0${host}`;

function run(home: NetworkNamespace, ...args: string[]): void {
  const result = spawnSync("nsenter", [`--net=/proc/${process.pid}/fd/${home.fd}`, ...args], { encoding: "utf8" });
  if (result.status !== 0) throw new Error(`${args.join(" ")}: ${result.stderr}`);
}

/** Makes two hosts with a wire between them, and has `join` join each one's guest to the wire. */
function twoHosts(
  name: string,
  join: (home: NetworkNamespace, net: LinuxNetHost, port: string, number: number) => () => void,
): Hosts {
  const homes = [createNamespace(), createNamespace()] as const;
  const nets = homes.map((home) => new LinuxNetHost(home));
  nets[0]!.createVeth("wdwire", "wdwire", homes[1].fd);
  const guests = homes.map((home, i) => makeGuest(`${name}${i}`, i + 1, home)) as [Guest, Guest];
  for (const guest of guests) guest.run("ip", "link", "set", "eth0", "mtu", String(MTU));
  for (const [i, net] of nets.entries()) {
    run(homes[i]!, "ip", "link", "set", "wdwire", "address", mac(i + 1));
    net.setUp("wdwire", true);
  }
  const parts = homes.map((home, i) => join(home, nets[i]!, guests[i]!.port, i + 1));
  guests[0].run("ping", "-c", "3", "-i", "0.2", guests[1].address);
  return {
    guests,
    stop() {
      for (const part of parts) part();
      for (const guest of guests) guest.remove();
      for (const net of nets) net.close();
      for (const home of homes) home.close();
    },
  };
}

/** By the kernel engine: port 1 is the guest's, 2 the wire. */
function joinTunnel(type: "vxlan" | "geneve"): Parameters<typeof twoHosts>[1] {
  return (_home, net, port, number) => {
    const ports = new ForwardedPorts(net, [port, "wdwire"]);
    const tunnel = ports.add(tunnelDevices.get(type)!.open("", new Map([["remote_ip", "flow"]])));
    const [from, to] = [number, 3 - number];
    const outer = [
      `eth(dst=${mac(to)},src=${mac(from)},dl_type=0x0800)`,
      `ipv4(src=172.31.0.${from},dst=172.31.0.${to},proto=17,tos=0,ttl=64,frag=0x4000)`,
      type === "vxlan"
        ? "udp(src=0,dst=4789,csum=0x0),vxlan(flags=0x8000000,vni=0x7)"
        : "udp(src=0,dst=6081,csum=0x0),geneve(vni=0x7)",
    ];
    const header = `header(size=50,type=${type === "vxlan" ? 4 : 5},${outer.join()})`;
    for (const [inPort, actions] of [
      [1, `tnl_push(tnl_port(${tunnel}),${header},out_port(2)),2`],
      [2, `tnl_pop(${tunnel})`],
      [tunnel, "1"],
    ] as const) {
      ports.put({ [W.inPort]: inPort }, { [W.inPort]: ALL, [W.recircId]: ALL }, actions);
    }
    return () => {
      ports.clear();
      ports.close();
    };
  };
}

/** By the kernel's VXLAN device and its bridge. */
function joinDevice(home: NetworkNamespace, net: LinuxNetHost, port: string, number: number): () => void {
  const [from, to] = [number, 3 - number];
  for (const line of [
    `addr add 172.31.0.${from}/24 dev wdwire`,
    `neigh replace 172.31.0.${to} lladdr ${mac(to)} dev wdwire`,
    `link add wdv type vxlan id 7 dstport 4789 remote 172.31.0.${to} local 172.31.0.${from} dev wdwire noudpcsum`,
    "link set wdv up",
  ]) {
    run(home, "ip", ...line.split(" "));
  }
  return joinBridge(net, [port, "wdv"], home);
}

/** Single-stream TCP. */
export async function tunnelRows(rounds: number): Promise<readonly Row[]> {
  const wanted = { least: 1, against: "the kernel's VXLAN and bridge" };
  const rows = {
    vxlan: makeRow("TCP through VXLAN", "Gb/s", 2, wanted),
    geneve: makeRow("TCP through Geneve", "Gb/s", 2, wanted),
  };
  const hosts: Hosts[] = [];
  const make = (name: string, join: Parameters<typeof twoHosts>[1]): Hosts => {
    const made = twoHosts(name, join);
    hosts.push(made);
    return made;
  };
  try {
    const device = make("wdb", joinDevice);
    const ours = { vxlan: make("wdc", joinTunnel("vxlan")), geneve: make("wdd", joinTunnel("geneve")) };
    const measure = async ({ guests: [from, to] }: Hosts): Promise<number> =>
      (await tcpThroughput(from, to, SECONDS)) / 1e9;
    for (let i = 0; i < rounds; i++) {
      progress(`tunnels: round ${i + 1} of ${rounds}`);
      for (const type of ["vxlan", "geneve"] as const) {
        rows[type].ours.push(await measure(ours[type]));
        rows[type].theirs.push(await measure(device));
      }
    }
  } finally {
    for (const made of hosts) made.stop();
  }
  return [rows.vxlan, rows.geneve];
}
