import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { createNamespace } from "../src/host/linux/namespaces.js";
import { type Guest, makeGuest, median } from "./guests.js";
import { startOurSwitch } from "./our-switch.js";
import { type RealSwitch, startRealSwitch } from "./real-switch.js";

/** A switch of the userspace datapath with two guests, on its OpenFlow ports 1 and 2. */
export interface Contestant {
  readonly guests: readonly [Guest, Guest];
  readonly running: RealSwitch;
  /** What `ovs-appctl` prints. */
  appctl(...args: string[]): string;
  /** Puts these flows in the place of all others and forgets what the datapath has cached. */
  setFlows(flows: readonly string[]): void;
  stop(): Promise<void>;
}

/** Ours and theirs. */
export interface Pair {
  readonly ours: Contestant;
  readonly theirs: Contestant;
}

/** A line of the table: figures of each round of both. */
export interface Row {
  readonly title: string;
  readonly unit: string;
  readonly digits: number;
  /** Of Weft's figure to theirs: at least (`least`) or at most (`most`). */
  readonly least?: number;
  readonly most?: number;
  readonly ours: number[];
  readonly theirs: number[];
  /** What `theirs` are where they are not the installed switch's. */
  readonly against?: string;
}

/** An empty line of the table. */
export function makeRow(
  title: string,
  unit: string,
  digits: number,
  wanted: { least?: number; most?: number; against?: string },
): Row {
  return { title, unit, digits, ...wanted, ours: [], theirs: [] };
}

/** Tells how far a part is, to people only: nothing on a pipe. */
export function progress(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${text}`);
}

/** Waits. */
export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

function tool(name: string, args: readonly string[], input = ""): string {
  const result = spawnSync(`/usr/bin/${name}`, args, { encoding: "utf8", input, maxBuffer: 1 << 28 });
  if (result.status !== 0) throw new Error(`${name} ${args.join(" ")}: ${result.stderr}`);
  return result.stdout;
}

/** Starts the installed switch, with or without userspace-tso-enable, or ours. */
export async function startContestant(which: "ours" | "theirs" | "theirs with tso"): Promise<Contestant> {
  const home = createNamespace();
  const guests: [Guest, Guest] = [makeGuest("wgua", 1, home), makeGuest("wgub", 2, home)];
  const ports = ["wgua", "wgub"];
  const running =
    which === "ours"
      ? await startOurSwitch(home, ports)
      : await startRealSwitch(home, ports, { tso: which !== "theirs" });
  const appctl = (...args: string[]): string =>
    tool("ovs-appctl", ["-t", join(running.directory, "vs.ctl"), "--timeout=20", ...args]);
  appctl("upcall/set-flow-limit", "200000");
  // Addresses resolved before anything is measured.
  guests[0].run("ping", "-c", "2", "-i", "0.2", guests[1].address);
  return {
    guests,
    running,
    appctl,
    setFlows(flows) {
      const bridge = `unix:${join(running.directory, "br0.mgmt")}`;
      tool("ovs-ofctl", ["del-flows", bridge]);
      tool("ovs-ofctl", ["add-flows", bridge, "-"], `${flows.join("\n")}\n`);
      appctl("revalidator/purge");
    },
    async stop() {
      await running.stop();
      for (const guest of guests) guest.remove();
      home.close();
    },
  };
}

/** Runs a round of each, in turn; the first of them to get warm. */
export async function inTurn(
  pair: Pair,
  rounds: number,
  title: string,
  run: (each: Contestant, round: number) => Promise<void>,
): Promise<void> {
  for (let i = 0; i < rounds; i++) {
    for (const each of [pair.ours, pair.theirs]) {
      progress(`${title}: round ${i + 1} of ${rounds}, ${each === pair.ours ? "Weft" : "Open vSwitch"}`);
      await run(each, i);
    }
  }
}

/** Where a contestant's figures of a row go. */
export function figuresOf(row: Row, pair: Pair, each: Contestant): number[] {
  return each === pair.ours ? row.ours : row.theirs;
}

/** CPU time of a process's threads so far, in milliseconds, to the nanosecond. */
function cpuOfThreads(pid: number): number {
  let total = 0;
  for (const thread of readdirSync(`/proc/${pid}/task`))
    total += Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, "utf8").split(" ")[0]);
  return total / 1e6;
}

/** CPU time of the switch while something runs, in milliseconds. */
export async function cpuDuring<T>(each: Contestant, run: () => T | Promise<T>): Promise<{ result: T; cpu: number }> {
  const before = cpuOfThreads(each.running.pid);
  const result = await run();
  return { result, cpu: cpuOfThreads(each.running.pid) - before };
}

/** The table's lines. */
export function printRows(rows: readonly Row[]): void {
  const width = Math.max(...rows.map((row) => row.title.length));
  console.log(
    `${"medians".padEnd(width)} ${"Weft".padStart(10)} ${"Open vSwitch".padStart(14)}  ${"unit".padEnd(14)} ${"ratio".padStart(7)}  wanted`,
  );
  for (const row of rows) {
    const [ours, theirs] = [median(row.ours), median(row.theirs)];
    const ratio = theirs === 0 ? Number.POSITIVE_INFINITY : ours / theirs;
    const missed = ratio < (row.least ?? 0) || ratio > (row.most ?? Number.POSITIVE_INFINITY);
    const wanted = row.least !== undefined ? `≥ ${row.least}` : row.most !== undefined ? `≤ ${row.most}` : "";
    console.log(
      `${row.title.padEnd(width)} ${ours.toFixed(row.digits).padStart(10)} ${theirs.toFixed(row.digits).padStart(14)}  ${row.unit.padEnd(14)} ${ratio.toFixed(2).padStart(7)}  ${wanted}${missed ? "  MISSED" : ""}${row.against ? `  (${row.against})` : ""}`,
    );
  }
}
