/* The pairs of guests of a soak: what they send to each other, and how it is counted. */
import { spawnSync } from "node:child_process";
import type { createNamespace } from "../src/host/linux/namespaces.js";
import { type Guest, makeGuest } from "./guests.js";
import type { SoakCounts } from "./soak-ends.js";

/** Frames that an end of a pair has sent and received, as its own device counts them. */
export interface Frames {
  readonly tx: number;
  readonly rx: number;
}

export function framesOf(guest: Guest): Frames {
  const [link] = JSON.parse(guest.run("ip", "-j", "-s", "link", "show", "eth0").stdout);
  return { tx: link.stats64.tx.packets, rx: link.stats64.rx.packets };
}

export function since(before: Frames, now: Frames): Frames {
  return { tx: now.tx - before.tx, rx: now.rx - before.rx };
}

/** Keeps the kernel of a namespace from sending anything by itself: nothing but the pairs' traffic is to be counted. */
function quiet(enter: readonly string[]): void {
  const off = "for f in /proc/sys/net/ipv6/conf/*/disable_ipv6; do echo 1 > $f; done";
  spawnSync(enter[0]!, [...enter.slice(1), "sh", "-c", off]);
}

/** Two guests and what they do. */
export interface Pair {
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

export function makePairs(home: ReturnType<typeof createNamespace>, seconds: number): Pair[] {
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

export function tellSafely(pair: Pair, output: string): string {
  try {
    return pair.tell(output);
  } catch {
    return `cannot be read: ${output.slice(0, 300)}`;
  }
}
