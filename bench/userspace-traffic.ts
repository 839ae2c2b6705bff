/* TCP throughput, small frames and round trips between two guests, of the userspace engines. */

import { udpFrame } from "./frame-sender.js";
import { median, tcpThroughput } from "./guests.js";
import { FrameRound } from "./packet-end.js";
import {
  type Contestant,
  cpuDuring,
  figuresOf,
  inTurn,
  makeRow,
  type Pair,
  pause,
  progress,
  type Row,
  startContestant,
} from "./userspace-pair.js";

const TCP_SECONDS = 2;
const FRAME_SECONDS = 1;
const PINGS = 400;

function setOffloads(each: Contestant, on: boolean): void {
  const value = on ? "on" : "off";
  for (const guest of each.guests) guest.run("ethtool", "-K", "eth0", "tx", value, "tso", value, "gso", value);
}

/** TCP, ours with the guests' offloads on, theirs without (which it needs), with, and with userspace-tso-enable. */
export async function tcpRows(pair: Pair, rounds: number): Promise<readonly Row[]> {
  const tso = await startContestant("theirs with tso");
  const rows = [
    ["TCP, offloads on against off", pair.theirs, false, { least: 5 }],
    ["TCP, offloads on against on", pair.theirs, true, {}],
    ["TCP, against userspace-tso-enable", tso, true, {}],
  ] as const;
  const speed = rows.map(([title, , , wanted]) => makeRow(title, "Gb/s", 2, wanted));
  const cost = makeRow("  CPU of a gigabyte, on against off", "ms", 0, {});
  const costTso = makeRow("  CPU of a gigabyte, against userspace-tso-enable", "ms", 0, {});
  const measure = async (each: Contestant): Promise<{ speed: number; cost: number }> => {
    const [from, to] = each.guests;
    const { result, cpu } = await cpuDuring(each, () => tcpThroughput(from, to, TCP_SECONDS));
    return { speed: result / 1e9, cost: cpu / Math.max(0.001, (result * TCP_SECONDS) / 8e9) };
  };
  for (const each of [pair.ours, pair.theirs, tso]) each.setFlows(["actions=NORMAL"]);
  for (let i = 0; i < rounds; i++) {
    progress(`TCP: round ${i + 1} of ${rounds}`);
    const ours = await measure(pair.ours);
    for (const row of speed) row.ours.push(ours.speed);
    cost.ours.push(ours.cost);
    costTso.ours.push(ours.cost);
    for (const [at, [, each, on]] of rows.entries()) {
      setOffloads(each, on);
      const theirs = await measure(each);
      speed[at]!.theirs.push(theirs.speed);
      if (at === 0) cost.theirs.push(theirs.cost);
      if (at === 2) costTso.theirs.push(theirs.cost);
    }
  }
  setOffloads(pair.theirs, true);
  await tso.stop();
  return [...speed, cost, costTso];
}

/** Frames a second that arrive of those sent as fast as one thread can, and what each cost the switch. */
export async function frameRate(
  each: Contestant,
  frames: FrameRound,
  seconds: number,
): Promise<{ rate: number; cost: number; sent: number }> {
  const to = each.guests[1];
  return to.discarding(async () => {
    const before = to.received();
    const { result, cpu } = await cpuDuring(each, async () => {
      const sent = frames.sendFor(seconds);
      // What waits in the switch is its work, too.
      await pause(30);
      return sent;
    });
    const arrived = to.received() - before;
    return { rate: arrived / seconds, cost: (cpu * 1e6) / Math.max(1, arrived), sent: result };
  });
}

/** 64-byte frames (with their check sequence) of one flow. */
export async function frameRows(pair: Pair, rounds: number): Promise<readonly Row[]> {
  const rate = makeRow("64-byte frames, one flow", "k/s", 0, { least: 2 });
  const cost = makeRow("  CPU of a frame", "ns", 0, { most: 0.5 });
  const senders = new Map<Contestant, FrameRound>();
  for (const each of [pair.ours, pair.theirs]) {
    each.setFlows(["actions=NORMAL"]);
    const [from, to] = each.guests;
    from.run("ping", "-c", "2", "-i", "0.2", to.address);
    const frames = new FrameRound(from, [udpFrame(from.mac, to.mac, 1)]);
    senders.set(each, frames);
    await frameRate(each, frames, FRAME_SECONDS / 2);
  }
  await inTurn(pair, rounds, "frames", async (each) => {
    const got = await frameRate(each, senders.get(each)!, FRAME_SECONDS);
    figuresOf(rate, pair, each).push(got.rate / 1e3);
    figuresOf(cost, pair, each).push(got.cost);
  });
  for (const each of senders.values()) each.close();
  return [rate, cost];
}

/** Round trips of pings that hardly load the switch. */
export async function pingRows(pair: Pair, rounds: number): Promise<readonly Row[]> {
  const p50 = makeRow("ping, median", "µs", 0, { most: 1 });
  const p99 = makeRow("ping, 99 of 100", "µs", 0, { most: 1 });
  const cost = makeRow("  CPU of a ping", "µs", 0, {});
  for (const each of [pair.ours, pair.theirs]) each.setFlows(["actions=NORMAL"]);
  const ping = (each: Contestant, count: number): number[] => {
    const [from, to] = each.guests;
    const text = from.run("ping", "-c", String(count), "-i", "0.003", to.address).stdout;
    return [...text.matchAll(/time=([\d.]+) ms/g)].map((found) => Number(found[1]) * 1000).sort((a, b) => a - b);
  };
  for (const each of [pair.ours, pair.theirs]) ping(each, 100);
  await inTurn(pair, rounds, "ping", async (each) => {
    const { result: times, cpu } = await cpuDuring(each, () => ping(each, PINGS));
    if (times.length < PINGS * 0.99) throw new Error(`${PINGS - times.length} of ${PINGS} pings got no answer`);
    figuresOf(p50, pair, each).push(median(times));
    figuresOf(p99, pair, each).push(times[Math.floor(times.length * 0.99)]!);
    figuresOf(cost, pair, each).push((cpu * 1000) / PINGS);
  });
  return [p50, p99, cost];
}
