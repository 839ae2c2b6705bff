import type { Scenario } from "../differential/vsctl-scenarios/scenario.js";
import { databaseLines, dumpDatabase, type RawDatabase, relabel, rowLabels, uuidOf } from "./ovsdb-dump.js";
import { RawClient } from "./ovsdb-raw-client.js";
import { shellWords } from "./shell-words.js";

/** What one command line did. `added` and `removed` are the rows by which the database changed. */
export interface Step {
  readonly line: string;
  readonly status: number | string;
  readonly stdout: string;
  readonly stderr: string;
  readonly added?: readonly string[];
  readonly removed?: readonly string[];
}

export interface Outcome {
  readonly status: number | string;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs one `ovs-vsctl` with these arguments. */
export type Invoke = (argv: readonly string[]) => Promise<Outcome>;

/** Runs a scenario against the (empty) database at `socket`, and gives the outcome of each line without what is random. */
export async function runScenario(
  scenario: Scenario,
  socket: string,
  directory: string,
  invoke: Invoke,
): Promise<Step[]> {
  const client = await RawClient.open(socket);
  try {
    const steps: Step[] = [];
    let before = await dumpDatabase(client);
    for (const line of scenario.lines) {
      const words = shellWords(fill(line, before, directory));
      const argv = [`--db=unix:${socket}`, "--no-syslog", "--no-wait", ...words];
      const outcome = await invoke(argv);
      const after = await dumpDatabase(client);
      steps.push(describeStep(line, words, outcome, before, after, directory));
      before = after;
    }
    return steps;
  } finally {
    client.close();
  }
}

function fill(line: string, database: RawDatabase, directory: string): string {
  return line
    .replaceAll("{dir}", directory)
    .replace(/\{uuid(\d*) (\w+) (\S+)\}/g, (_, digits: string, table: string, name: string) => {
      const row = database[table]?.find((r) => name === "*" || r["name"] === name);
      if (row === undefined) return "no-such-row";
      return digits === "" ? uuidOf(row) : uuidOf(row).slice(0, Number(digits));
    });
}

function describeStep(
  line: string,
  words: readonly string[],
  outcome: Outcome,
  before: RawDatabase,
  after: RawDatabase,
  directory: string,
): Step {
  const labels = new Map([...rowLabels(before), ...rowLabels(after)]);
  const tidy = (text: string) => relabel(shortUuids(text, labels), labels).replaceAll(directory, "{dir}");
  const old = databaseLines(before, rowLabels(before));
  const now = databaseLines(after, rowLabels(after));
  const added = difference(now, old);
  const removed = difference(old, now);
  return {
    line,
    status: outcome.status,
    stdout: unorder(tidy(outcome.stdout), words),
    stderr: tidy(outcome.stderr)
      .replace(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ\|\d+\|/gm, "<time>|")
      .replace(/^\S*\/ovs-vsctl: /gm, "ovs-vsctl: ")
      .replace(/"[0-9a-f]{3,4}"/g, '"<hex>"'),
    ...(added.length > 0 ? { added } : {}),
    ...(removed.length > 0 ? { removed } : {}),
  };
}

function difference(a: readonly string[], b: readonly string[]): string[] {
  const rest = [...b];
  return a.filter((line) => {
    const at = rest.indexOf(line);
    if (at >= 0) rest.splice(at, 1);
    return at < 0;
  });
}

/** HTML cells show the first eight digits only. */
function shortUuids(text: string, labels: ReadonlyMap<string, string>): string {
  return text.replace(/>([0-9a-f]{8})<\/a>/g, (whole, digits: string) => {
    const known = [...labels].find(([uuid]) => uuid.startsWith(digits));
    return known === undefined ? whole : `>${known[1]}</a>`;
  });
}

/** Sorts what the real tool prints in the order of random uuids or of a hash of them. */
function unorder(stdout: string, words: readonly string[]): string {
  let text = stdout.replace(/(?<=\[)<[^\]\n]*>(?=\])/g, (set) => set.split(", ").sort().join(", "));
  text = text.replace(/(?<=: )<[^\]\n]*>( <[^\]\n]*>)+/g, (set) =>
    set
      .split(/(?<=>) /)
      .sort()
      .join(" "),
  );
  if (words.includes("show")) return sortTree(text);
  if (!words.includes("list") && !words.includes("find")) return text;
  const line = words.join(" ");
  const format = /(?:-f|--format)[ =]?(\w+)/.exec(line)?.[1] ?? "list";
  const headings = !words.includes("--bare") && !line.includes("--no-head");
  if (format === "json") return text.split("\n").map(sortJson).join("\n");
  if (format === "html") return text;
  if (format === "csv" || format === "table") {
    const head = headings ? (format === "csv" ? 1 : 2) : 0;
    return text
      .split("\n\n")
      .map((block) => sortLines(block, head))
      .join("\n\n");
  }
  // Without headings a record of one column is a line, and an empty line may be an empty cell.
  if (!headings && /--columns=\w+( |$)/.test(line)) return sortLines(text, 0);
  return text.replace(/\n$/, "").split("\n\n").sort().join("\n\n") + (text.endsWith("\n") ? "\n" : "");
}

function sortJson(line: string): string {
  if (!line.startsWith("{")) return line;
  try {
    const table = JSON.parse(line) as { data: unknown[] };
    return JSON.stringify({ ...table, data: table.data.map((row) => JSON.stringify(row)).sort() });
  } catch {
    return line;
  }
}

function sortLines(block: string, head: number): string {
  const lines = block.replace(/\n$/, "").split("\n");
  return [...lines.slice(0, head), ...lines.slice(head).sort()].join("\n") + (block.endsWith("\n") ? "\n" : "");
}

const repeated = /^ *(Bridge|Port|Interface|Manager|Controller) /;

/** Sorts runs of neighbours of one kind in the tree that `show` prints; everything else keeps its place. */
function sortTree(text: string): string {
  const lines = text.replace(/\n$/, "").split("\n");
  const sorted = sortLevel(lines);
  return sorted.join("\n") + (text.endsWith("\n") ? "\n" : "");
}

const depth = (line: string): number => line.length - line.trimStart().length;

function sortLevel(lines: readonly string[]): string[] {
  const entries: string[][] = [];
  for (const line of lines) {
    const last = entries.at(-1);
    if (last !== undefined && depth(line) > depth(last[0] ?? "")) last.push(line);
    else entries.push([line]);
  }
  const blocks = entries.map((e) => ({
    kind: repeated.exec(e[0] ?? "")?.[1] ?? "",
    lines: e.length > 1 ? [e[0] ?? "", ...sortLevel(e.slice(1))] : e,
  }));
  for (let from = 0; from < blocks.length; ) {
    const kind = blocks[from]?.kind;
    let to = from + 1;
    while (to < blocks.length && blocks[to]?.kind === kind) to++;
    if (kind !== "") {
      const run = blocks.slice(from, to).sort((a, b) => (a.lines.join("\n") < b.lines.join("\n") ? -1 : 1));
      blocks.splice(from, to - from, ...run);
    }
    from = to;
  }
  return blocks.flatMap((b) => b.lines);
}
