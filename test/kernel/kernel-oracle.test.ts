import fc from "fast-check";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { Upcall } from "#datapath/datapath.js";
import type { Packet } from "#datapath/packet.js";
import { Counter } from "#datapath/userspace/counters.js";
import { hex } from "#util/hex.js";
import { Random } from "../differential/datapath-actions/random.js";
import { type BuiltProgram, buildProgram } from "../support/built-program.js";
import { hostileFrames } from "../support/hostile-frames.js";
import { describeWith, root, tun } from "../support/needs.js";
import { type KernelBed, kernelBed } from "./engine-bed.js";
import { makeKernelScene, survives } from "./oracle/random-scene.js";
import { type PortPacket, Reference } from "./oracle/reference.js";

const seed = Number(process.env["WEFT_SEED"] ?? 1);
const scenes = Number(process.env["WEFT_RUNS"] ?? 30);
const FRAMES = 300;
const PORTS = [1, 2, 3, 4];

const shown = ({ port, packet: { data, offload } }: PortPacket): string => {
  const { flags, csumStart, csumOffset, gsoType, gsoSize } = offload;
  const partial = (flags & 1) !== 0 ? ` partial ${csumStart}+${csumOffset}` : "";
  return `${port}${partial}${gsoType === 0 ? "" : ` gso ${gsoType} ${gsoSize}`} ${hex(data)}`;
};
/** The ports of the reference have no MTU. */
const isTooLong = ({ data, offload }: Packet): boolean => offload.gsoType === 0 && data.length > 1518;

/** The other end takes none that is cut off within a tag, where that is not in the packet's metadata. */
const shownAll = (sent: readonly PortPacket[]): string[] =>
  sent
    .filter(({ packet }) => survives(packet.data) && !isTooLong(packet))
    .map(shown)
    .sort();
const shownUpcall = ({ kind, packet, key, cookie }: Upcall): string => {
  const words = [...key].flatMap((word, i) => (word === 0 ? [] : [`${i}:${word.toString(16)}`]));
  return `${kind} ${JSON.stringify(cookie ?? "")} ${shown({ port: 0, packet })} ${words.join(" ")}`;
};

let worker: BuiltProgram;

describeWith([root, tun], "the kernel engine and the userspace engine", () => {
  let bed: KernelBed;
  let reference: Reference;
  let upcalls: Upcall[] = [];
  const tunnels = new Map<string, number>();

  beforeAll(async () => {
    worker = await buildProgram("userspace-worker");
    bed = kernelBed(worker, { forwardsInKernel: true });
    for (const port of PORTS) bed.addPort(`p${port}`, port);
    reference = new Reference(PORTS, tunnels);
    bed.datapath.onUpcall((batch) => void upcalls.push(...batch));
    await bed.settle();
  });
  afterAll(() => {
    bed?.close();
    worker?.remove();
  });

  it(`do the same with ${scenes} times ${FRAMES} frames, from seed ${seed}`, { timeout: 300_000 }, async () => {
    const hostile = fc.sample(hostileFrames, { seed, numRuns: 2000 });
    let inKernel = 0;
    let flowCount = 0;
    for (let at = seed; at < seed + scenes; at++) {
      const settings = { ports: PORTS, tunnels, without: /ct\b|ct\(|tnl_push/ };
      const { frames, flows } = makeKernelScene(new Random(at), settings, hostile, reference, FRAMES);
      const before = { drops: new Map(bed.datapath.drops()), stats: bed.datapath.stats() };
      const wantedBefore = { drops: new Map(reference.datapath.drops()), stats: reference.datapath.stats() };
      for (const flow of flows) bed.datapath.putFlow(flow);
      await bed.datapath.settled();
      inKernel += bed.engine.kernel.table?.size ?? 0;
      flowCount += flows.length;
      bed.putAll(frames);
      for (const frame of frames) reference.put(frame);
      await bed.settle();
      const wanted = reference.take();
      const sent = PORTS.flatMap((port) => bed.take(port).map((packet) => ({ port, packet })));
      const where = `seed ${at}`;
      expect(shownAll(sent), where).toEqual(shownAll(wanted.sent));
      expect(upcalls.map(shownUpcall).sort(), where).toEqual(wanted.upcalls.map(shownUpcall).sort());
      upcalls = [];
      expect(since(before, bed), where).toEqual(since(wantedBefore, reference));
      for (const { ufid } of flows) {
        const [{ stats: got }, { stats: right }] = [bed.datapath.flow(ufid)!, reference.datapath.flow(ufid)!];
        expect({ ...got, used: 0 }, `${where}: flow ${ufid}`).toEqual({ ...right, used: 0 });
      }
      bed.datapath.flush();
    }
    expect(bed.log).toEqual([]);
    const byThread = bed.engine.threads()[0]!.counters[Counter.received]!;
    const all = scenes * FRAMES;
    console.log(
      `${inKernel} of ${flowCount} flows were in the kernel, ${all - byThread} of ${all} frames stayed there`,
    );
    expect(inKernel / flowCount).toBeGreaterThan(0.3);
    expect(1 - byThread / all).toBeGreaterThan(0.2);
  });
});

/** What has been counted since; what ports lose is told later. */
function since(
  { drops, stats }: { drops: ReadonlyMap<string, number>; stats: { hits: number; misses: number; lost: number } },
  { datapath }: Pick<KernelBed, "datapath"> | Reference,
): unknown {
  const now = datapath.stats();
  const dropped = [...datapath.drops()].map(([name, n]) => [name, n - (drops.get(name) ?? 0)] as const);
  return {
    drops: Object.fromEntries(dropped.filter(([name, n]) => n !== 0 && !name.includes("_tx"))),
    hits: now.hits - stats.hits,
    misses: now.misses - stats.misses,
    lost: now.lost - stats.lost,
  };
}
