/*
 * Frames of many megaflows under many masks. The pipeline makes exactly as many of both as are asked for: its first table tells classes of packets apart by source
 * address, and each class has a table of its own, whose rules match on the source port and on some bits of the destination port that no other class looks at.
 */

import { udpFrame } from "./frame-sender.js";
import { median } from "./guests.js";
import { FrameRound } from "./packet-end.js";
import { type Contestant, figuresOf, inTurn, makeRow, type Pair, pause, type Row } from "./userspace-pair.js";
import { frameRate } from "./userspace-traffic.js";

const SECONDS = 0.7;
const MEGAFLOWS = [1, 10, 100, 1000, 10_000];
const MASKS = [1, 8, 64];
const FRAMES = 16_384;
const FIRST_PORT = 1000;

function pipeline(megaflows: number, masks: number): string[] {
  const flows = ["priority=0,actions=drop"];
  for (let mask = 0; mask < masks; mask++)
    flows.push(`priority=9,in_port=1,udp,nw_src=10.80.${mask}.1,actions=resubmit(,${mask + 1})`);
  for (let i = 0; i < megaflows; i++) {
    const [mask, number] = [i % masks, Math.floor(i / masks)];
    flows.push(`table=${mask + 1},priority=9,udp,tp_src=${FIRST_PORT + number},tp_dst=0/${mask + 1},actions=output:2`);
  }
  return flows;
}

function frameOf(each: Contestant, megaflow: number, masks: number): Uint8Array {
  const [from, to] = each.guests;
  const source = [10, 80, megaflow % masks, 1] as const;
  return udpFrame(from.mac, to.mac, {
    source,
    sourcePort: FIRST_PORT + Math.floor(megaflow / masks),
    destinationPort: 0,
  });
}

/** Every megaflow once, then others by chance, by a seed. */
function frames(each: Contestant, megaflows: number, masks: number): { all: FrameRound; mixed: FrameRound } {
  const made = Array.from({ length: megaflows }, (_, i) => frameOf(each, i, masks));
  let seed = 12345;
  const any = (): Uint8Array => {
    seed = (Math.imul(seed, 1103515245) + 12345) >>> 0;
    return made[(seed >>> 8) % megaflows]!;
  };
  const mixed = Array.from({ length: megaflows === 1 ? 64 : FRAMES }, any);
  return { all: new FrameRound(each.guests[0], made), mixed: new FrameRound(each.guests[0], mixed) };
}

/** How many megaflows of the traffic there are, and how many masks they have. */
function count(each: Contestant): { megaflows: number; masks: number } {
  const lines = each
    .appctl("dpctl/dump-flows")
    .split("\n")
    .filter((line) => /ipv4\([^)]*src=10\.80\./.test(line));
  const masks = new Set(lines.map((line) => line.replace(/, packets:.*/, "").replace(/=[^/,()]+(\/[^,()]+)?/g, "=$1")));
  return { megaflows: lines.length, masks: masks.size };
}

/** Sends every flow's packet slowly enough for all upcalls, until all are there. Begins anew where frames of another pipeline were late. */
async function setUp(each: Contestant, all: FrameRound, megaflows: number, masks: number): Promise<void> {
  let got = { megaflows: 0, masks: 0 };
  for (let turn = 0; turn < 12; turn++) {
    if (got.megaflows > megaflows || got.masks > masks) each.appctl("revalidator/purge");
    for (let i = 0; i < all.batches; i++) {
      all.sendBatch();
      await pause(4);
    }
    await pause(50);
    got = count(each);
    if (got.megaflows === megaflows && got.masks === masks) return;
  }
  throw new Error(`${got.megaflows} megaflows under ${got.masks} masks instead of ${megaflows} under ${masks}`);
}

/** Rates and costs for each number of megaflows and masks, and how much more many masks cost ours than one. */
export async function flowRows(pair: Pair, rounds: number): Promise<readonly Row[]> {
  const rows: Row[] = [];
  const flat: Row[] = [];
  for (const megaflows of MEGAFLOWS) {
    const costs: { readonly rate: Row; readonly masks: number }[] = [];
    for (const masks of MASKS.filter((m) => m <= megaflows)) {
      const title = `${megaflows} megaflow${megaflows === 1 ? "" : "s"}, ${masks} mask${masks === 1 ? "" : "s"}`;
      const rate = makeRow(title, "k/s", 0, { least: 1.2 });
      const cost = makeRow("  CPU of a frame", "ns", 0, { most: 0.83 });
      const senders = new Map<Contestant, FrameRound>();
      for (const each of [pair.ours, pair.theirs]) {
        each.setFlows(pipeline(megaflows, masks));
        const { all, mixed } = frames(each, megaflows, masks);
        senders.set(each, mixed);
        await setUp(each, all, megaflows, masks);
        all.close();
        await frameRate(each, mixed, SECONDS / 2);
      }
      await inTurn(pair, rounds, title, async (each) => {
        const got = await frameRate(each, senders.get(each)!, SECONDS);
        figuresOf(rate, pair, each).push(got.rate / 1e3);
        figuresOf(cost, pair, each).push(got.cost);
      });
      for (const each of senders.values()) each.close();
      rows.push(rate, cost);
      costs.push({ rate: cost, masks });
    }
    const [one, most] = [costs[0]!, costs.at(-1)!];
    if (most.masks === 64) {
      const row = makeRow(`${megaflows} megaflows: CPU, 64 masks against 1`, "ns", 0, {
        most: 2,
        against: "Weft and Weft",
      });
      row.ours.push(median(most.rate.ours));
      row.theirs.push(median(one.rate.ours));
      flat.push(row);
    }
  }
  return [...rows, ...flat];
}
