import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { shellWords } from "./shell-words.js";
import type { Ran, SwitchStack } from "./switch-stack.js";

const bin = join(import.meta.dirname, "../../bin");

/** Lines after which it is worth looking at the switches. */
const changes = /\b(add|mod|del|replace|insert|remove|set)-|\bbundle\b/;

/** The two tools. */
const tools = { ours: join(bin, "ovs-ofctl"), real: "/usr/bin/ovs-ofctl" } as const;

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
}

/**
 * Runs each line by our ovs-ofctl on one installed switch and by the installed ovs-ofctl on another, and gives what differs: status, output,
 * and what both switches then have of flows, groups and meters. A line that begins with `|TEXT|` gives TEXT (with `\n`) as standard input; one
 * that begins with `appctl` goes to both switches.
 */
export async function ofctlDuel(
  ours: SwitchStack,
  real: SwitchStack,
  { lines, files = {} }: OfctlScenario,
): Promise<OfctlDifference[]> {
  for (const stack of [ours, real]) {
    for (const [name, text] of Object.entries(files)) writeFileSync(stack.path(name), text);
  }
  const differences: OfctlDifference[] = [];
  for (const line of lines) {
    if (line.startsWith("appctl ")) {
      const words = shellWords(line.slice("appctl ".length));
      await Promise.all([ours.appctl(...words), real.appctl(...words)]);
      continue;
    }
    const [a, b] = await Promise.all([runLine(ours, tools.ours, line), runLine(real, tools.real, line)]);
    for (const what of ["status", "stdout", "stderr"] as const) {
      if (a[what] !== b[what]) differences.push({ line, what, ...firstDifference(String(a[what]), String(b[what])) });
    }
    if (!changes.test(line)) continue;
    const [stateOurs, stateReal] = await Promise.all([look(ours), look(real)]);
    for (const what of ["flows", "groups", "meters"] as const) {
      if (stateOurs[what] !== stateReal[what]) {
        differences.push({ line, what, ...firstDifference(stateOurs[what], stateReal[what]) });
      }
    }
  }
  return differences;
}

/** A few lines of two texts from where they differ. */
function firstDifference(ours: string, real: string): { readonly ours: string; readonly real: string } {
  const [a, b] = [ours.split("\n"), real.split("\n")];
  const at = a.findIndex((line, i) => line !== b[i]);
  const from = at < 0 ? a.length : at;
  return { ours: a.slice(from, from + 3).join("\n"), real: b.slice(from, from + 3).join("\n") };
}

async function runLine(stack: SwitchStack, tool: string, line: string): Promise<Ran> {
  const [, stdin, words] = /^\|(.*)\|\s*(.*)$/s.exec(line) ?? [line, undefined, line];
  const args = shellWords(words!).map((word) => word.replace(/\{([\w.-]+)\}/g, (_, name: string) => stack.path(name)));
  const ran =
    stdin === undefined
      ? await stack.run(tool, ...args)
      : await stack.run("sh", "-c", `printf '%b' "$0" | exec "$@"`, stdin, tool, ...args);
  return { status: ran.status, stdout: tidy(stack.unalias(ran.stdout)), stderr: tidy(stack.unalias(ran.stderr)) };
}

async function look(stack: SwitchStack): Promise<Record<"flows" | "groups" | "meters", string>> {
  const version = ["-O", "OpenFlow15"];
  const [flows, groups, meters] = await Promise.all([
    stack.run(tools.real, ...version, "dump-flows", "br0"),
    stack.run(tools.real, ...version, "dump-groups", "br0"),
    stack.run(tools.real, ...version, "dump-meters", "br0"),
  ]);
  const sorted = (text: string): string => tidy(text).split("\n").sort().join("\n");
  return { flows: sorted(flows.stdout), groups: sorted(groups.stdout), meters: sorted(meters.stdout) };
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
    .replace(/duration[=:][\d.]+s/g, "duration=<time>")
    .replace(/\b(idle_age|hard_age)=\d+, /g, "")
    .replace(/dpid:[0-9a-f]{16}/g, "dpid:<id>")
    .replace(/(LOCAL\([^)]*\)|br0\)?): addr:[0-9a-f:]{17}/g, "$1: addr:<mac>")
    .replace(/time=[\d.]+ ms/g, "time=<time>");
}
