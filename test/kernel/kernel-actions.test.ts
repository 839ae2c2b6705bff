import { afterAll, beforeAll, expect, it } from "vitest";
import type { DatapathAction } from "#datapath/actions.js";
import type { DatapathFlow, Upcall } from "#datapath/datapath.js";
import type { Packet } from "#datapath/packet.js";
import { parseDatapathActions } from "#datapath/text/action-parse.js";
import { Counter } from "#datapath/userspace/counters.js";
import type { UserspaceDatapath } from "#datapath/userspace/userspace-datapath.js";
import { extractKey } from "#flow/extract.js";
import { type FlowKey, newKey } from "#flow/key.js";
import { newLayers } from "#flow/layers.js";
import { W } from "#flow/layout.js";
import { packetMask } from "#flow/packet-mask.js";
import { put16 } from "#util/big-endian.js";
import { hex } from "#util/hex.js";
import { foldSum, pseudoSum4, pseudoSum6 } from "#wire/checksum.js";
import { plainOffload } from "#wire/virtio-net.js";
import { ether, largeSegment, plain } from "../contract/datapath.js";
import { Random } from "../differential/datapath-actions/random.js";
import { type BuiltProgram, buildProgram } from "../support/built-program.js";
import { icmp, ipv4, ipv6, tcp, udp } from "../support/ip-frames.js";
import { describeWith, root, tun } from "../support/needs.js";
import { type KernelBed, kernelBed } from "./engine-bed.js";
import { type PortPacket, Reference } from "./oracle/reference.js";

const seed = Number(process.env["WEFT_SEED"] ?? 1);
const scenes = Number(process.env["WEFT_RUNS"] ?? 6);
const PORTS = [1, 2, 3, 4];
const METERS = [1, 2];
/** Ports that stand for drops, which have no text. */
const DROP = 98;
const OTHER_DROP = 99;

/** A frame whose transport checksum is left to whoever comes last. */
function partial(frame: Uint8Array, field: number): Packet {
  const data = frame.slice();
  const isIpv4 = data[12] === 8;
  const csumStart = isIpv4 ? 34 : 54;
  const pseudo = isIpv4 ? pseudoSum4 : pseudoSum6;
  put16(data, csumStart + field, foldSum(pseudo(data, 14, data[isIpv4 ? 23 : 20]!, data.length - csumStart)));
  return { data, offload: { ...plainOffload(), flags: 1, csumStart, csumOffset: field } };
}

/** UDP that carries TCP in Ethernet, which is yet to be summed; its own checksum is whole. */
function tunnelled(): Packet {
  const inner = tcp(ipv4, 7, 8, [1, 2], "A", { data: "inside" });
  const outer = udp(ipv4, 3, 4, [40, 4789]);
  const data = new Uint8Array(50 + inner.length);
  data.set(outer.subarray(0, 42));
  data.set(inner, 50);
  put16(data, 16, data.length - 14);
  put16(data, 38, data.length - 34);
  put16(data, 40, 0x1234);
  return { data, offload: { ...plainOffload(), flags: 1, csumStart: 50 + 34, csumOffset: 16 } };
}

function tagged({ data, offload }: Packet, ...tags: readonly number[]): Packet {
  const longer = new Uint8Array(data.length + 4 * tags.length);
  longer.set(data.subarray(0, 12));
  for (const [i, tag] of tags.entries()) longer.set([tag >>> 24, tag >> 16, tag >> 8, tag], 12 + 4 * i);
  longer.set(data.subarray(12), 12 + 4 * tags.length);
  const { csumStart, headerLength, flags } = offload;
  const by = 4 * tags.length;
  const moved = { csumStart: flags & 1 ? csumStart + by : 0, headerLength: headerLength && headerLength + by };
  return { data: longer, offload: { ...offload, ...moved } };
}

const neighbour = (type: number, ...options: readonly number[]): Packet =>
  plain(
    icmp(ipv6, 1, 2, type, 0, 0x60000000, Uint8Array.from([0xfc, ...new Array<number>(14).fill(0), 7, ...options])),
  );

const unsummed = udp(ipv4, 5, 6, [50, 60]);
put16(unsummed, 40, 0);
const basic: readonly Packet[] = [
  ...[ipv4, ipv6].flatMap((ip) => [
    plain(tcp(ip, 1, 2, [10, 20], "A", { data: "hello" })),
    plain(udp(ip, 3, 4, [30, 40])),
    partial(tcp(ip, 1, 2, [11, 20], "S"), 16),
    partial(udp(ip, 3, 4, [31, 40]), 6),
    plain(icmp(ip, 1, 2, ip === ipv4 ? 8 : 128, 0, 7, Uint8Array.of(1, 2, 3))),
  ]),
  plain(unsummed),
  plain(ether(0x0806, [0, 1, 8, 0, 6, 4, 0, 1, 2, 0, 0, 0, 0, 1, 10, 0, 0, 1, 0, 0, 0, 0, 0, 0, 10, 0, 0, 2])),
  plain(ether(0x88b5, [1, 2, 3])),
  neighbour(135, 1, 1, 2, 0, 0, 0, 0, 5),
  neighbour(136, 2, 1, 2, 0, 0, 0, 0, 6),
  neighbour(135),
  tunnelled(),
  largeSegment(),
];
const packets: readonly Packet[] = [
  ...basic,
  ...basic.slice(0, 6).map((packet) => tagged(packet, 0x81002005)),
  ...basic.slice(0, 4).map((packet) => tagged(packet, 0x88a82007, 0x81006001)),
  tagged(largeSegment(), 0x81000009),
];

const versionOf = (key: FlowKey): 0 | 4 | 6 => (key[W.ethType] === 0x0800 ? 4 : key[W.ethType] === 0x86dd ? 6 : 0);

/** Outputs in a row, up to more than a list holds one by one. */
function many(r: Random): string {
  return Array.from({ length: r.once(4) ? 40 : 4 + r.int(4) }, () => r.pick(PORTS)).join();
}

/** Something that a packet can have done to itself and go on. */
function randomStep(r: Random, key: FlowKey): string {
  const [version, protocol] = [versionOf(key), key[W.nw]! & 0xff];
  const byte = (): number => r.int(256);
  const mac = (): string => `02:00:00:00:00:0${r.int(10)}`;
  const address = (): string => (version === 4 ? `10.9.${byte()}.${byte()}` : `fc09::${byte().toString(16)}`);
  const always = [
    () => `set(eth(src=${mac()},dst=${mac()}))`,
    () => `set(eth(dst=${mac()}/00:00:00:00:ff:0f))`,
    () => `push_vlan(vid=${1 + r.int(4000)},pcp=${r.int(8)})`,
    () => `push_vlan(tpid=0x88a8,vid=${1 + r.int(4000)},pcp=0)`,
    () => "pop_vlan",
    () => `set(skb_mark(${r.int(9)}))`,
    () => `set(skb_mark(${byte()}/0xf0))`,
    () => `set(skb_priority(${r.int(9)}))`,
    () => "ct_clear",
    () => `${r.pick(PORTS)}`,
    () => `clone(${r.pick(PORTS)},${r.pick(PORTS)})`,
    () => many(r),
    () => `clone(${r.pick(PORTS)},${DROP})`,
    () => `sample(sample=100%,actions(${r.pick(PORTS)}))`,
    () => `sample(sample=0%,actions(${r.pick(PORTS)}))`,
    () =>
      `check_pkt_len(size=${r.pick([20, 60, 70, 1502, 1506])},gt(${r.pick(PORTS)}),le(${r.pick([...PORTS, DROP])}))`,
  ];
  const ofIp = [
    () => `set(ipv${version}(src=${address()}))`,
    () => `set(ipv${version}(dst=${address()}))`,
    () =>
      version === 4 ? `set(ipv4(ttl=${1 + r.int(255)},tos=${byte() & 0xfc}))` : `set(ipv6(hlimit=${1 + r.int(254)}))`,
    () => (version === 4 ? "set(ipv4(dst=10.8.0.0/255.255.0.0))" : `set(ipv6(tclass=${byte()},label=${byte()}))`),
  ];
  const ofTransport: Readonly<Record<number, () => string>> = {
    6: () => `set(tcp(src=${byte()},dst=${byte()}/0xff))`,
    17: () => `set(udp(src=${byte()},dst=${byte()}))`,
    1: () => `set(icmp(type=${r.pick([0, 8])},code=${byte()}))`,
    58: () =>
      r.once(4)
        ? `set(icmpv6(type=${r.pick([129, 135, 136])}))`
        : r.pick([
            () => `set(nd(target=${address()}))`,
            () => `set(nd(sll=${mac()}))`,
            () => `set(nd(tll=${mac()}))`,
            () => `set(nd(target=${address()},sll=${mac()},tll=${mac()}))`,
          ])(),
  };
  const ofArp = () => `set(arp(sip=10.7.0.${byte()},op=2,tha=${mac()}))`;
  if (key[W.ethType] === 0x0806 && r.once(2)) return ofArp();
  if (version !== 0 && r.once(2)) return r.once(3) ? (ofTransport[protocol]?.() ?? ofIp[0]!()) : r.pick(ofIp)();
  return r.pick(always)();
}

/** What the kernel forwards whole, whatever the packet. */
function randomText(r: Random, key: FlowKey): string {
  const steps = Array.from({ length: r.int(4) }, () => randomStep(r, key));
  if (r.once(4)) steps.unshift(`meter(${r.pick(METERS)})`);
  const inner = (): string => `${randomStep(r, key)},${r.pick(PORTS)}`;
  const cutOutput = (): string => `trunc(${r.pick([24, 40, 60, 70, 100, 1400])}),${r.pick(PORTS)}`;
  const ends = [
    () => many(r),
    () => `${r.pick(PORTS)}`,
    () => `${r.pick(PORTS)}`,
    () => `recirc(${1 + r.int(5)})`,
    () => `hash(${r.pick(["hash_l4(0)", "hash_l4(9)", "sym_l4(0)", "sym_l4(7)"])}),recirc(${1 + r.int(5)})`,
    () => `check_pkt_len(size=${r.pick([20, 60, 70, 1502])},gt(${inner()}),le(${inner()}))`,
    () => `clone(${inner()})`,
    () => `check_pkt_len(size=60,gt(recirc(7)),le(${DROP}))`,
    () => `${DROP}`,
    () => `${r.pick(PORTS)},${OTHER_DROP}`,
    ...[1, 2, 3].map((count) => () => Array.from({ length: count }, cutOutput).join()),
    () => `sample(sample=100%,actions(${cutOutput()}))`,
  ];
  steps.push(r.pick(ends)());
  return steps.join();
}

function withDrops(actions: readonly DatapathAction[]): DatapathAction[] {
  return actions.map((action) => {
    switch (action.kind) {
      case "output":
        return action.port < DROP ? action : { kind: "drop", reason: action.port - DROP };
      case "clone":
      case "sample":
        return { ...action, actions: withDrops(action.actions) };
      case "check_pkt_len":
        return { ...action, greater: withDrops(action.greater), lessEqual: withDrops(action.lessEqual) };
      default:
        return action;
    }
  });
}

const shown = ({ port, packet: { data, offload } }: PortPacket): string => {
  const { flags, csumStart, csumOffset, gsoType, gsoSize } = offload;
  return `${port}${flags & 1 ? ` ${csumStart}+${csumOffset}` : ""}${gsoType ? ` gso ${gsoSize}` : ""} ${hex(data)}`;
};
const shownUpcall = ({ kind, packet, key }: Upcall): string => {
  const words = [...key].flatMap((word, i) => (word === 0 ? [] : [`${i}:${word.toString(16)}`]));
  return `${kind} ${packet.recirculations} ${shown({ port: 0, packet })} ${words.join(" ")}`;
};

let worker: BuiltProgram;

describeWith([root, tun], "actions in the kernel", () => {
  let bed: KernelBed;
  let reference: Reference;
  let upcalls: Upcall[] = [];

  beforeAll(async () => {
    worker = await buildProgram("userspace-worker");
    bed = kernelBed(worker, { forwardsInKernel: true });
    for (const port of PORTS) bed.addPort(`b${port}`, port);
    reference = new Reference(PORTS);
    bed.datapath.onUpcall((batch) => void upcalls.push(...batch));
    for (const { datapath } of [bed, reference]) {
      const band = { type: "drop", burst: 1_000_000_000, precedence: 0 } as const;
      datapath.meters.set(1, { unit: "pktps", bands: [{ ...band, rate: 1_000_000 }] });
      datapath.meters.set(2, { unit: "kbps", bands: [5, 7, 6].map((rate) => ({ ...band, rate: rate * 1_000_000 })) });
    }
    await bed.settle();
  });
  afterAll(() => {
    bed?.close();
    worker?.remove();
  });

  /** Flows for the packets, which the reference then has, by what it misses. */
  function makeFlows(r: Random, sent: readonly PortPacket[]): DatapathFlow[] {
    const flows: DatapathFlow[] = [];
    const known = new Set<string>();
    for (const frame of sent) {
      for (let turn = 0; turn < 4; turn++) {
        reference.put(frame);
        const misses = reference.take().upcalls.filter(({ kind }) => kind === "miss");
        if (misses.length === 0) break;
        for (const { key } of misses) {
          // Some are never known: they come up out of the middle of being forwarded.
          if (turn > 0 && r.once(4)) continue;
          const actions = withDrops(parseDatapathActions(randomText(r, key)));
          const ufid = (flows.length + 1).toString(16).padStart(32, "0");
          const mask = packetMask(key);
          for (const word of [W.recircId, W.dpHash, W.pktMark, W.skbPriority]) mask[word] = 0xffffffff;
          const flow = { ufid, key: key.slice(), mask, actions };
          if (known.has(key.join())) continue;
          known.add(key.join());
          reference.datapath.putFlow(flow);
          flows.push(flow);
        }
      }
    }
    reference.datapath.flush();
    for (const flow of flows) reference.datapath.putFlow(flow);
    return flows;
  }

  it(`do what those of the userspace engine do, ${scenes} times from seed ${seed}`, { timeout: 240_000 }, async () => {
    const stayed = new Map<string, number>();
    let [made, inKernel] = [0, 0];
    for (let at = seed; at < seed + scenes; at++) {
      const r = new Random(at);
      const sent = packets.map((packet) => ({ port: r.pick(PORTS), packet }));
      const flows = makeFlows(r, sent);
      const before = [bed, reference].map(totals);
      for (const flow of flows) bed.datapath.putFlow(flow);
      await bed.datapath.settled();
      const table = bed.engine.kernel.table!;
      made += flows.length;
      inKernel += table.size;
      for (const [why, n] of table.reasons()) stayed.set(why, (stayed.get(why) ?? 0) + n);
      bed.putAll(sent);
      for (const frame of sent) reference.put(frame);
      const wanted = reference.take();
      await bed.settle();
      const got = PORTS.flatMap((port) => bed.take(port).map((packet) => ({ port, packet })));
      const where = `seed ${at}`;
      expect(got.map(shown).sort(), where).toEqual(wanted.sent.map(shown).sort());
      expect(upcalls.map(shownUpcall).sort(), where).toEqual(wanted.upcalls.map(shownUpcall).sort());
      upcalls = [];
      for (const { ufid } of flows) {
        const [{ stats: counted }, { stats: right }] = [bed.datapath.flow(ufid)!, reference.datapath.flow(ufid)!];
        expect({ ...counted, used: 0 }, `${where}: flow ${ufid}`).toEqual({ ...right, used: 0 });
      }
      expect(since(before[0]!, totals(bed)), where).toEqual(since(before[1]!, totals(reference)));
      bed.datapath.flush();
    }
    expect(inKernel, JSON.stringify([...stayed])).toBeGreaterThan(0.7 * made);
    expect(bed.engine.kernel.table!.fill().sets.used).toBeGreaterThan(scenes);
  });

  const wholly = (port: number): Omit<DatapathFlow, "actions"> => {
    const [key, mask] = [newKey(), newKey()];
    [key[W.inPort], mask[W.inPort]] = [port, 0xffffffff];
    return { ufid: port.toString().padStart(32, "0"), key, mask };
  };
  const byThread = (): number => bed.engine.threads()[0]!.counters[Counter.received]!;

  it("meter at one rate what the kernel and the thread forward", async () => {
    const band = { type: "drop", rate: 1, burst: 10, precedence: 0 } as const;
    bed.datapath.meters.set(3, { unit: "pktps", bands: [band] });
    for (const [port, text] of [
      [1, "meter(3),4"],
      [2, "meter(3),trunc(20),4"],
    ] as const)
      bed.datapath.putFlow({ ...wholly(port), actions: parseDatapathActions(text) });
    await bed.datapath.settled();
    expect([...bed.engine.kernel.table!.reasons()]).toEqual([["meters packets after something else", 1]]);
    const before = byThread();
    const sent = (): number => bed.datapath.engine.counters[Counter.sent]!;
    const sentBefore = sent();
    const began = performance.now();
    bed.putAll(Array.from({ length: 30 }, (_, i) => ({ port: 1 + (i % 2), packet: packets[0]! })));
    await bed.settle();
    expect(byThread() - before).toBe(15);
    const passed = bed.take(4).length;
    expect(passed).toBeGreaterThanOrEqual(10);
    expect(passed).toBeLessThanOrEqual(10 + (performance.now() - began) / 1000);
    expect(sent() - sentBefore).toBe(passed);
    const { packets: seen, bands } = bed.datapath.meters.stats(3)!;
    expect([seen, bands[0]!.packets]).toEqual([30, 30 - passed]);
    bed.datapath.meters.delete(3);
    bed.datapath.flush();
  });

  it("cut packets off, and leave those to the thread that the kernel would cut otherwise", async () => {
    const [segment] = [largeSegment()];
    const cases: readonly (readonly [packet: Packet, text: string, byThread: number])[] = [
      [plain(ether(0x88b5, [1, 2, 3, 4, 5, 6])), "trunc(18),2", 0],
      [plain(ether(0x88b5, [1, 2, 3, 4, 5, 6])), "trunc(17),2", 1],
      [packets[0]!, "trunc(38),2", 0],
      [packets[0]!, "trunc(37),2", 1],
      [packets[0]!, "3,trunc(50),2,4", 0],
      [packets[0]!, "trunc(50),2,2", 1],
      [packets[2]!, "trunc(56),2", 0],
      [packets[2]!, "trunc(55),2", 1],
      [packets[2]!, "trunc(1000),2,3", 0],
      [tagged(packets[2]!, 0x81002005), "trunc(60),2", 0],
      [tagged(packets[2]!, 0x81002005), "trunc(50),2", 1],
      [tagged(packets[0]!, 0x81002005, 0x81002006), "trunc(42),2", 0],
      [packets[0]!, "push_vlan(vid=7,pcp=0),trunc(42),2", 0],
      [packets[0]!, "push_vlan(vid=7,pcp=0),trunc(41),2", 1],
      [tagged(packets[0]!, 0x81002005), "pop_vlan,trunc(46),2,trunc(44),3", 0],
      [packets[0]!, "set(eth(dst=02:00:00:00:00:12)),trunc(39),3,1", 0],
      [segment, "3,trunc(200),2,4", 0],
      [segment, "trunc(1514),2", 0],
      [segment, "trunc(50),2", 1],
      [tunnelled(), "trunc(40),2", 1],
      [tunnelled(), "trunc(110),2", 0],
    ];
    for (const { datapath } of [bed, reference]) datapath.flush();
    for (const [packet, text, threads] of cases) {
      for (const { datapath } of [bed, reference]) {
        datapath.putFlow({ ...wholly(1), actions: parseDatapathActions(text) });
        await datapath.settled();
      }
      const [before, counted] = [byThread(), [bed, reference].map(totals)];
      bed.putAll([{ port: 1, packet }]);
      reference.put({ port: 1, packet });
      await bed.settle();
      const got = PORTS.flatMap((port) => bed.take(port).map((each) => ({ port, packet: each })));
      const wanted = reference.take().sent;
      expect(got.map(shown).sort(), text).toEqual(wanted.map(shown).sort());
      expect(byThread() - before, text).toBe(threads);
      expect(since(counted[0]!, totals(bed)), text).toEqual(since(counted[1]!, totals(reference)));
      for (const { datapath } of [bed, reference]) datapath.flush();
    }
  });

  it("answer a neighbour's question", async () => {
    const question = neighbour(135, 1, 1, 2, 0, 0, 0, 0, 5);
    const set = (fields: Readonly<Record<number, readonly [value: number, bits: number]>>): DatapathAction => {
      const [value, mask] = [newKey(), newKey()];
      for (const [word, [bits, all]] of Object.entries(fields)) [value[Number(word)], mask[Number(word)]] = [bits, all];
      return { kind: "set", value, mask };
    };
    const actions: readonly DatapathAction[] = [
      ...parseDatapathActions("set(ipv6(src=fc00::7,dst=fc00::1)),set(icmpv6(type=136))"),
      set({ [W.igmpGroup]: [0x60000001, 0xffffffff], [W.l4]: [2 << 16, 0x00ff0000] }),
      ...parseDatapathActions("set(nd(tll=02:00:00:00:00:07)),recirc(1)"),
    ];
    const [key, before] = [newKey(), byThread()];
    key[W.inPort] = 1;
    extractKey(question.data, 0, question.data.length, key, key, newLayers());
    for (const { datapath } of [bed, reference]) {
      datapath.flush();
      datapath.putFlow({ ufid: "7".padStart(32, "0"), key, mask: packetMask(key), actions });
    }
    await bed.datapath.settled();
    expect([...bed.engine.kernel.table!.reasons()]).toEqual([]);
    bed.putAll([{ port: 1, packet: question }]);
    reference.put({ port: 1, packet: question });
    await bed.settle();
    // The thread goes on with what the kernel has begun.
    expect(byThread() - before).toBe(0);
    expect(upcalls.map(shownUpcall)).toEqual(reference.take().upcalls.map(shownUpcall));
    const { data } = upcalls[0]!.packet;
    const answer = icmp(ipv6, 7, 1, 136, 0, 0x60000001, data.subarray(62));
    expect(hex(data.subarray(54))).toBe(hex(answer.subarray(54)));
    expect(hex(data.subarray(62))).toBe(`fc${"00".repeat(14)}070201020000000007`);
    upcalls = [];
    for (const { datapath } of [bed, reference]) datapath.flush();
  });

  const SAMPLE = "sample(sample=20%,actions(userspace(pid=1,userdata(0102030405060708))))";
  it.each([
    [`${SAMPLE},2`, [2]],
    [`set(eth(dst=02:00:00:00:00:12)),3,push_vlan(vid=7,pcp=0),${SAMPLE},2`, [3, 2]],
  ] as const)("send to the thread what a sample takes, and only that: %s", async (text, outputs) => {
    const actions = parseDatapathActions(text);
    bed.datapath.putFlow({ ...wholly(1), actions });
    await bed.datapath.settled();
    expect(bed.engine.kernel.table?.size).toBe(1);
    const before = byThread();
    const hits = bed.datapath.stats().hits;
    bed.putAll(Array.from({ length: 400 }, () => ({ port: 1, packet: packets[0]! })));
    await bed.settle();
    const sent = outputs.map((port) => bed.take(port).map(({ data }) => hex(data)));
    expect(sent.map(({ length }) => length)).toEqual(outputs.map(() => 400));
    const sampled = upcalls.filter(({ kind }) => kind === "action").length;
    expect(new Set(upcalls.map(({ packet }) => hex(packet.data)))).toEqual(new Set(sent.at(-1)));
    upcalls = [];
    expect(byThread() - before).toBe(sampled);
    // Five standard deviations.
    expect(Math.abs(sampled - 80)).toBeLessThan(40);
    expect(bed.datapath.stats().hits - hits).toBe(400);
    bed.datapath.flush();
  });
});

/** All that is counted of a datapath, by name; what ports lose is told later. */
function totals({ datapath }: { readonly datapath: UserspaceDatapath }): Map<string, number> {
  const { hits, misses, lost } = datapath.stats();
  const all = new Map<string, number>(Object.entries({ hits, misses, lost }));
  const { counters } = datapath.engine;
  for (const name of ["received", "recirculated", "sent"] as const) all.set(name, counters[Counter[name]]!);
  for (const [name, n] of datapath.drops()) if (!name.includes("_tx")) all.set(name, n);
  for (const id of METERS) {
    const { packets: metered, bytes } = datapath.meters.stats(id)!;
    all.set(`meter ${id}`, metered).set(`meter ${id} bytes`, bytes);
  }
  return all;
}

function since(before: ReadonlyMap<string, number>, now: ReadonlyMap<string, number>): unknown {
  const grown = [...now].map(([name, n]) => [name, n - (before.get(name) ?? 0)] as const);
  return Object.fromEntries(grown.filter(([, n]) => n !== 0));
}
