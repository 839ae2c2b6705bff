import { shellWords } from "./shell-words.js";
import { databaseState, type StackState } from "./stack-state.js";
import type { Ran, SwitchStack } from "./switch-stack.js";

/** One observation in which two stacks differ. */
export interface Difference {
  readonly line: string;
  readonly what: string;
  readonly ours: string;
  readonly real: string;
}

/** How long two stacks may take until they agree, in milliseconds. */
const patience = 1500;
/** Statistics are written every five seconds. */
const statisticsPatience = 7000;

/**
 * Runs the lines on both stacks and gives everything that differs: exit status and output of each line, what the switch has
 * written after it, what `watched` switch commands print, and what module `bridge`
 * logged.
 *
 * A line is the words of one `ovs-vsctl`, unless it begins with `appctl` (a command of the switch), `ip` (in the stack's
 * namespace), `restart` (of the switch) or `statistics` (compare statistics too).
 */
export async function duel(
  ours: SwitchStack,
  real: SwitchStack,
  lines: readonly string[],
  watched: readonly string[] = [],
  isExpected: (difference: Difference) => boolean = () => false,
): Promise<Difference[]> {
  const differences: Difference[] = [];
  const both = [ours, real] as const;
  for (const line of lines) {
    const logged = new Map(both.map((stack) => [stack, stack.log("ovs-vswitchd").length]));
    const [a, b] = await Promise.all(both.map((stack) => runLine(stack, line)));
    for (const part of ["status", "stdout", "stderr"] as const) {
      // Several lines that end differently say more together.
      if (a![part] !== b![part]) {
        differences.push({ line, what: part, ours: String(a![part]), real: String(b![part]) });
      }
    }
    differences.push(...(await compareStates(both, line, watched, logged, isExpected)));
  }
  return differences;
}

async function runLine(stack: SwitchStack, line: string): Promise<Ran> {
  const words = shellWords(line);
  const [first = "", ...rest] = words;
  const ran = await (async (): Promise<Ran> => {
    switch (first) {
      case "appctl":
        return stack.appctl(...rest);
      case "ip":
        return stack.run("ip", ...rest);
      case "restart":
        await stack.stop("ovs-vswitchd");
        await stack.startSwitch();
        return { status: 0, stdout: "", stderr: "" };
      case "statistics":
        return { status: 0, stdout: "", stderr: "" };
      default:
        return stack.vsctl(...words);
    }
  })();
  return { status: ran.status, stdout: stack.unalias(ran.stdout), stderr: tidyStderr(stack.unalias(ran.stderr)) };
}

function tidyStderr(text: string): string {
  return (
    text
      .replace(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ\|\d+\|/gm, "<time>|")
      .replace(/^\S*\/(ovs-\w+): /gm, "$1: ")
      // Which of two rows is named first depends on upstream's hashing.
      .replace(
        /First row, with UUID <uuid>, (.*?) {2}Second row, with UUID <uuid>, (.*?)",/g,
        (_, a: string, b: string) => [a, b].sort().join(" / "),
      )
      .replace(/ovs-vswitchd\.\d+\.ctl/g, "ovs-vswitchd.<pid>.ctl")
  );
}

async function compareStates(
  both: readonly SwitchStack[],
  line: string,
  watched: readonly string[],
  logged: ReadonlyMap<SwitchStack, number>,
  isExpected: (difference: Difference) => boolean,
): Promise<Difference[]> {
  const withStatistics = line.startsWith("statistics");
  const end = performance.now() + (withStatistics ? statisticsPatience : patience);
  for (;;) {
    const [a, b] = await Promise.all(
      both.map(async (stack) => {
        const state = await look(stack, withStatistics, watched);
        return { ...state, log: bridgeLog(stack, logged.get(stack) ?? 0) };
      }),
    );
    const found = compare(line, a!, b!);
    if (found.every(isExpected) || performance.now() > end) return found;
    await new Promise((resolve) => setTimeout(resolve, 150));
  }
}

async function look(stack: SwitchStack, withStatistics: boolean, watched: readonly string[]): Promise<StackState> {
  const state: Record<string, string> = { ...(await databaseState(stack, withStatistics)) };
  for (const command of watched) {
    const { status, stdout, stderr } = await stack.appctl(...shellWords(command));
    state[command] = stack.unalias(tidyOutput(`${stdout}${tidyStderr(stderr)}(${status})`));
  }
  return state;
}

/** Takes durations from what a switch command prints, and sorts flows, which have no order. */
function tidyOutput(text: string): string {
  const lines = text.split("\n");
  const isFlow = (line: string): boolean => line.startsWith("recirc_id(");
  const sorted = [...lines.filter((line) => !isFlow(line)), ...lines.filter(isFlow).sort()];
  return sorted
    .join("\n")
    .replace(/duration=[\d.]+s/g, "duration=<time>")
    .replace(/used:[\d.]+s/g, "used:<time>");
}

function compare(line: string, a: StackState, b: StackState): Difference[] {
  const names = [...new Set([...Object.keys(a), ...Object.keys(b)])].sort();
  return names.flatMap((what) =>
    a[what] === b[what] ? [] : [{ line, what, ours: a[what] ?? "(none)", real: b[what] ?? "(none)" }],
  );
}

/** The switch's log lines of module `bridge` from an offset on, sorted, since upstream's order follows hashes of names. */
function bridgeLog(stack: SwitchStack, from: number): string {
  const lines = stack.log("ovs-vswitchd").slice(from).split("\n");
  // A daemon that comes back meets its own old lock where the server has not seen the old connection's end yet.
  // And when the line with the version is flushed is a matter of luck.
  const others = lines.filter((line) => !/another ovs-vswitchd process|ovs-vswitchd \(Open vSwitch\)/.test(line));
  const kept = others.flatMap((line) => /\|bridge\|(?:INFO|WARN|ERR)\|.*/.exec(line)?.[0] ?? []);
  return stack.unalias(kept.sort().join("\n"));
}
