/* TCP and round trips between two guests: Weft's kernel engine beside the kernel's bridge and the installed Open vSwitch's userspace datapath. */
import { tcpThroughput } from "./guests.js";
import { type Contest, endContest, type Joined, startContest } from "./kernel-switches.js";
import { makeRow, progress, type Row } from "./userspace-pair.js";

const TCP_SECONDS = 2;
const PINGS = 400;

/** Single-stream TCP. */
export async function tcpRows(rounds: number): Promise<readonly Row[]> {
  const overBridge = makeRow("TCP, one stream", "Gb/s", 2, { least: 1, against: "the bridge" });
  const overTheirs = makeRow("TCP, one stream", "Gb/s", 2, { least: 10 });
  const measure = async (each: Joined): Promise<number> =>
    (await tcpThroughput(each.guests[0], each.guests[1], TCP_SECONDS)) / 1e9;
  await inRounds(rounds, "TCP", async ({ ours, bridge, theirs }) => {
    const own = await measure(ours);
    overBridge.ours.push(own);
    overTheirs.ours.push(own);
    overBridge.theirs.push(await measure(bridge));
    overTheirs.theirs.push(await measure(theirs));
  });
  return [overBridge, overTheirs];
}

/** Round trips of pings, one after another. */
export async function pingRows(rounds: number): Promise<readonly Row[]> {
  const overBridge = makeRow("ping, median", "µs", 1, { most: 1, against: "the bridge" });
  const overTheirs = makeRow("ping, median", "µs", 1, {});
  const measure = ({ guests: [from, to] }: Joined): number[] => {
    const text = from.run("ping", "-c", String(PINGS), "-i", "0.003", to.address).stdout;
    return [...text.matchAll(/time=([\d.]+) ms/g)].map((found) => Number(found[1]) * 1000);
  };
  await inRounds(rounds, "ping", async ({ ours, bridge, theirs }) => {
    const own = measure(ours);
    overBridge.ours.push(...own);
    overTheirs.ours.push(...own);
    overBridge.theirs.push(...measure(bridge));
    overTheirs.theirs.push(...measure(theirs));
  });
  return [overBridge, overTheirs];
}

async function inRounds(rounds: number, title: string, run: (contest: Contest) => Promise<void>): Promise<void> {
  const contest = await startContest();
  try {
    for (let i = 0; i < rounds; i++) {
      progress(`${title}: round ${i + 1} of ${rounds}`);
      await run(contest);
    }
  } finally {
    await endContest(contest);
  }
}
