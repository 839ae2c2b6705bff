/*
 * A long run below saturation: pairs of guests speak TCP, UDP and ICMP to each other, in VLANs, across a patch port and through a firewall, while flows
 * are added, changed and deleted, and other ports come and go. Every frame that left one guest of a pair must have arrived at the other, and the switch's
 * memory must not grow.
 */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseFlowMod } from "#openflow/flow-text.js";
import { encodeMessage } from "#openflow/messages/codec.js";
import { OF14 } from "#openflow/version.js";
import { createNamespace } from "../src/host/linux/namespaces.js";
import { LinuxNetHost } from "../src/host/linux/net-host.js";
import { cpuOf, type Guest, makeGuest } from "./guests.js";
import { OpenFlowPeer } from "./openflow-peer.js";
import { startOurSwitch } from "./our-switch.js";
import type { SoakCounts } from "./soak-ends.js";
import { MemoryWatch } from "./soak-memory.js";

const FLOW_MODS_PER_SECOND = 100;
/** Seconds between ports that come or go. */
const PLUGGING = 2;
const bin = join(process.argv[1]!, "../../../bin");

/** Frames that an end of a pair has sent and received, as its own device counts them. */
interface Frames {
  readonly tx: number;
  readonly rx: number;
}

function framesOf(guest: Guest): Frames {
  const [link] = JSON.parse(guest.run("ip", "-j", "-s", "link", "show", "eth0").stdout);
  return { tx: link.stats64.tx.packets, rx: link.stats64.rx.packets };
}

function since(before: Frames, now: Frames): Frames {
  return { tx: now.tx - before.tx, rx: now.rx - before.rx };
}

/** Keeps the kernel of a namespace from sending anything by itself: nothing but the pairs' traffic is to be counted. */
function quiet(enter: readonly string[]): void {
  const off = "for f in /proc/sys/net/ipv6/conf/*/disable_ipv6; do echo 1 > $f; done";
  spawnSync(enter[0]!, [...enter.slice(1), "sh", "-c", off]);
}

/** Two guests and what they do. */
interface Pair {
  readonly title: string;
  /** VLANs keep what one pair floods from the others. */
  readonly tag: number;
  /** The bridge of each guest's port. */
  readonly bridges: readonly [string, string];
  readonly guests: readonly [Guest, Guest];
  /** Programs of the second guest that must be ready first. */
  readonly servers: readonly (readonly string[])[];
  /** A program of the first one, and what it says of itself at the end. */
  readonly client: readonly string[];
  readonly tell: (output: string) => string;
}

const iperfServer = ["iperf3", "-s", "--forceflush"];

function tellTcp(output: string): string {
  const { sum_sent, sum_received } = JSON.parse(output).end;
  return `${(sum_received.bytes / 1e6).toFixed(0)} MB, ${sum_sent.retransmits} segments said again`;
}

function tellUdp(output: string): string {
  const { sum, sum_bidir_reverse: back } = JSON.parse(output).end;
  // Those that came and found their program's buffer full are among them.
  return `the programs missed ${sum.lost_packets} of ${sum.packets} and ${back.lost_packets} of ${back.packets}`;
}

function tellPing(output: string): string {
  const [, sent, answered] = /(\d+) packets transmitted, (\d+) received/.exec(output) ?? [];
  const times = /= ([\d./]+) ms/.exec(output)?.[1];
  return `${Number(sent) - Number(answered)} of ${sent} not answered, min/avg/max/mdev ${times} ms`;
}

function tellConnections(output: string): string {
  const { asked, unanswered }: SoakCounts = JSON.parse(output);
  return `${unanswered} of ${asked} new connections not answered`;
}

function makePairs(home: ReturnType<typeof createNamespace>, seconds: number): Pair[] {
  const self = [process.execPath, process.argv[1]!];
  const rows: readonly (Pick<Pair, "title" | "servers" | "tell"> & {
    client: (host: string) => readonly string[];
    far?: boolean;
  })[] = [
    {
      title: "TCP, 40 Mb/s",
      servers: [iperfServer],
      client: (host) => ["iperf3", "-c", host, "-b", "40M", "-t", String(seconds), "-J"],
      tell: tellTcp,
    },
    {
      title: "TCP, across a patch port",
      servers: [iperfServer],
      client: (host) => ["iperf3", "-c", host, "-b", "20M", "-t", String(seconds), "-J", "-R"],
      tell: tellTcp,
      far: true,
    },
    {
      title: "UDP, 500/s each way",
      servers: [iperfServer],
      client: (host) => ["iperf3", "-u", "-c", host, "-b", "800k", "-l", "200", "-t", String(seconds), "-J", "--bidir"],
      tell: tellUdp,
    },
    {
      title: "ping, 100/s",
      servers: [],
      client: (host) => ["ping", "-q", "-n", "-i", "0.01", "-w", String(seconds), host],
      tell: tellPing,
    },
    {
      title: "new connections, 60/s",
      servers: [[...self, "soak-server"]],
      client: (host) => [...self, "soak-client", host, String(seconds), "30"],
      tell: tellConnections,
    },
  ];
  quiet(["nsenter", `--net=/proc/${process.pid}/fd/${home.fd}`]);
  return rows.map((row, i) => {
    const guests = [1, 2].map((side) => makeGuest(`whs${i}${side}`, 10 * i + side, home)) as [Guest, Guest];
    for (const [own, other] of [guests, [guests[1], guests[0]]]) {
      quiet(own!.enter);
      own!.run("ip", "neigh", "replace", other!.address, "lladdr", other!.mac, "dev", "eth0", "nud", "permanent");
    }
    const bridges: Pair["bridges"] = ["br0", row.far ? "br1" : "br0"];
    return { ...row, guests, bridges, tag: 100 + i, client: row.client(guests[1].address) };
  });
}

/** Flow-mods without end: rules of no packet, and rules that the pairs' packets follow at times, in place of those that are always there. */
function* endlessFlowMods(ports: readonly number[]): Generator<string[]> {
  for (let i = 0; ; i++) {
    const port = ports[i % ports.length]!;
    const live = `table=0,priority=2000,in_port=${port},ip`;
    const idle = `table=0,priority=3000,udp,nw_src=192.0.${(i >> 8) & 255}.${i & 255},tp_dst=${i % 60_000}`;
    yield ["add", `${live},actions=resubmit(,5)`];
    yield ["add", `${idle},actions=NORMAL`];
    yield ["modify_strict", `${live},actions=resubmit(,6)`];
    yield ["modify_strict", `${idle},actions=drop`];
    yield ["delete_strict", live];
    yield ["delete_strict", idle];
  }
}

const FLOWS = [
  "table=0,priority=1,actions=resubmit(,5)",
  "table=5,priority=1,actions=NORMAL",
  "table=6,priority=1,actions=resubmit(,5)",
];

/** The firewall: what comes from the first of two ports may begin connections, the second may answer. */
function firewall(inside: number, outside: number): string[] {
  return [
    `table=5,priority=10,in_port=${inside},ip,actions=ct(table=10,zone=7)`,
    `table=5,priority=10,in_port=${outside},ip,actions=ct(table=10,zone=7)`,
    `table=10,priority=10,ct_state=+trk+new,in_port=${inside},ip,actions=ct(commit,zone=7),NORMAL`,
    "table=10,priority=10,ct_state=+trk+est,ip,actions=NORMAL",
    "table=10,priority=10,ct_state=+trk+rel,ip,actions=NORMAL",
    "table=10,priority=1,actions=drop",
  ];
}

function start(guest: Guest, command: readonly string[]): ChildProcess {
  // It ends with us, however we end.
  const line = ["--pdeathsig", "KILL", ...guest.enter, ...command];
  return spawn("setpriv", line, { stdio: ["ignore", "pipe", "inherit"] });
}

function collect(child: ChildProcess): Promise<string> {
  let text = "";
  child.stdout!.on("data", (chunk: Buffer) => {
    text += chunk.toString();
  });
  return new Promise((resolve) => child.once("close", () => resolve(text)));
}

const pause = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** Runs for so many minutes; prints what every pair sent and lost, and how the daemon's memory went. */
export async function soak(minutes: number): Promise<void> {
  const seconds = Math.round(minutes * 60);
  const directory = mkdtempSync(join(tmpdir(), "weft-soak-"));
  const memory = new MemoryWatch(directory);
  const home = createNamespace();
  const pairs = makePairs(home, seconds);
  const running = await startOurSwitch(home, [], memory.environment);
  const { vsctl } = running;
  const appctl = (...args: string[]): string =>
    spawnSync(join(bin, "ovs-appctl"), ["-t", join(running.directory, "vs.ctl"), ...args], { encoding: "utf8" }).stdout;
  const children: ChildProcess[] = [];
  try {
    vsctl("add-br", "br1", "--", "set", "bridge", "br1", "datapath_type=netdev");
    for (const [own, other] of [
      ["br0", "br1"],
      ["br1", "br0"],
    ])
      vsctl(
        "add-port",
        own!,
        `p-${own}`,
        "--",
        "set",
        "interface",
        `p-${own}`,
        "type=patch",
        `options:peer=p-${other}`,
      );
    for (const { guests, bridges, tag } of pairs)
      for (const side of [0, 1] as const) vsctl("add-port", bridges[side], guests[side].port, `tag=${tag}`);
    const numberOf = (port: string): number => Number(vsctl("get", "interface", port, "ofport"));
    const last = pairs.at(-1)!;
    const near = pairs.flatMap((pair) => pair.guests.filter((_, side) => pair.bridges[side] === "br0"));
    const peer = await OpenFlowPeer.connect(join(running.directory, "br0.mgmt"));
    const encode = (command: string, line: string): Uint8Array =>
      encodeMessage(parseFlowMod(line, command as "add").flowMod, OF14, 1);
    const always = [...FLOWS, ...firewall(numberOf(last.guests[0].port), numberOf(last.guests[1].port))];
    await peer.through(Buffer.concat(always.map((line) => encode("add", line))));

    for (const { guests, servers } of pairs)
      for (const server of servers) {
        const child = start(guests[1], server);
        children.push(child);
        await new Promise((resolve) => child.stdout!.once("data", resolve));
      }
    const before = pairs.map(({ guests }) => guests.map(framesOf));
    const clients = pairs.map(({ guests, client }) => start(guests[0], client));
    children.push(...clients);
    const outputs = Promise.all(clients.map(collect));
    let isOver = false;
    void outputs.then(() => {
      isOver = true;
    });
    const began = performance.now();
    const cpuBefore = cpuOf(running.pid);
    const elapsed = (): number => (performance.now() - began) / 1000;

    const mods = endlessFlowMods(near.map((guest) => numberOf(guest.port)));
    let modded = 0;
    let plugged = 0;
    const plugs = new Plugs(home, vsctl);
    while (!isOver) {
      const due = Math.floor(elapsed() * FLOW_MODS_PER_SECOND) - modded;
      const batch: Uint8Array[] = [];
      for (let i = 0; i < Math.min(due, FLOW_MODS_PER_SECOND); i++) {
        const [command, line] = mods.next().value!;
        batch.push(encode(command!, line!));
      }
      modded += batch.length;
      if (batch.length > 0) await peer.through(Buffer.concat(batch));
      if (plugged < Math.floor(elapsed() / PLUGGING) && elapsed() < seconds) {
        plugs.change(plugged);
        plugged++;
      }
      await pause(10);
    }
    const took = elapsed();
    const cpu = (cpuOf(running.pid) - cpuBefore) / 1000 / took;
    const told = await outputs;
    // What is on its way arrives.
    await pause(500);
    plugs.close();

    console.log(
      `  ${(took / 60).toFixed(1)} minutes, ${modded} flow-mods (${(modded / took).toFixed(0)}/s, ${peer.errors} refused), ` +
        `${plugged} times a port came or went, ${(100 * cpu).toFixed(0)}% of a processor`,
    );
    peer.close();
    let lost = 0;
    for (const [i, { title, guests }] of pairs.entries()) {
      const [a, b] = guests.map((guest, side) => since(before[i]![side]!, framesOf(guest))) as [Frames, Frames];
      lost += Math.abs(a.tx - b.rx) + Math.abs(b.tx - a.rx);
      const frames = [a.tx, b.rx, a.tx - b.rx, b.tx, a.rx, b.tx - a.rx].map((n) => String(n).padStart(9)).join("");
      if (i === 0) console.log(`  ${"".padEnd(26)}   sent there arrived    lost     back  arrived     lost`);
      console.log(`  ${title.padEnd(26)} ${frames}   ${tellSafely(pairs[i]!, told[i]!)}`);
    }
    for (const line of memory.report()) console.log(line);
    const drops = appctl("ofproto/drops").trim();
    console.log(drops === "" ? "  the switch dropped nothing" : `  dropped:\n    ${drops.replaceAll("\n", "\n    ")}`);
    console.log(lost === 0 ? "  no frame was lost" : `  LOST: ${lost} frames`);
    if (lost !== 0) process.exitCode = 1;
  } finally {
    for (const child of children) child.kill("SIGKILL");
    await running.stop();
    for (const { guests } of pairs) for (const guest of guests) guest.remove();
    rmSync(directory, { recursive: true, force: true });
  }
}

function tellSafely(pair: Pair, output: string): string {
  try {
    return pair.tell(output);
  } catch {
    return `cannot be read: ${output.slice(0, 300)}`;
  }
}

/** Ports that come and go beside the pairs': veths and internal ports, some of which are gone before the switch is told. */
class Plugs {
  readonly #far = createNamespace();
  readonly #net: LinuxNetHost;
  readonly #vsctl: (...args: string[]) => string;

  constructor(home: ReturnType<typeof createNamespace>, vsctl: (...args: string[]) => string) {
    this.#net = new LinuxNetHost(home);
    this.#vsctl = vsctl;
  }

  /** The `step`th change: a port comes with every even one, and goes with the next. */
  change(step: number): void {
    const round = step >> 1;
    const name = `whp${round % 10}`;
    const isInternal = round % 3 === 0;
    if (step % 2 === 0) {
      if (!isInternal) this.#net.createVeth(name, name, this.#far.fd);
      if (!isInternal) this.#net.setUp(name, true);
      const type = isInternal ? ["--", "set", "interface", name, "type=internal"] : [];
      this.#vsctl("add-port", "br0", name, "tag=4000", ...type);
      return;
    }
    if (!isInternal && round % 2 === 0) this.#net.deleteLink(name);
    this.#vsctl("del-port", "br0", name);
    if (!isInternal && round % 2 === 1) this.#net.deleteLink(name);
  }

  close(): void {
    this.#net.close();
    this.#far.close();
  }
}
