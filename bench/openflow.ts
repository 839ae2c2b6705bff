/*
 * Flows as text and as bytes: our ovs-ofctl beside the installed one, each a process from start to end, in turn, medians. And what each step
 * costs by itself.
 */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseFlowMod } from "#openflow/flow-text.js";
import { decodeMessage, encodeMessage, encodeMessages } from "#openflow/messages/codec.js";
import type { FlowMod } from "#openflow/messages/flow/flow-mod.js";
import { type FlowStats, formatFlowStats } from "#openflow/messages/flow/flow-stats.js";
import { formatMessage } from "#openflow/messages/print.js";
import { OF13 } from "#openflow/version.js";
import { median } from "./guests.js";
import { flowLines } from "./openflow-flows.js";

const real = "/usr/bin/ovs-ofctl";
const ours = join(process.argv[1]!, "../../../bin/ovs-ofctl");
const COUNT = 100_000;

interface Part {
  readonly title: string;
  /** Arguments of the installed program. */
  readonly args: readonly string[];
  /** The command, and what does the same for as long as our program lacks it. */
  readonly command: string;
  readonly instead: readonly string[];
}

/** A flow of the table, as if it were there for a while. */
function statsOf(
  { match, priority, table, newCookie, idleTimeout, hardTimeout, actions }: FlowMod,
  i: number,
): FlowStats {
  return {
    ...{ match, priority, table, cookie: newCookie ?? 0n, idleTimeout, hardTimeout, actions },
    ...{ durationSec: i % 9999, durationNsec: (i % 1000) * 1_000_000, idleAge: undefined, hardAge: undefined },
    ...{ packets: BigInt(i * 31), bytes: BigInt(i * 4001), importance: 0, flags: 0 },
  };
}

/** What both programs are given. */
class Fixture {
  readonly directory: string = mkdtempSync(join(tmpdir(), "weft-bench-"));
  readonly lines: readonly string[] = flowLines(COUNT);
  readonly mods: readonly FlowMod[];
  readonly replies: readonly Uint8Array[];

  constructor() {
    this.mods = this.lines.map((line) => parseFlowMod(line, "add").flowMod);
    const flows = this.mods.map(statsOf);
    this.replies = encodeMessages({ kind: "flow_stats_reply", flows }, OF13, 1);
    writeFileSync(this.path("flows.txt"), `${this.lines.join("\n")}\n`);
    writeFileSync(this.path("mods.bin"), Buffer.concat(this.mods.map((mod, i) => encodeMessage(mod, OF13, i + 1))));
    writeFileSync(this.path("replies.bin"), Buffer.concat(this.replies));
  }

  path(name: string): string {
    return join(this.directory, name);
  }

  get parts(): readonly Part[] {
    const [flows, mods, socket] = [this.path("flows.txt"), this.path("mods.bin"), this.path("switch.sock")];
    const version = ["-O", "OpenFlow13", "--no-names"];
    return [
      {
        title: "parse-flows",
        args: [...version, "parse-flows", flows],
        command: "parse-flows",
        instead: ["openflow-parse", flows],
      },
      { title: "ofp-parse", args: ["ofp-parse", mods], command: "ofp-parse", instead: ["openflow-messages", mods] },
      {
        title: "dump-flows",
        args: [...version, "dump-flows", `unix:${socket}`],
        command: "dump-flows",
        instead: ["openflow-dump", socket],
      },
    ];
  }
}

/** Runs a program with its output in a file; milliseconds. */
function time(argv: readonly string[], output: string): number {
  const env = { ...process.env };
  delete env["NODE_EXTRA_CA_CERTS"];
  const file = openSync(output, "w");
  const began = performance.now();
  const result = spawnSync(argv[0]!, argv.slice(1), { env, stdio: ["ignore", file, "inherit"] });
  const took = performance.now() - began;
  closeSync(file);
  if (result.status !== 0) throw new Error(`${argv.join(" ")}: exit status ${result.status}`);
  return took;
}

/** Starts the switch that both ask. */
async function startSwitch(fixture: Fixture): Promise<ChildProcess> {
  const args = [process.argv[1]!, "openflow-switch", fixture.path("switch.sock"), fixture.path("replies.bin")];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  await new Promise((resolve, reject) => {
    child.stdout.once("data", resolve);
    child.once("exit", () => reject(new Error("the switch did not start")));
  });
  return child;
}

/** Measures and prints; `rounds` runs of each. */
export async function benchOpenFlow(rounds: number): Promise<void> {
  const fixture = new Fixture();
  if (rounds > 0) await compare(fixture, rounds);
  steps(fixture);
  rmSync(fixture.directory, { recursive: true, force: true });
}

async function compare(fixture: Fixture, rounds: number): Promise<void> {
  const child = await startSwitch(fixture);
  try {
    const known = spawnSync(ours, ["list-commands"], { encoding: "utf8" }).stdout ?? "";
    for (const part of fixture.parts) {
      const has = new RegExp(`^  ${part.command} `, "m").test(known);
      const mine = has ? [ours, ...part.args] : [process.execPath, process.argv[1]!, ...part.instead];
      const times: readonly [number[], number[]] = [[], []];
      for (let i = 0; i < rounds; i++) {
        times[0].push(time([real, ...part.args], fixture.path("real.txt")));
        times[1].push(time(mine, fixture.path("ours.txt")));
      }
      report(part, has, times.map(median) as [number, number], differing(fixture));
    }
  } finally {
    child.kill();
  }
}

function report({ title }: Part, has: boolean, [theirs, mine]: readonly [number, number], different: number): void {
  if (different > 0) process.exitCode = 1;
  const each = (ms: number): string => `${ms.toFixed(0)} ms (${((ms * 1e6) / COUNT).toFixed(0)} ns a flow)`;
  const who = has ? "ours" : "ours (in the benchmark's process)";
  console.log(
    `  ${title.padEnd(12)} C ${each(theirs)}, ${who} ${each(mine)}: ${(theirs / mine).toFixed(2)} times as fast; ` +
      `${different} lines differ`,
  );
}

/** Lines that the two programs printed otherwise; a blank at a line's end does not count. */
function differing(fixture: Fixture): number {
  const [a, b] = ["real.txt", "ours.txt"].map((name) =>
    readFileSync(fixture.path(name), "utf8")
      .split("\n")
      .filter((line) => line !== "" && !line.startsWith("OFPST_FLOW")),
  ) as [string[], string[]];
  return a.filter((line, i) => line !== b[i]).length + Math.max(0, b.length - a.length);
}

/** Nanoseconds of processor time that a flow takes in each step, the best of some. */
function steps({ lines, mods, replies }: Fixture): void {
  const bytes = mods.map((mod, i) => encodeMessage(mod, OF13, i));
  const messages = bytes.map((b) => decodeMessage(b));
  const flows = mods.map(statsOf);
  const list: readonly (readonly [string, () => void])[] = [
    ["text to flow mod", () => lines.forEach((line) => void parseFlowMod(line, "add"))],
    ["flow mod to bytes", () => mods.forEach((mod, i) => void encodeMessage(mod, OF13, i))],
    ["bytes to flow mod", () => bytes.forEach((b) => void decodeMessage(b))],
    ["flow mod to text", () => messages.forEach((m) => void formatMessage(m))],
    ["flow stats to bytes", () => void encodeMessages({ kind: "flow_stats_reply", flows }, OF13, 1)],
    ["bytes to flow stats", () => replies.forEach((b) => void decodeMessage(b))],
    ["flow stats to text", () => flows.forEach((flow) => void formatFlowStats(flow))],
  ];
  for (const [title, run] of list) {
    const best = Math.min(...[1, 2, 3, 4].map(() => timed(run)));
    console.log(`  ${title.padEnd(20)} ${((best * 1e6) / COUNT).toFixed(0).padStart(6)} ns`);
  }
}

/** Processor time of all threads, in milliseconds. */
function timed(run: () => void): number {
  const began = process.cpuUsage();
  run();
  const { user, system } = process.cpuUsage(began);
  return (user + system) / 1000;
}
