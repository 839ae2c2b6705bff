/*
 * The flow tables: Weft's ovs-vswitchd beside the installed one, each given the same bytes by the same controller, in turn: flow-mods one by one and in an
 * atomic bundle, the dump of 100,000 flows, and the memory that these take.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { newMatch } from "#flow/match.js";
import { parseFlowMod } from "#openflow/flow-text.js";
import { BundleControlType } from "#openflow/messages/bundle/bundle-control.js";
import { encodeMessage } from "#openflow/messages/codec.js";
import { OF14 } from "#openflow/version.js";
import { createNamespace } from "../src/host/linux/namespaces.js";
import { median } from "./guests.js";
import { flowLines } from "./openflow-flows.js";
import { OpenFlowPeer } from "./openflow-peer.js";
import { startOurSwitch } from "./our-switch.js";
import { type RealSwitch, startRealSwitch } from "./real-switch.js";

const FLOWS = 100_000;
const BUNDLED = 50_000;
const ATOMIC_AND_ORDERED = 3;
const every = { table: 0xff, outPort: 0xffff, outGroup: 0xffffffff, cookie: 0n, cookieMask: 0n };

interface Bytes {
  readonly mods: Uint8Array;
  readonly bundle: Uint8Array;
  readonly deleteAll: Uint8Array;
  readonly dump: Uint8Array;
}

function makeBytes(): Bytes {
  const texts = flowLines(FLOWS);
  const mods = texts.map((line, i) => encodeMessage(parseFlowMod(line, "add").flowMod, OF14, i + 1));
  const control = (type: number): Uint8Array =>
    encodeMessage({ kind: "bundle_control", bundleId: 7, type, flags: ATOMIC_AND_ORDERED }, OF14, 1);
  const bundle = Buffer.concat([
    control(BundleControlType.openRequest),
    ...mods
      .slice(0, BUNDLED)
      .map((message, i) =>
        encodeMessage({ kind: "bundle_add", bundleId: 7, flags: ATOMIC_AND_ORDERED, message }, OF14, i + 1),
      ),
    control(BundleControlType.commitRequest),
  ]);
  const deleteAll = encodeMessage({ ...parseFlowMod("", "delete").flowMod }, OF14, 1);
  const dump = encodeMessage({ kind: "flow_stats_request", ...every, match: newMatch() }, OF14, 2);
  return { mods: Buffer.concat(mods), bundle, deleteAll, dump };
}

/** Kilobytes of a process that are in memory. */
function residentOf(pid: number): number {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? 0);
}

interface Contestant {
  readonly title: string;
  readonly running: RealSwitch;
  readonly plain: number[];
  readonly bundled: number[];
  readonly dumped: number[];
  readonly bytesPerFlow: number[];
}

async function round(each: Contestant, bytes: Bytes): Promise<void> {
  const { running } = each;
  const peer = await OpenFlowPeer.connect(join(running.directory, "br0.mgmt"));
  await peer.through(bytes.deleteAll);
  const before = residentOf(running.pid);
  each.plain.push((FLOWS * 1000) / (await peer.through(bytes.mods)));
  each.bytesPerFlow.push(((residentOf(running.pid) - before) * 1024) / FLOWS);
  const { milliseconds, bytes: size } = await peer.multipart(bytes.dump);
  each.dumped.push(milliseconds);
  await peer.through(bytes.deleteAll);
  each.bundled.push((BUNDLED * 1000) / (await peer.through(bytes.bundle)));
  const last = <T>(list: readonly T[]): T => list.at(-1)!;
  console.log(
    `  ${each.title.padEnd(14)} ${k(last(each.plain))} flow-mods/s, ${k(last(each.bundled))} bundled/s, dump of ${(size / 1e6).toFixed(1)} MB in ` +
      `${last(each.dumped).toFixed(0)} ms, ${last(each.bytesPerFlow).toFixed(0)} bytes a flow${peer.errors > 0 ? `, ${peer.errors} ERRORS` : ""}`,
  );
  peer.close();
}

const k = (perSecond: number): string => `${(perSecond / 1000).toFixed(0)}k`;

/** Measures and prints; `rounds` of each. */
export async function benchFlowMods(rounds: number): Promise<void> {
  const bytes = makeBytes();
  const homes = [createNamespace(), createNamespace()];
  const contestant = (title: string, running: RealSwitch): Contestant => ({
    ...{ title, running, plain: [], bundled: [], dumped: [], bytesPerFlow: [] },
  });
  const ours = contestant("Weft", await startOurSwitch(homes[0]!, []));
  const theirs = contestant("Open vSwitch", await startRealSwitch(homes[1]!, [], { tso: false }));
  try {
    for (let i = 0; i < rounds; i++) for (const each of [ours, theirs]) await round(each, bytes);
  } finally {
    for (const each of [ours, theirs]) await each.running.stop();
    for (const home of homes) home.close();
  }
  const ratio = (title: string, of: (c: Contestant) => number[], inverse: boolean, unit: string): void => {
    const [a, b] = [median(of(ours)), median(of(theirs))];
    console.log(
      `  ${title.padEnd(22)} ${a.toFixed(0)} against ${b.toFixed(0)} ${unit}: ${(inverse ? b / a : a / b).toFixed(2)}`,
    );
  };
  console.log("medians, Weft against Open vSwitch, and how many times as good");
  ratio("flow-mods", (c) => c.plain, false, "per second");
  ratio("flow-mods in a bundle", (c) => c.bundled, false, "per second");
  ratio("dump of 100,000 flows", (c) => c.dumped, true, "ms");
  // The first round is of a fresh process: later ones use memory again.
  const [a, b] = [ours.bytesPerFlow[0]!, theirs.bytesPerFlow[0]!];
  console.log(
    `  ${"memory".padEnd(22)} ${a.toFixed(0)} against ${b.toFixed(0)} bytes a flow: ${(a / b).toFixed(2)} times as much`,
  );
}
