/*
 * Packets of flows that nobody has seen: how many a second each switch translates, puts into its datapath and sends on, between two guests, with a pipeline
 * of three tables that looks at both ports. Weft's userspace engine beside that of the installed Open vSwitch, in turn.
 */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { createNamespace } from "../src/host/linux/namespaces.js";
import { cpuOf, type Guest, makeGuest, median, smallFrames } from "./guests.js";
import { startOurSwitch } from "./our-switch.js";
import { type RealSwitch, startRealSwitch } from "./real-switch.js";

const SECONDS = 1;

const flows = [
  "table=0,priority=10,in_port=1,actions=load:1->NXM_NX_REG0[],resubmit(,1)",
  "table=0,priority=10,in_port=2,actions=load:2->NXM_NX_REG0[],resubmit(,1)",
  "table=1,priority=10,udp,actions=move:NXM_OF_UDP_SRC[]->NXM_NX_REG3[0..15],move:NXM_OF_UDP_DST[]->NXM_NX_REG4[0..15],resubmit(,2)",
  "table=1,priority=0,actions=resubmit(,2)",
  "table=2,priority=10,reg0=1,actions=output:2",
  "table=2,priority=10,reg0=2,actions=output:1",
];

interface Contestant {
  readonly title: string;
  readonly running: RealSwitch;
  readonly guests: readonly [Guest, Guest];
  readonly installed: number[];
  readonly arrived: number[];
  /** Microseconds of CPU time that each new flow took. */
  readonly cost: number[];
  stop(): Promise<void>;
}

function tool(name: string, ...args: string[]): string {
  const result = spawnSync(`/usr/bin/${name}`, args, { encoding: "utf8" });
  if (result.status !== 0) throw new Error(`${name} ${args.join(" ")}: ${result.stderr}`);
  return result.stdout;
}

async function contestant(
  title: string,
  start: (home: ReturnType<typeof createNamespace>, ports: readonly string[]) => Promise<RealSwitch>,
): Promise<Contestant> {
  const home = createNamespace();
  const guests: [Guest, Guest] = [makeGuest("wbna", 1, home), makeGuest("wbnb", 2, home)];
  const running = await start(home, ["wbna", "wbnb"]);
  const bridge = `unix:${join(running.directory, "br0.mgmt")}`;
  tool("ovs-ofctl", "del-flows", bridge);
  for (const flow of flows) tool("ovs-ofctl", "add-flow", bridge, flow);
  return {
    ...{ title, running, guests, installed: [], arrived: [], cost: [] },
    async stop() {
      await running.stop();
      for (const guest of guests) guest.remove();
      home.close();
    },
  };
}

async function round(each: Contestant): Promise<void> {
  const appctl = (...args: string[]): string =>
    tool("ovs-appctl", "-t", join(each.running.directory, "vs.ctl"), ...args);
  appctl("revalidator/purge");
  appctl("upcall/set-flow-limit", "2000000");
  const before = cpuOf(each.running.pid);
  const { sent, arrived } = await smallFrames(...each.guests, SECONDS, 0);
  const installed = Number(/current (\d+)/.exec(appctl("upcall/show"))?.[1]);
  const cost = ((cpuOf(each.running.pid) - before) * 1000) / installed;
  each.cost.push(cost);
  each.installed.push(installed / SECONDS);
  each.arrived.push(arrived / SECONDS);
  console.log(
    `  ${each.title.padEnd(14)} ${installed} flows set up, ${arrived} packets arrived of ${sent} sent, ${cost.toFixed(1)} µs of CPU time each`,
  );
}

/** Measures and prints; `rounds` of each, and one before that to get warm. */
export async function benchNewFlows(rounds: number): Promise<void> {
  const ours = await contestant("Weft", startOurSwitch);
  const theirs = await contestant("Open vSwitch", (home, ports) => startRealSwitch(home, ports, { tso: false }));
  try {
    for (let i = 0; i <= rounds; i++) {
      if (i === 1)
        for (const each of [ours, theirs])
          for (const list of [each.cost, each.installed, each.arrived]) list.length = 0;
      for (const each of [ours, theirs]) await round(each);
    }
  } finally {
    for (const each of [ours, theirs]) await each.stop();
  }
  console.log("medians, Weft against Open vSwitch");
  for (const [what, of] of [
    ["new flows set up per second", (c: Contestant) => c.installed],
    ["their packets that arrived", (c: Contestant) => c.arrived],
  ] as const) {
    const [a, b] = [median(of(ours)), median(of(theirs))];
    console.log(`  ${what.padEnd(28)} ${a.toFixed(0)} against ${b.toFixed(0)}: ${(a / b).toFixed(2)}`);
  }
  const [a, b] = [median(ours.cost), median(theirs.cost)];
  console.log(`  µs of CPU time per new flow  ${a.toFixed(1)} against ${b.toFixed(1)}: ${(a / b).toFixed(2)}`);
}
