import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { runOurOfctl } from "./ofctl-in-process.js";
import { shellWords } from "./shell-words.js";
import type { Ran, SwitchStack } from "./switch-stack.js";

const bin = join(import.meta.dirname, "../../bin");

/** What of a switch is worth looking at after a line. */
const changes: Readonly<Record<"flows" | "groups" | "meters", RegExp>> = {
  flows: /\b(add|mod|del|replace)-flows?\b|\b(del|mod)-groups?\b|\bdel-meters?\b|\bbundle\b/,
  groups: /\b(add|mod|del)-groups?\b|\b(insert|remove)-buckets\b|\bbundle\b/,
  meters: /\b(add|mod|del)-meters?\b/,
};

/** So many lines run at a time where they do not change a switch. */
const AT_A_TIME = 4;

/** The two tools. */
const tools = { ours: join(bin, "ovs-ofctl"), real: "/usr/bin/ovs-ofctl" } as const;

/** One of the tools, or ours in this process. */
type Tool = keyof typeof tools | "inProcess";

/** A line on which the tools differ. */
export interface OfctlDifference {
  readonly line: string;
  readonly what: "status" | "stdout" | "stderr" | "flows" | "groups" | "meters";
  readonly ours: string;
  readonly real: string;
}

/** What a scenario does: words of ovs-ofctl per line; files by name, of which `{name}` in a line is the path. */
export interface OfctlScenario {
  readonly name: string;
  readonly lines: readonly string[];
  readonly files?: Readonly<Record<string, string>>;
  /** `end`: the switches are looked at after the last line only; `never`: lines need no switch, nor to come one after the other. */
  readonly looks?: "end" | "never";
  /** Our program is run as users do, which takes longer. */
  readonly isProgram?: true;
}

/**
 * Runs each line by our ovs-ofctl on one installed switch and by the installed ovs-ofctl on another, and gives what differs: status, output,
 * and what both switches then have of flows, groups and meters. A line that begins with `|TEXT|` gives TEXT (with `\n`) as standard input; one
 * that begins with `appctl` goes to both switches. With `chosen` `real` the installed tool is run on both, so that the switches are compared.
 */
export async function ofctlDuel(
  ours: SwitchStack,
  real: SwitchStack,
  { lines, files = {}, looks, isProgram }: OfctlScenario,
  chosen?: "real",
): Promise<OfctlDifference[]> {
  const tool = chosen ?? (isProgram ? "ours" : "inProcess");
  for (const stack of [ours, real]) {
    for (const [name, text] of Object.entries(files)) writeFileSync(stack.path(name), text);
  }
  const compared = async (line: string): Promise<OfctlDifference[]> => {
    const [a, b] = await Promise.all([runLine(ours, tool, line), runLine(real, "real", line)]);
    return (["status", "stdout", "stderr"] as const)
      .filter((what) => a[what] !== b[what])
      .map((what) => ({ line, what, ...firstDifference(String(a[what]), String(b[what])) }));
  };
  const looked = async (line: string, kinds: readonly Kind[]): Promise<OfctlDifference[]> => {
    const [a, b] = await Promise.all([look(ours, kinds), look(real, kinds)]);
    return kinds
      .map((what, i) => ({ what, ours: a[i]!, real: b[i]! }))
      .filter((one) => one.ours !== one.real)
      .map((one) => ({ line, what: one.what, ...firstDifference(one.ours, one.real) }));
  };
  const differences: OfctlDifference[] = [];
  for (const group of groupsOf(lines, looks === "never")) {
    const [line = ""] = group;
    if (line.startsWith("appctl ")) {
      const words = shellWords(line.slice("appctl ".length));
      await Promise.all([ours.appctl(...words), real.appctl(...words)]);
      continue;
    }
    for (const found of await Promise.all(group.map(compared))) differences.push(...found);
    const kinds = (Object.keys(changes) as Kind[]).filter((kind) => looks === undefined && changes[kind].test(line));
    if (kinds.length > 0) differences.push(...(await looked(line, kinds)));
  }
  if (looks === "end") differences.push(...(await looked("all", ["flows", "groups", "meters"])));
  return differences;
}

/** Lines that only ask, which may run together. */
const asks = /(^|\s)(show|dump-[\w-]+|queue-[\w-]+|meter-(stats|features)|diff-flows|get-frags|probe)\s/;

/** Lines in their order, those that may run together in groups. */
function groupsOf(lines: readonly string[], all: boolean): string[][] {
  const groups: string[][] = [];
  let isOpen = false;
  for (const line of lines) {
    const mayJoin = all || asks.test(line);
    const last = groups.at(-1);
    if (mayJoin && isOpen && last !== undefined && last.length < AT_A_TIME) last.push(line);
    else groups.push([line]);
    isOpen = mayJoin;
  }
  return groups;
}

/** A few lines of two texts from where they differ. */
function firstDifference(ours: string, real: string): { readonly ours: string; readonly real: string } {
  const [a, b] = [ours.split("\n"), real.split("\n")];
  const at = a.findIndex((line, i) => line !== b[i]);
  const from = at < 0 ? a.length : at;
  return { ours: a.slice(from, from + 3).join("\n"), real: b.slice(from, from + 3).join("\n") };
}

async function runLine(stack: SwitchStack, tool: Tool, line: string): Promise<Ran> {
  const [, stdin, words] = /^\|(.*)\|\s*(.*)$/s.exec(line) ?? [line, undefined, line];
  const args = shellWords(words!).map((word) => word.replace(/\{([\w.-]+)\}/g, (_, name: string) => stack.path(name)));
  const ran = await runTool(stack, tool, args, stdin?.replaceAll("\\n", "\n"));
  return { status: ran.status, stdout: tidy(stack.unalias(ran.stdout)), stderr: tidy(stack.unalias(ran.stderr)) };
}

function runTool(stack: SwitchStack, tool: Tool, args: readonly string[], stdin: string | undefined): Promise<Ran> {
  if (tool === "inProcess") return runOurOfctl(args, stack.directory, stdin);
  if (stdin === undefined) return stack.run(tools[tool], ...args);
  return stack.run("sh", "-c", `printf '%s' "$0" | exec "$@"`, stdin, tools[tool], ...args);
}

type Kind = keyof typeof changes;

/** What a switch has of these, sorted. */
function look(stack: SwitchStack, kinds: readonly Kind[]): Promise<string[]> {
  const sorted = (text: string): string => tidy(text).split("\n").sort().join("\n");
  const one = async (kind: Kind): Promise<string> =>
    sorted((await stack.run(tools.real, "-O", "OpenFlow15", `dump-${kind}`, "br0")).stdout);
  return Promise.all(kinds.map(one));
}

/** Takes times, and what is random about a switch, from a text. Groups have no order. */
function tidy(text: string): string {
  const lines = text.split("\n");
  const groups = lines.filter((line) => line.startsWith(" group_id=")).sort();
  return lines
    .map((line) => (line.startsWith(" group_id=") ? groups.shift()! : line))
    .join("\n")
    .replace(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ\|\d+\|/gm, "<time>|")
    .replace(/^\S*\/(ovs-\w+): /gm, "$1: ")
    .replace(/(duration[=:](?:\x1b\[m\x1b\[K)?)[\d.]+s/g, "$1<time>")
    .replace(/(?:\x1b\[36m\x1b\[K|\b)(idle_age|hard_age)=(?:\x1b\[m\x1b\[K)?\d+, /g, "")
    .replace(/dpid:[0-9a-f]{16}/g, "dpid:<id>")
    .replace(/(LOCAL\([^)]*\)|br0\)?): addr:[0-9a-f:]{17}/g, "$1: addr:<mac>")
    .replace(/time=[\d.]+ ms/g, "time=<time>");
}
