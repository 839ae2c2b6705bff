import fc from "fast-check";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { Upcall } from "#datapath/datapath.js";
import { tunnelDevices } from "#datapath/devices/tunnel-device.js";
import type { Packet } from "#datapath/packet.js";
import { parseDatapathActions } from "#datapath/text/action-parse.js";
import { Counter } from "#datapath/userspace/counters.js";
import { newKey } from "#flow/key.js";
import { W } from "#flow/layout.js";
import { put16 } from "#util/big-endian.js";
import { hex } from "#util/hex.js";
import { finishSum, sumBytes } from "#wire/checksum.js";
import { VNET_GSO_ECN } from "#wire/virtio-net.js";
import { withoutSourcePorts } from "../differential/datapath-actions/normalise.js";
import { Random } from "../differential/datapath-actions/random.js";
import { type BuiltProgram, buildProgram } from "../support/built-program.js";
import { hostileFrames } from "../support/hostile-frames.js";
import { describeWith, root, tun } from "../support/needs.js";
import { type KernelBed, kernelBed } from "./engine-bed.js";
import { lyingFrame } from "./oracle/lying-offloads.js";
import { makeKernelScene, type SceneSettings, survives } from "./oracle/random-scene.js";
import { type PortPacket, Reference } from "./oracle/reference.js";

const seed = Number(process.env["WEFT_SEED"] ?? 1);
const scenes = Number(process.env["WEFT_RUNS"] ?? 12);
const FRAMES = 300;
const PORTS = [1, 2, 3, 4];
const TUNNELS: readonly (readonly [type: string, remote: string])[] = [
  ["vxlan", "flow"],
  ["geneve", "flow"],
  ["gtpu", "flow"],
  ["gre", "flow"],
  ["erspan", "flow"],
  ["ip6gre", "fc00::99"],
  ["ip6erspan", "fc00::99"],
];

/** Flows of ports, Ethernet types and protocols, and what is done. */
const LYING_FLOWS: readonly (readonly [port: number, ethType: number, protocol: number, actions: string])[] = [
  [1, 0x0800, 6, "set(ipv4(src=1.2.3.4,ttl=9)),2"],
  [1, 0x0800, 17, "set(ipv4(src=1.2.3.4,ttl=9)),2"],
  [1, 0x86dd, 6, "set(ipv6(hlimit=9)),2"],
  [2, 0x0800, 6, "3"],
  [2, 0x0800, 17, "3"],
  [2, 0x86dd, 6, "3,1"],
  [3, 0x0800, 6, "push_vlan(vid=7,pcp=1),4"],
  [3, 0x0800, 17, "push_vlan(vid=7,pcp=1),4"],
  [3, 0x86dd, 6, "push_vlan(vid=7,pcp=1),4"],
  [4, 0x0800, 6, "set(tcp(src=99)),1"],
  [4, 0x0800, 17, "set(udp(src=99)),1"],
  [4, 0x86dd, 6, "set(tcp(src=99)),1"],
];

interface Shares {
  readonly flows: number;
  readonly frames: number;
}

const shown = ({ port, packet: { data, offload } }: PortPacket): string => {
  const { flags, csumStart, csumOffset, gsoType, gsoSize } = offload;
  const partial = (flags & 1) !== 0 ? ` partial ${csumStart}+${csumOffset}` : "";
  return `${port}${partial}${gsoType === 0 ? "" : ` gso ${gsoType} ${gsoSize}`} ${hex(data)}`;
};
/** The ports of the reference have no MTU. */
const isTooLong = ({ data, offload }: Packet): boolean => offload.gsoType === 0 && data.length > 1518;

/** The other end takes none that is cut off within a tag, where that is not in the packet's metadata. */
const shownAll = (sent: readonly PortPacket[], show: (sent: PortPacket) => string): string[] =>
  sent
    .filter(({ packet }) => survives(packet.data) && !isTooLong(packet))
    .map(show)
    .sort();
/** Where a checksum lies somewhere else than it should, both spoil what is there, each in its own way; and the thread asks TCP's flags about ECN. */
const shownLying = ({ data, offload }: Packet): string =>
  `${data.length} bytes, ${hex(data.subarray(0, 14))}, ${offload.flags & 1} ${offload.gsoType & ~VNET_GSO_ECN} ${offload.gsoSize}`;
/** With the checksum that is left to whoever comes last. */
const finished = ({ port, packet: { data, offload } }: PortPacket): string => {
  const bytes = data.slice();
  const { csumStart, csumOffset } = offload;
  if ((offload.flags & 1) !== 0)
    put16(bytes, csumStart + csumOffset, finishSum(sumBytes(bytes, csumStart, bytes.length, 0)));
  return `${port} ${withoutSourcePorts(hex(bytes))}`;
};
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
  const byThread = (): number => bed.engine.threads()[0]!.counters[Counter.received]!;

  beforeAll(async () => {
    worker = await buildProgram("userspace-worker");
    bed = kernelBed(worker, { forwardsInKernel: true });
    for (const port of PORTS) bed.addPort(`p${port}`, port);
    reference = new Reference(PORTS);
    bed.datapath.onUpcall((batch) => void upcalls.push(...batch));
    await bed.settle();
  });
  afterAll(() => {
    bed?.close();
    worker?.remove();
  });

  /** Has both do the same scenes, and compares all there is to see; gives the shares of flows and frames that were the kernel's. */
  async function compare(tunnels: SceneSettings["tunnels"], count: number): Promise<Shares> {
    const show = tunnels ? (sent: PortPacket): string => finished(sent) : shown;
    const hostile = fc.sample(hostileFrames, { seed, numRuns: 2000 });
    const shares = { flows: 0, inKernel: 0, frames: 0, byThread: -byThread() };
    const reasons = new Map<string, number>();
    for (let at = seed; at < seed + count; at++) {
      const { frames, flows } = makeKernelScene(new Random(at), { tunnels, ports: PORTS }, hostile, reference, FRAMES);
      // The reference has seen packets of these connections while flows were made.
      for (const { datapath } of [bed, reference]) await datapath.conntrack.flush();
      const before = [bed, reference].map(({ datapath }) => ({
        drops: new Map(datapath.drops()),
        stats: datapath.stats(),
      }));
      for (const flow of flows) bed.datapath.putFlow(flow);
      await bed.datapath.settled();
      shares.inKernel += bed.engine.kernel.table?.size ?? 0;
      for (const [why, n] of bed.engine.kernel.table?.reasons() ?? []) reasons.set(why, (reasons.get(why) ?? 0) + n);
      shares.flows += flows.length;
      shares.frames += frames.length;
      bed.putAll(frames);
      for (const frame of frames) reference.put(frame);
      const wanted = reference.take();
      const counted = since(before[1]!, reference);
      const right = shownAll(wanted.sent, show);
      const sent: PortPacket[] = [];
      // A busy machine may not let the thread go on for a while.
      for (let tries = 0; tries < 20; tries++) {
        await bed.settle();
        sent.push(...PORTS.flatMap((port) => bed.take(port).map((packet) => ({ port, packet }))));
        const isCounted = JSON.stringify(since(before[0]!, bed)) === JSON.stringify(counted);
        if (isCounted && shownAll(sent, show).length >= right.length) break;
      }
      const where = `seed ${at}`;
      expect(shownAll(sent, show), where).toEqual(right);
      expect(upcalls.map(shownUpcall).sort(), where).toEqual(wanted.upcalls.map(shownUpcall).sort());
      upcalls = [];
      expect(since(before[0]!, bed), where).toEqual(counted);
      for (const { ufid } of flows) {
        const [{ stats: got }, { stats: had }] = [bed.datapath.flow(ufid)!, reference.datapath.flow(ufid)!];
        expect({ ...got, used: 0 }, `${where}: flow ${ufid}`).toEqual({ ...had, used: 0 });
      }
      bed.datapath.flush();
    }
    shares.byThread += byThread();
    expect(bed.log.filter((line) => !line.startsWith("kernel engine:"))).toEqual([]);
    const { flows, inKernel, frames } = shares;
    const stayed = frames - shares.byThread;
    console.log(`${inKernel} of ${flows} flows were in the kernel, ${stayed} of ${frames} frames stayed there`);
    for (const [why, n] of reasons) console.log(`  ${n}: ${why}`);
    return { flows: inKernel / flows, frames: stayed / frames };
  }

  const timeout = 300_000;

  it(`do the same with ${scenes} times ${FRAMES} frames, from seed ${seed}`, { timeout }, async () => {
    const { flows, frames } = await compare(undefined, scenes);
    expect(flows).toBeGreaterThan(0.3);
    expect(frames).toBeGreaterThan(0.2);
  });

  it("do the same with frames whose offloads lie", { timeout }, async () => {
    const thread = kernelBed(worker);
    try {
      for (const port of PORTS) thread.addPort(`p${port}`, port);
      await thread.settle();
      const both = [bed, thread] as const;
      for (const { datapath } of both) {
        for (const [i, [inPort, ethType, protocol, actions]] of LYING_FLOWS.entries()) {
          const [key, mask] = [newKey(), newKey()];
          key.set([inPort], W.inPort);
          key.set([ethType], W.ethType);
          key.set([protocol], W.nw);
          mask.fill(0xffffffff, W.inPort, W.inPort + 1);
          mask[W.ethType] = 0xffff;
          mask[W.nw] = 0x030000ff;
          mask[W.vlan0] = 0xffffffff;
          datapath.putFlow({ ufid: String(i).padStart(32, "0"), key, mask, actions: parseDatapathActions(actions) });
        }
        await datapath.settled();
      }
      expect([...bed.engine.kernel.table!.reasons()]).toEqual([]);
      const r = new Random(seed);
      let arrived = 0;
      for (let round = 0; round < 20; round++) {
        const frames = Array.from({ length: 100 }, () => lyingFrame(r, PORTS));
        for (const each of both) each.putAll(frames);
        const [byKernel, byThread] = [[], []] as [string[], string[]];
        for (let tries = 0; tries < 20; tries++) {
          await Promise.all(both.map((each) => each.settle()));
          for (const [i, list] of [byKernel, byThread].entries()) {
            for (const port of PORTS)
              list.push(...both[i]!.take(port).map((packet) => `${port}: ${shownLying(packet)}`));
            list.sort();
          }
          if (byKernel.join() === byThread.join()) break;
        }
        arrived += byKernel.length;
        expect(byKernel, `round ${round}`).toEqual(byThread);
      }
      console.log(`${arrived} of ${20 * 100} frames arrived`);
    } finally {
      bed.datapath.flush();
      upcalls = [];
      thread.close();
    }
  });

  it(`do the same with ${scenes} times ${FRAMES} frames, many of them in tunnels`, { timeout }, async () => {
    for (const [number, [type, remote]] of TUNNELS.entries()) {
      for (const { datapath } of [bed, reference]) {
        const device = tunnelDevices.get(type)!.open("", new Map([["remote_ip", remote]]));
        tunnels.set(device.name, datapath.addPort(device, 20 + number));
      }
    }
    await compare(tunnels, scenes);
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
