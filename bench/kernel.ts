/*
 * Weft's kernel engine, between guests on veths, beside the kernel's bridge and the installed Open vSwitch's userspace datapath, in one run, round by round in turn: the figures that the engine is to keep.
 */

import { firewallRows } from "./kernel-firewall.js";
import { floodRows } from "./kernel-flood.js";
import { flowRows } from "./kernel-flows.js";
import { packetRows } from "./kernel-packets.js";
import { pingRows, tcpRows } from "./kernel-traffic.js";
import { tunnelRows } from "./kernel-tunnels.js";
import { printRows, progress, type Row } from "./userspace-pair.js";

/** Parts of the benchmark; each measures so many rounds and gives lines of the table. */
const parts: Readonly<Record<string, (rounds: number) => Promise<readonly Row[]>>> = {
  packets: packetRows,
  flood: floodRows,
  ping: pingRows,
  tcp: tcpRows,
  flows: flowRows,
  firewall: firewallRows,
  tunnels: tunnelRows,
};

/** Measures and prints; `rounds` each, of the parts named or of all. */
export async function benchKernel(rounds: number, names: readonly string[]): Promise<void> {
  const unknown = names.filter((name) => !Object.hasOwn(parts, name));
  if (unknown.length > 0) throw new Error(`no part ${unknown.join(", ")}; there are ${Object.keys(parts).join(", ")}`);
  const rows: Row[] = [];
  try {
    for (const [name, run] of Object.entries(parts)) {
      if (names.length === 0 || names.includes(name)) rows.push(...(await run(rounds)));
    }
  } finally {
    progress("");
    if (rows.length > 0) printRows(rows);
  }
}
