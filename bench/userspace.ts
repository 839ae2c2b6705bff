/*
 * Weft's userspace engine beside that of the installed Open vSwitch, in one run, round by round in turn, between guests on the same kind of veths: the figures
 * that the engine is to keep.
 */
import { connectionRows } from "./userspace-connections.js";
import { flowRows } from "./userspace-flows.js";
import { type Pair, printRows, progress, type Row, startContestant } from "./userspace-pair.js";
import { frameRows, pingRows, tcpRows } from "./userspace-traffic.js";

const parts: Readonly<Record<string, (pair: Pair, rounds: number) => Promise<readonly Row[]>>> = {
  ping: pingRows,
  tcp: tcpRows,
  pps: frameRows,
  flows: flowRows,
  ct: connectionRows,
};

/** Measures and prints; `rounds` each, of the parts named or of all. */
export async function benchUserspace(rounds: number, names: readonly string[]): Promise<void> {
  const unknown = names.filter((name) => !Object.hasOwn(parts, name));
  if (unknown.length > 0) throw new Error(`no part ${unknown.join(", ")}; there are ${Object.keys(parts).join(", ")}`);
  const pair = { ours: await startContestant("ours"), theirs: await startContestant("theirs") };
  const rows: Row[] = [];
  try {
    for (const [name, run] of Object.entries(parts)) {
      if (names.length > 0 && !names.includes(name)) continue;
      rows.push(...(await run(pair, rounds)));
    }
  } finally {
    for (const each of [pair.ours, pair.theirs]) await each.stop();
    progress("");
    if (rows.length > 0) printRows(rows);
  }
}
