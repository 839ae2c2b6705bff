/*
 * What a packet costs that is forwarded from one veth to another, beyond being received at the first: Weft's forwarding program with so many flows under so many masks, beside the Linux
 * bridge. Frames are injected, so that no sender and no receiver is among it.
 */
import { W } from "#flow/layout.js";
import { put16 } from "#util/big-endian.js";
import { finishSum, sumBytes } from "#wire/checksum.js";
import { type Bed, ForwardedPorts, joinBridge, joinNothing, makeBed } from "./kernel-bed.js";
import { destinationOf, FrameInjector } from "./kernel-injector.js";
import { makeRow, progress, type Row } from "./userspace-pair.js";

const MASKS = [1, 8, 32, 128];
const FLOWS = [10, 1000, 50_000];
const COUNT = 50_000;
const ALL = 0xffffffff;
const TYPE = 0x0800;
const UDP = 17;

/** A UDP frame between two guests, 60 bytes long, without a checksum; that of its IPv4 header holds for all destinations that are injected. */
export function frameBetween({ guests: [from, to] }: Bed): Uint8Array {
  const frame = new Uint8Array(60);
  frame.set(Buffer.from(to!.mac.replaceAll(":", ""), "hex"));
  frame.set(Buffer.from(from!.mac.replaceAll(":", ""), "hex"), 6);
  frame.set([TYPE >> 8, TYPE & 255, 0x45, 0, 0, 46, 0, 0, 0, 0, 64, UDP], 12);
  frame.set([0xff, 0xff], 18);
  frame.set([10, 0, 0, 9, 10], 26);
  frame.set([8, 0, 0, 53, 0, 26], 34);
  put16(frame, 24, finishSum(sumBytes(frame, 14, 34, 0)));
  return frame;
}

/** Flows in turn under each of the masks, which tell apart what all these packets have in common. */
export function putFlows(ports: ForwardedPorts, flows: number, masks: number): void {
  for (let i = 0; i < flows; i++) {
    const key = { [W.inPort]: 1, [W.ethType]: TYPE, [W.nwDst]: destinationOf(i) };
    const mask = { [W.inPort]: ALL, [W.recircId]: ALL, [W.ethType]: 0xffff, [W.nw]: 0xff000000, [W.nwDst]: ALL };
    ports.put(key, { ...mask, [W.tp]: (i % masks) << 16 }, "2");
  }
}

/** Measures; a round of each in turn. */
export async function packetRows(rounds: number): Promise<readonly Row[]> {
  const injector = new FrameInjector();
  let ports: ForwardedPorts | undefined;
  const beds = {
    bare: makeBed("wbn", 2, joinNothing),
    bridge: makeBed("wbb", 2, joinBridge),
    ours: makeBed("wbo", 2, (net, names) => {
      ports = new ForwardedPorts(net, names);
      return () => ports!.close();
    }),
  };
  const rows: Row[] = [];
  try {
    // The bridge learns where they are.
    beds.bridge.guests[1]!.run("ping", "-c", "1", "-W", "1", beds.bridge.guests[0]!.address);
    const bridge = await leastOf(rounds, injector, beds.bare, beds.bridge, 1000);
    for (const masks of MASKS) {
      for (const flows of FLOWS) {
        putFlows(ports!, flows, masks);
        const row = makeRow(`a packet, ${masks} masks, ${flows} flows`, "ns", 0, { most: 0.6, against: "the bridge" });
        progress(row.title);
        row.ours.push(await leastOf(rounds, injector, beds.bare, beds.ours, flows));
        row.theirs.push(bridge);
        rows.push(row);
        ports!.clear();
      }
    }
    rows.push(...flatness(rows));
    console.log(
      `loading a port's program: ${ports!.loadTime.toFixed(1)} ms, the one that all share: ${ports!.firstLoadTime.toFixed(0)} ms`,
    );
  } finally {
    for (const bed of Object.values(beds)) bed.close();
    injector.close();
  }
  return rows;
}

/** What all of these cost against the first one, but for most masks. */
function flatness(rows: readonly Row[]): Row[] {
  const [first, ...others] = rows;
  return others
    .filter(({ title }) => !title.includes(`${MASKS.at(-1)} masks`))
    .map((row) => {
      const flat = makeRow(`${row.title}, against the first`, "ns", 0, { most: 1.5, against: "Weft and Weft" });
      flat.ours.push(...row.ours);
      flat.theirs.push(...first!.ours);
      return flat;
    });
}

/** Nanoseconds of a frame through `bed` beyond what it takes to receive it: of all rounds the least of both. */
export async function leastOf(
  rounds: number,
  injector: FrameInjector,
  bare: Bed,
  bed: Bed,
  flows: number,
): Promise<number> {
  const frame = frameBetween(bed);
  const least = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
  injector.cost(bed.home, bed.ifindex, frame, flows, 2 * flows);
  const before = bed.received();
  for (let i = 0; i < rounds; i++) {
    least[0] = Math.min(least[0]!, injector.cost(bare.home, bare.ifindex, frame, flows, COUNT));
    least[1] = Math.min(least[1]!, injector.cost(bed.home, bed.ifindex, frame, flows, Math.max(COUNT, 2 * flows)));
  }
  const arrived = bed.received() - before;
  if (arrived < 0.9 * rounds * COUNT) throw new Error(`only ${arrived} of ${rounds * COUNT} frames arrived`);
  return least[1]! - least[0]!;
}
