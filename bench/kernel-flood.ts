/* What it costs to send a packet out by many ports, beside the kernel's bridge. */
import { W } from "#flow/layout.js";
import { ForwardedPorts, joinBridge, joinNothing, makeBed } from "./kernel-bed.js";
import { FrameInjector } from "./kernel-injector.js";
import { frameBetween } from "./kernel-packets.js";
import { makeRow, progress, type Row } from "./userspace-pair.js";

/** The port that it comes in by among them. */
const PORTS = 32;
const COUNT = 4000;
const ALL = 0xffffffff;

/** Broadcasts to all other ports. */
export async function floodRows(rounds: number): Promise<readonly Row[]> {
  const row = makeRow(`a packet to ${PORTS - 1} ports`, "ns", 0, { most: 0.8, against: "the bridge" });
  const injector = new FrameInjector();
  let ports: ForwardedPorts | undefined;
  const beds = {
    bare: makeBed("wbq", 2, joinNothing),
    bridge: makeBed("wbr", PORTS, joinBridge),
    ours: makeBed("wbs", PORTS, (net, names) => {
      ports = new ForwardedPorts(net, names);
      return () => ports!.close();
    }),
  };
  try {
    const outputs = Array.from({ length: PORTS - 1 }, (_, i) => i + 2).join();
    const key = { [W.inPort]: 1, [W.ethType]: 0x0800 };
    ports!.put(key, { [W.inPort]: ALL, [W.recircId]: ALL, [W.ethType]: 0xffff }, outputs);
    const least = { bare: Number.POSITIVE_INFINITY, bridge: Number.POSITIVE_INFINITY, ours: Number.POSITIVE_INFINITY };
    for (let i = 0; i <= rounds; i++) {
      progress(`flood: round ${i} of ${rounds}`);
      for (const name of ["bare", "bridge", "ours"] as const) {
        const bed = beds[name];
        const frame = frameBetween(bed).fill(0xff, 0, 6);
        least[name] = Math.min(least[name], injector.cost(bed.home, bed.ifindex, frame, 1, COUNT));
      }
    }
    row.ours.push(least.ours - least.bare);
    row.theirs.push(least.bridge - least.bare);
    ports!.clear();
  } finally {
    for (const bed of Object.values(beds)) bed.close();
    injector.close();
  }
  return [row];
}
