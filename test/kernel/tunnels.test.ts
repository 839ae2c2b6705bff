import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from "vitest";
import { tunnelDevices } from "#datapath/devices/tunnel-device.js";
import type { Packet } from "#datapath/packet.js";
import { parseDatapathActions } from "#datapath/text/action-parse.js";
import { Counter } from "#datapath/userspace/counters.js";
import { newKey } from "#flow/key.js";
import { W } from "#flow/layout.js";
import { put16, u16 } from "#util/big-endian.js";
import { checksum, foldSum, pseudoSum4 } from "#wire/checksum.js";
import { plainOffload } from "#wire/virtio-net.js";
import { ether, largeSegment, plain } from "../contract/datapath.js";
import { datapathTunnelContract } from "../contract/datapath-tunnels.js";
import { type BuiltProgram, buildProgram } from "../support/built-program.js";
import { icmp, ipv4, ipv6, tcp, udp } from "../support/ip-frames.js";
import { describeWith, root, tun } from "../support/needs.js";
import { seededNumbers } from "../support/seeded-numbers.js";
import { type KernelBed, kernelBed } from "./engine-bed.js";

const UFID = (n: number): string => n.toString(16).padStart(32, "0");
const addresses = "dst=02:00:00:00:00:0b,src=02:00:00:00:00:0a";
const over4 = (protocol: number): string =>
  `eth(${addresses},dl_type=0x0800),ipv4(src=10.1.0.1,dst=10.1.0.2,proto=${protocol},tos=0x10,ttl=64,frag=0x4000)`;
const over6 = (protocol: number): string =>
  `eth(${addresses},dl_type=0x86dd),ipv6(src=fd00::1,dst=fd00::2,label=0x12345,proto=${protocol},tclass=0x20,hlimit=64)`;
const option = "options({class=0x102,type=0x80,len=8,0x1122334455667788})";
const manyOptions = `options(${[1, 2, 3].map((n) => `{class=0x102,type=0x${n},len=32,0x${"5a".repeat(32)}}`).join("")})`;

interface Tunnel {
  readonly type: string;
  readonly number: number;
  readonly size: number;
  readonly header: string;
  /** The kernel leaves what comes out of it to the thread. */
  readonly leavesPopped?: true;
}

const tunnels: readonly Tunnel[] = [
  {
    type: "vxlan",
    number: 4,
    size: 50,
    header: `${over4(17)},udp(src=0,dst=4789,csum=0x0),vxlan(flags=0x8000000,vni=0x7b)`,
  },
  {
    type: "vxlan",
    number: 4,
    size: 70,
    header: `${over6(17)},udp(src=0,dst=4789,csum=0x0),vxlan(flags=0x8000000,vni=0xffffff)`,
  },
  { type: "geneve", number: 5, size: 50, header: `${over4(17)},udp(src=0,dst=6081,csum=0x0),geneve(oam,vni=0x7)` },
  { type: "geneve", number: 5, size: 70, header: `${over6(17)},udp(src=0,dst=6081,csum=0x0),geneve(vni=0x7)` },
  {
    ...{ type: "geneve", number: 5, size: 62, leavesPopped: true },
    header: `${over4(17)},udp(src=0,dst=6081,csum=0x0),geneve(vni=0x7,${option})`,
  },
  {
    ...{ type: "geneve", number: 5, size: 158, leavesPopped: true },
    header: `${over4(17)},udp(src=0,dst=6081,csum=0x0),geneve(vni=0x7,${manyOptions})`,
  },
  { type: "gre", number: 3, size: 38, header: `${over4(47)},gre((flags=0x0,proto=0x6558))` },
  { type: "gre", number: 3, size: 42, header: `${over4(47)},gre((flags=0x2000,proto=0x6558),key=0x1c8)` },
  { type: "gre", number: 3, size: 62, header: `${over6(47)},gre((flags=0x2000,proto=0x6558),key=0xffffffff)` },
];

const tagged = (frame: Uint8Array, ...tags: readonly [number, number][]): Uint8Array =>
  tags.reduceRight((inner, [type, tci]) => {
    const outer = new Uint8Array(inner.length + 4);
    outer.set(inner.subarray(0, 12));
    put16(outer, 12, type);
    put16(outer, 14, tci);
    outer.set(inner.subarray(12), 16);
    return outer;
  }, frame);

function partial(frame: Uint8Array): Packet {
  const data = frame.slice();
  put16(data, 50, foldSum(pseudoSum4(data, 14, 6, data.length - 34)));
  return { data, offload: { ...plainOffload(), flags: 1, csumStart: 34, csumOffset: 16 } };
}

const arp = ether(0x0806, [0, 1, 8, 0, 6, 4, 0, 1, ...Array.from({ length: 20 }, (_, i) => i)]);
const segment = tcp(ipv4, 1, 2, [10, 20], "A", { data: "hello, world, and more of it" });
const manyTags = tagged(segment, [0x88a8, 8], [0x8100, 7], [0x8100, 6]);
const inner: readonly Packet[] = [
  ...[
    segment,
    tcp(ipv6, 1, 2, [10, 20], "S"),
    udp(ipv4, 3, 4, [30, 40]),
    icmp(ipv4, 1, 2, 8, 0, 7, Uint8Array.of(1)),
  ].map(plain),
  ...[
    icmp(ipv6, 1, 2, 128, 0, 7, Uint8Array.of(1, 2, 3)),
    arp,
    ether(
      0x1234,
      Array.from({ length: 60 }, () => 7),
    ),
  ].map(plain),
  ...[tagged(segment, [0x8100, 0x2005]), tagged(arp, [0x8100, 5]), tagged(segment, [0x88a8, 8], [0x8100, 7])].map(
    plain,
  ),
  ...[ipv4(1, 2, 17, new Uint8Array(40), 0x2000), ipv4(1, 2, 17, new Uint8Array(40), 0x0003), ether(0x1234, [1])].map(
    plain,
  ),
  partial(segment),
  plain(udp(ipv4, 1, 2, [1, 2], new Uint8Array(1300).fill(3))),
];

let worker: BuiltProgram;

describeWith([root, tun], "tunnels in the kernel", () => {
  let bed: KernelBed;
  let a: number;
  let b: number;
  let c: number;

  beforeAll(async () => {
    worker = await buildProgram("userspace-worker");
  });
  afterAll(() => worker.remove());

  datapathTunnelContract("known flows in the kernel", () => kernelBed(worker, { forwardsInKernel: true }));

  beforeEach(async () => {
    bed = kernelBed(worker, { forwardsInKernel: true });
    [a, b, c] = ["a", "b", "c"].map((port) => bed.addPort(port)) as [number, number, number];
    await bed.settle();
  });
  afterEach(() => {
    const { log } = bed;
    bed.close();
    expect(log).toEqual([]);
  });

  /** Frames that came to the thread. */
  const seen = (): number => bed.engine.threads()[0]!.counters[Counter.received]!;
  const inKernel = (isWanted: boolean): void =>
    bed.datapath.setOptions(new Map(isWanted ? [["weft-kernel-engine", "true"]] : [["weft-kernel-engine", "false"]]));
  const put = (ufid: number, port: number, actions: string): void => {
    const [key, mask] = [newKey(), newKey()];
    key[W.inPort] = port;
    mask[W.inPort] = mask[W.recircId] = 0xffffffff;
    bed.datapath.putFlow({ ufid: UFID(ufid), key, mask, actions: parseDatapathActions(actions) });
  };
  const open = (type: string): number =>
    bed.datapath.addPort(tunnelDevices.get(type)!.open("", new Map([["remote_ip", "flow"]])));
  const pushing = ({ size, number, header }: Tunnel, port: number): string =>
    `tnl_push(tnl_port(${port}),header(size=${size},type=${number},${header}),out_port(${b})),${b}`;
  /** What comes out of a port for each of these frames. */
  const send = async (from: number, to: number, packets: readonly Packet[]): Promise<Packet[]> => {
    for (const packet of packets) bed.put(from, packet);
    await bed.settle();
    return bed.take(to);
  };
  const bytes = (packets: readonly Packet[]): string[] => packets.map(({ data }) => Buffer.from(data).toString("hex"));

  it("puts the same headers on as the thread, and takes them off", async () => {
    for (const tunnel of tunnels) {
      const port = open(tunnel.type);
      put(1, a, pushing(tunnel, port));
      put(2, b, `tnl_pop(${port})`);
      put(3, port, `${c}`);
      await bed.datapath.settled();
      expect([...bed.engine.kernel.table!.reasons().keys()], tunnel.header).toEqual([]);
      const before = seen();
      const byKernel = await send(a, b, inner);
      expect(seen(), tunnel.header).toBe(before);
      inKernel(false);
      const byThread = await send(a, b, inner);
      expect(bytes(byKernel), tunnel.header).toEqual(bytes(byThread));
      expect(
        byKernel.map((p) => p.offload),
        tunnel.header,
      ).toEqual(byThread.map((p) => p.offload));
      expect(byThread).toHaveLength(inner.length);
      const outThread = await send(b, c, byThread);
      inKernel(true);
      const between = seen();
      const outKernel = await send(b, c, byThread);
      // What the thread does comes when it comes.
      expect(bytes(outKernel).sort(), tunnel.header).toEqual(bytes(outThread).sort());
      expect(bytes(outKernel).sort(), tunnel.header).toEqual(bytes(inner).sort());
      // One is too short for the kernel to take it out.
      expect(seen() - between, tunnel.header).toBe(tunnel.leavesPopped ? inner.length : 1);
      // So is what has more tags than the key tells of.
      const beforeTags = seen();
      expect(bytes(await send(a, b, [plain(manyTags)]))[0]).toContain(bytes([plain(manyTags)])[0]);
      expect(seen()).toBe(beforeTags + 1);
      const stats = [1, 2, 3].map((n) => bed.datapath.flow(UFID(n))!.stats);
      expect(stats.map(({ packets }) => packets)).toEqual([2 * inner.length + 1, 2 * inner.length, 2 * inner.length]);
      const inside = inner.reduce((sum, { data }) => sum + data.length, 0);
      expect(stats.map((s) => s.bytes)).toEqual([
        2 * inside + manyTags.length,
        2 * (inside + inner.length * tunnel.size),
        2 * inside,
      ]);
      bed.datapath.removePort(port);
      for (const n of [1, 2, 3]) bed.datapath.deleteFlow(UFID(n));
    }
  }, 60_000);

  it("says what a packet came out of, and of what it knows nothing it leaves to the thread", async () => {
    const metadata: readonly [number, number][] = [
      [W.tunSrc, 0x0a010001],
      [W.tunDst, 0x0a010002],
      [W.tunId + 1, 0x7b],
      [W.tunMeta, 0x10400008],
    ];
    const port = open("vxlan");
    put(1, a, pushing(tunnels[0]!, port));
    put(2, b, `tnl_pop(${port})`);
    const [key, mask] = [newKey(), newKey()];
    key[W.inPort] = port;
    mask[W.inPort] = mask[W.recircId] = 0xffffffff;
    for (const [word, value] of metadata) {
      key[word] = value;
      mask[word] = 0xffffffff;
    }
    mask[W.tunTp] = 0xffff;
    key[W.tunTp] = 4789;
    for (let i = 0; i < 8; i++) mask[W.tunIpv6Src + i] = 0xffffffff;
    bed.datapath.putFlow({ ufid: UFID(3), key, mask, actions: parseDatapathActions(`${c}`) });
    await bed.datapath.settled();
    expect([...bed.engine.kernel.table!.reasons().keys()]).toEqual([]);
    const outer = await send(a, b, [inner[0]!]);
    const before = seen();
    expect(bytes(await send(b, c, outer))).toEqual(bytes([inner[0]!]));
    expect(seen()).toBe(before);
    // Another identifier: nobody knows that.
    const other = { ...outer[0]!, data: outer[0]!.data.slice() };
    other.data[48] = 0x7c;
    const keys: number[][] = [];
    bed.datapath.onUpcall((batch) => {
      for (const upcall of batch) {
        keys.push([W.inPort, W.tunId + 1, W.tunSrc, W.tunDst, W.tunMeta].map((word) => upcall.key[word]!));
        expect(Buffer.from(upcall.packet.data).toString("hex")).toBe(bytes([inner[0]!])[0]);
        bed.datapath.execute(upcall.packet, upcall.key, parseDatapathActions(`${c}`));
      }
    });
    expect(bytes(await send(b, c, [other]))).toEqual(bytes([inner[0]!]));
    expect(keys).toEqual([[port, 0x7c, 0x0a010001, 0x0a010002, 0x10400008]]);
    expect(seen()).toBe(before);
    expect(bed.datapath.flow(UFID(2))!.stats.packets).toBe(2);
  }, 30_000);

  it("takes hostile packets out as the thread does", async () => {
    const random = seededNumbers(Number(process.env["WEFT_SEED"] ?? 1));
    for (const tunnel of tunnels.filter(({ header }) => !header.includes("options"))) {
      const port = open(tunnel.type);
      put(1, a, pushing(tunnel, port));
      put(2, b, `tnl_pop(${port})`);
      put(3, port, `${c}`);
      const outer = await send(a, b, inner);
      const hostile = Array.from({ length: 60 }, () => {
        const { data } = outer[random(outer.length)]!;
        const cut = random(4) === 0 ? data.slice(0, Math.max(60, random(data.length))) : data.slice();
        for (let n = random(3); n > 0; n--) cut[12 + random(Math.min(cut.length - 12, tunnel.size + 20))] = random(256);
        // Checksums of what was changed are made right again, now and then.
        if (u16(cut, 12) === 0x0800 && cut[14] === 0x45 && random(2) === 0) {
          put16(cut, 24, 0);
          put16(cut, 24, checksum(cut, 14, 34));
        }
        return plain(cut);
      });
      const before = seen();
      const outKernel = await send(b, c, hostile);
      const left = seen() - before;
      inKernel(false);
      const outThread = await send(b, c, hostile);
      inKernel(true);
      expect(bytes(outKernel).sort(), tunnel.header).toEqual(bytes(outThread).sort());
      expect(outThread.length).toBeGreaterThan(10);
      expect(left).toBeGreaterThan(5);
      expect(left).toBeLessThan(50);
      bed.datapath.removePort(port);
    }
  }, 60_000);

  it("keeps large segments, and leaves to the thread those that would become too long", async () => {
    const port = open("vxlan");
    put(1, a, pushing(tunnels[0]!, port));
    put(2, b, `tnl_pop(${port})`);
    put(3, port, `${c}`);
    const large = largeSegment();
    await bed.datapath.settled();
    const before = seen();
    large.offload.gsoSize = 1400;
    const byKernel = await send(a, b, [large]);
    expect(seen()).toBe(before);
    inKernel(false);
    const byThread = await send(a, b, [large]);
    inKernel(true);
    // The kernel numbers the outer packets.
    for (const { data } of [...byKernel, ...byThread]) data.fill(0, 18, 20).fill(0, 24, 26);
    expect(bytes(byKernel)).toEqual(bytes(byThread));
    // With 50 bytes more its segments do not go through the port.
    large.offload.gsoSize = 1448;
    const cut = await send(a, b, [large]);
    expect(seen()).toBe(before + 2);
    expect(cut.map(({ data }) => data.length)).not.toContain(4104);
    put(1, a, `push_vlan(vid=5,pcp=0),${pushing(tunnels[0]!, port)}`);
    large.offload.gsoSize = 1200;
    const tagsToo = await send(a, b, [large]);
    expect(tagsToo.map(({ data }) => data.length).sort()).toEqual([1308, 1308, 1308, 508]);
  }, 30_000);

  it("leaves to the thread what it cannot do", async () => {
    const port = open("gre");
    const reasons = (): string[] => [...bed.engine.kernel.table!.reasons().keys()];
    const gre = "gre((flags=0x8000,proto=0x6558),csum=0x0)";
    for (const [actions, why] of [
      [`tnl_push(tnl_port(${port}),header(size=42,type=3,${over4(47)},${gre}),out_port(${b})),${b}`, "checksums"],
      [`${pushing(tunnels[7]!, port)},set(eth(src=02:00:00:00:00:01)),${b}`, "goes on"],
      [`${pushing(tunnels[7]!, 77)}`, "not there"],
      [`${pushing(tunnels[7]!, port)}`, ""],
      [`tnl_pop(${port}),${b}`, "does more"],
      ["tnl_pop(77)", "does not read"],
      [`pop_vlan,tnl_pop(${port})`, ""],
    ] as const) {
      put(1, a, actions);
      await bed.datapath.settled();
      expect(reasons().length, actions).toBe(why === "" ? 0 : 1);
      expect(reasons().join(), actions).toContain(why);
    }
    bed.datapath.removePort(port);
    expect(reasons()).toHaveLength(1);
  }, 30_000);
});
