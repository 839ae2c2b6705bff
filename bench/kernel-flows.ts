/* Setting flows up, and dumping them. */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { cpuOf, smallFrames } from "./guests.js";
import { endContest, type Joined, startContest } from "./kernel-switches.js";
import { makeRow, progress, type Row } from "./userspace-pair.js";

const SECONDS = 1;
const WARM_UP = 3;
const DUMPED = 100_000;
/** More than either sets up in that time: otherwise it is this that is measured. */
const FLOW_LIMIT = 2_000_000;

/** The pipeline looks at both ports of UDP: of the frames that are sent, no two have the same. */
const pipeline = [
  "table=0,priority=10,in_port=1,udp,actions=move:NXM_OF_UDP_SRC[]->NXM_NX_REG3[0..15],move:NXM_OF_UDP_DST[]->NXM_NX_REG4[0..15],output:2",
  "table=0,priority=0,actions=NORMAL",
];

function tool(name: string, ...args: string[]): string {
  const result = spawnSync(`/usr/bin/${name}`, args, { encoding: "utf8", maxBuffer: 1 << 28 });
  if (result.status !== 0) throw new Error(`${name} ${args.join(" ")}: ${result.stderr}`);
  return result.stdout;
}

function appctl({ running }: Joined, ...args: string[]): string {
  return tool("ovs-appctl", "-t", join(running!.directory, "vs.ctl"), ...args);
}

/** Flows that were set up in a second while frames of new flows came as fast as one sender can send, and microseconds of the daemon's CPU time that each took. */
async function setUps(each: Joined): Promise<{ readonly rate: number; readonly cost: number }> {
  appctl(each, "revalidator/purge");
  appctl(each, "upcall/set-flow-limit", String(FLOW_LIMIT));
  const before = cpuOf(each.running!.pid);
  await smallFrames(...each.guests, SECONDS, 0);
  const flows = Number(/current (\d+)/.exec(appctl(each, "upcall/show"))?.[1]);
  return { rate: flows / SECONDS, cost: ((cpuOf(each.running!.pid) - before) * 1000) / flows };
}

/** Milliseconds that it takes to show 100,000 flows, by how long those take that are there. */
function dump(each: Joined): number {
  const before = performance.now();
  const lines = appctl(each, "dpctl/dump-flows").split("\n").length;
  return ((performance.now() - before) * DUMPED) / lines;
}

/** Set-ups a second, and how long it takes to dump many flows. */
export async function flowRows(rounds: number): Promise<readonly Row[]> {
  const made = makeRow("flows set up", "1/s", 0, { least: 3 });
  const spent = makeRow("  CPU of a flow's set-up", "µs", 1, {});
  const shown = makeRow(`${DUMPED} flows dumped (wanted: 500)`, "ms", 0, {});
  const contest = await startContest();
  try {
    const switches = [contest.ours, contest.theirs];
    const figures = (row: Row, each: Joined): number[] => (each === contest.ours ? row.ours : row.theirs);
    for (const each of switches) {
      const bridge = `unix:${join(each.running!.directory, "br0.mgmt")}`;
      tool("ovs-ofctl", "del-flows", bridge);
      for (const flow of pipeline) tool("ovs-ofctl", "add-flow", bridge, flow);
      each.running!.vsctl("set", "Open_vSwitch", ".", `other_config:flow-limit=${FLOW_LIMIT}`);
      for (let i = 0; i < WARM_UP; i++) await setUps(each);
    }
    for (let i = 0; i < rounds; i++) {
      progress(`flows: round ${i + 1} of ${rounds}`);
      for (const each of switches) {
        const { rate, cost } = await setUps(each);
        figures(made, each).push(rate);
        figures(spent, each).push(cost);
        figures(shown, each).push(dump(each));
      }
    }
  } finally {
    await endContest(contest);
  }
  return [made, spent, shown];
}
