/*
 * Two guests on one bridge: Weft's userspace engine beside the installed Open vSwitch's userspace datapath, as it is by default, with the
 * guests' offloads turned off (which it needs then), and with userspace-tso-enable. All in one run, round by round in turn.
 */
import { createNamespace } from "../src/host/linux/namespaces.js";
import { cpuOf, type Guest, makeGuest, median, smallFrames, tcpThroughput } from "./guests.js";
import { startOurSwitch } from "./our-switch.js";
import { type RealSwitch, startRealSwitch } from "./real-switch.js";

const SECONDS = 2;

interface Contestant {
  readonly title: string;
  readonly guests: readonly [Guest, Guest];
  readonly pid: number;
  readonly figures: number[];
  stop(): Promise<void>;
}

type Start = (home: ReturnType<typeof createNamespace>, ports: readonly string[]) => Promise<RealSwitch>;

async function contestant(title: string, offloads: boolean, start: Start): Promise<Contestant> {
  const home = createNamespace();
  const guests: [Guest, Guest] = [makeGuest("wbpa", 1, home), makeGuest("wbpb", 2, home)];
  const running = await start(home, ["wbpa", "wbpb"]);
  if (!offloads)
    for (const guest of guests) guest.run("ethtool", "-K", "eth0", "tx", "off", "tso", "off", "gso", "off");
  // Addresses resolved and flows set up before anything is measured.
  guests[0].run("ping", "-c", "2", "-i", "0.2", guests[1].address);
  return {
    title,
    guests,
    pid: running.pid,
    figures: [],
    async stop() {
      await running.stop();
      for (const guest of guests) guest.remove();
      home.close();
    },
  };
}

interface Measure {
  readonly unit: string;
  readonly scale: number;
  run(contestant: Contestant): Promise<{ readonly value: number; readonly note: string }>;
}

const measures: Record<"tcp" | "pps", Measure> = {
  tcp: {
    unit: "Gb/s",
    scale: 1e9,
    async run({ guests: [from, to] }) {
      return { value: await tcpThroughput(from, to, SECONDS), note: "" };
    },
  },
  pps: {
    unit: "k frames/s of 60 bytes",
    scale: 1e3,
    async run({ guests: [from, to], pid }) {
      const before = cpuOf(pid);
      const { sent, arrived, perSecond } = await smallFrames(from, to, SECONDS);
      const cpu = ((cpuOf(pid) - before) * 1e6) / Math.max(1, arrived);
      return {
        value: perSecond,
        note: ` of ${(sent / SECONDS / 1e3).toFixed(0)} offered, ${cpu.toFixed(0)} ns of CPU each`,
      };
    },
  },
};

/** Measures and prints; `rounds` each. */
export async function benchSwitches(what: "tcp" | "pps", rounds: number): Promise<void> {
  const measure = measures[what];
  const contestants = [
    await contestant("Weft netdev", true, startOurSwitch),
    await contestant("Open vSwitch netdev", true, (home, ports) => startRealSwitch(home, ports, { tso: false })),
    await contestant("Open vSwitch netdev, guests' offloads off", false, (home, ports) =>
      startRealSwitch(home, ports, { tso: false }),
    ),
    await contestant("Open vSwitch netdev, userspace-tso-enable", true, (home, ports) =>
      startRealSwitch(home, ports, { tso: true }),
    ),
  ];
  try {
    for (let i = 0; i < rounds; i++) {
      for (const each of contestants) {
        const { value, note } = await measure.run(each);
        each.figures.push(value);
        console.log(`  ${each.title}: ${(value / measure.scale).toFixed(2)} ${measure.unit}${note}`);
      }
    }
  } finally {
    for (const each of contestants) await each.stop();
  }
  const ours = median(contestants[0]!.figures);
  console.log("medians");
  for (const { title, figures } of contestants) {
    const value = median(figures);
    const ratio = value === 0 ? "nothing arrived" : `Weft is ${(ours / value).toFixed(2)} times that`;
    const tail = figures === contestants[0]!.figures ? "" : `  (${ratio})`;
    console.log(`  ${title.padEnd(44)} ${(value / measure.scale).toFixed(2)} ${measure.unit}${tail}`);
  }
}
