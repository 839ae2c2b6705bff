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

/** A datapath with three ports, whose flows the kernel forwards or the thread. */
class Scene {
  readonly bed: KernelBed;
  readonly a: number;
  readonly b: number;
  readonly c: number;

  constructor(forwardsInKernel: boolean) {
    this.bed = kernelBed(worker, { forwardsInKernel });
    [this.a, this.b, this.c] = ["a", "b", "c"].map((port) => this.bed.addPort(port)) as [number, number, number];
  }

  /** Frames that came to the thread as they were received. */
  get seen(): number {
    return this.bed.engine.threads()[0]!.counters[Counter.received]!;
  }

  /** Why flows are not in the kernel. */
  get reasons(): string[] {
    return [...this.bed.engine.kernel.table!.reasons().keys()];
  }

  put(ufid: number, port: number, actions: string, words: readonly (readonly [number, number])[] = []): void {
    const [key, mask] = [newKey(), newKey()];
    for (const [word, value] of [[W.inPort, port], [W.recircId, 0], ...words] as const) {
      key[word] = value;
      mask[word] = 0xffffffff;
    }
    this.bed.datapath.putFlow({ ufid: UFID(ufid), key, mask, actions: parseDatapathActions(actions) });
  }

  open(type: string): number {
    return this.bed.datapath.addPort(tunnelDevices.get(type)!.open("", new Map([["remote_ip", "flow"]])));
  }

  pushing({ size, number, header }: Tunnel, port: number): string {
    const { b } = this;
    return `tnl_push(tnl_port(${port}),header(size=${size},type=${number},${header}),out_port(${b})),${b}`;
  }

  /** Has packets from a go through a tunnel to b, and those from b come out of it and to c. */
  forward(tunnel: Tunnel): number {
    const port = this.open(tunnel.type);
    this.put(1, this.a, this.pushing(tunnel, port));
    this.put(2, this.b, `tnl_pop(${port})`);
    this.put(3, port, `${this.c}`);
    return port;
  }

  /** What comes out of a port for each of these frames. */
  async send(from: number, to: number, packets: readonly Packet[]): Promise<Packet[]> {
    for (const packet of packets) this.bed.put(from, packet);
    await this.bed.settle();
    return this.bed.take(to);
  }
}

const bytes = (packets: readonly Packet[]): string[] => packets.map(({ data }) => Buffer.from(data).toString("hex"));

describeWith([root, tun], "tunnels in the kernel", () => {
  let kernel: Scene;
  let thread: Scene;

  beforeAll(async () => {
    worker = await buildProgram("userspace-worker");
  });
  afterAll(() => worker.remove());

  datapathTunnelContract("known flows in the kernel", () => kernelBed(worker, { forwardsInKernel: true }));

  beforeEach(async () => {
    [kernel, thread] = [new Scene(true), new Scene(false)];
    for (const { bed } of [kernel, thread]) await bed.settle();
  });
  afterEach(() => {
    const logs = [kernel, thread].map(({ bed }) => [...bed.log]);
    for (const { bed } of [kernel, thread]) bed.close();
    expect(logs).toEqual([[], []]);
  });

  it("puts the same headers on as the thread, and takes them off", async () => {
    for (const tunnel of tunnels) {
      const ports = [kernel, thread].map((scene) => scene.forward(tunnel));
      const { bed, a, b, c } = kernel;
      await bed.datapath.settled();
      expect(kernel.reasons, tunnel.header).toEqual([]);
      const before = kernel.seen;
      const byKernel = await kernel.send(a, b, inner);
      expect(kernel.seen, tunnel.header).toBe(before);
      const byThread = await thread.send(thread.a, thread.b, inner);
      expect(bytes(byKernel), tunnel.header).toEqual(bytes(byThread));
      const offloads = [byKernel, byThread].map((packets) => packets.map(({ offload }) => offload));
      expect(offloads[0], tunnel.header).toEqual(offloads[1]);
      expect(byThread).toHaveLength(inner.length);
      const outThread = await thread.send(thread.b, thread.c, byThread);
      const outKernel = await kernel.send(b, c, byThread);
      // What the thread does comes when it comes.
      expect(bytes(outKernel).sort(), tunnel.header).toEqual(bytes(outThread).sort());
      expect(bytes(outKernel).sort(), tunnel.header).toEqual(bytes(inner).sort());
      // One is too short for the kernel to take it out.
      expect(kernel.seen - before, tunnel.header).toBe(tunnel.leavesPopped ? inner.length : 1);
      // What has more tags than the key tells of is the thread's, too.
      const beforeTags = kernel.seen;
      expect(bytes(await kernel.send(a, b, [plain(manyTags)]))[0]).toContain(bytes([plain(manyTags)])[0]);
      expect(kernel.seen).toBe(beforeTags + 1);
      const stats = [1, 2, 3].map((n) => bed.datapath.flow(UFID(n))!.stats);
      const { length } = inner;
      expect(stats.map(({ packets }) => packets)).toEqual([length + 1, length, length]);
      const inside = inner.reduce((sum, { data }) => sum + data.length, 0);
      expect(stats.map((s) => s.bytes)).toEqual([inside + manyTags.length, inside + length * tunnel.size, inside]);
      for (const [i, { bed: each }] of [kernel, thread].entries()) {
        each.datapath.removePort(ports[i]!);
        for (const n of [1, 2, 3]) each.datapath.deleteFlow(UFID(n));
      }
    }
  }, 60_000);

  it("says what a packet came out of, and of what it knows nothing it leaves to the thread", async () => {
    const { bed, a, b, c } = kernel;
    const port = kernel.open("vxlan");
    kernel.put(1, a, kernel.pushing(tunnels[0]!, port));
    kernel.put(2, b, `tnl_pop(${port})`);
    const outer = await kernel.send(a, b, [inner[0]!]);
    const ports = (outer[0]!.data[34]! << 24) | (outer[0]!.data[35]! << 16) | 4789;
    kernel.put(3, port, `${c}`, [
      ...([
        [W.tunSrc, 0x0a010001],
        [W.tunDst, 0x0a010002],
        [W.tunId, 0],
        [W.tunId + 1, 0x7b],
      ] as const),
      ...([
        [W.tunMeta, 0x10400008],
        [W.tunTp, ports >>> 0],
        [W.tunIpv6Src, 0],
        [W.tunIpv6Dst + 3, 0],
      ] as const),
    ]);
    await bed.datapath.settled();
    expect(kernel.reasons).toEqual([]);
    const before = kernel.seen;
    expect(bytes(await kernel.send(b, c, outer))).toEqual(bytes([inner[0]!]));
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
    expect(bytes(await kernel.send(b, c, [other]))).toEqual(bytes([inner[0]!]));
    expect(keys).toEqual([[port, 0x7c, 0x0a010001, 0x0a010002, 0x10400008]]);
    // It had been begun with.
    expect(kernel.seen).toBe(before);
    expect(bed.datapath.flow(UFID(2))!.stats.packets).toBe(2);
  }, 30_000);

  it("takes hostile packets out as the thread does", async () => {
    const random = seededNumbers(Number(process.env["WEFT_SEED"] ?? 1));
    for (const tunnel of tunnels.filter(({ header }) => !header.includes("options"))) {
      const ports = [kernel, thread].map((scene) => scene.forward(tunnel));
      const outer = await kernel.send(kernel.a, kernel.b, inner);
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
      const before = kernel.seen;
      const outKernel = await kernel.send(kernel.b, kernel.c, hostile);
      const left = kernel.seen - before;
      const outThread = await thread.send(thread.b, thread.c, hostile);
      expect(bytes(outKernel).sort(), tunnel.header).toEqual(bytes(outThread).sort());
      expect(outThread.length).toBeGreaterThan(10);
      expect(left).toBeGreaterThan(5);
      expect(left).toBeLessThan(50);
      for (const [i, { bed }] of [kernel, thread].entries()) bed.datapath.removePort(ports[i]!);
    }
  }, 60_000);

  it("takes short packets out, whole ones or not", async () => {
    const short = [0x0800, 0x86dd, 0x1234].flatMap((type) =>
      [1, 19, 20, 21, 39, 40, 41].map((size) => {
        const frame = new Uint8Array(14 + size);
        frame.set(ether(type, [type === 0x86dd ? 0x60 : 0x45]).subarray(0, 15));
        return plain(frame);
      }),
    );
    for (const scene of [kernel, thread]) scene.forward(tunnels[0]!);
    const outer = await thread.send(thread.a, thread.b, short);
    const outThread = await thread.send(thread.b, thread.c, outer);
    const outKernel = await kernel.send(kernel.b, kernel.c, outer);
    expect(bytes(outKernel).sort()).toEqual(bytes(outThread).sort());
    expect(outThread.length).toBe(short.length);
  }, 30_000);

  it("keeps large segments, and leaves to the thread those that would become too long", async () => {
    const { a, b } = kernel;
    const [port] = [kernel, thread].map((scene) => scene.forward(tunnels[0]!));
    const large = largeSegment();
    await kernel.bed.datapath.settled();
    const before = kernel.seen;
    large.offload.gsoSize = 1400;
    const byKernel = await kernel.send(a, b, [large]);
    expect(kernel.seen).toBe(before);
    const byThread = await thread.send(thread.a, thread.b, [large]);
    // The kernel numbers the outer packets.
    for (const { data } of [...byKernel, ...byThread]) data.fill(0, 18, 20).fill(0, 24, 26);
    expect(bytes(byKernel)).toEqual(bytes(byThread));
    // With 50 bytes more its segments do not go through the port.
    large.offload.gsoSize = 1448;
    const cut = await kernel.send(a, b, [large]);
    expect(kernel.seen).toBe(before + 1);
    expect(cut.map(({ data }) => data.length)).not.toContain(4104);
    kernel.put(1, a, `push_vlan(vid=5,pcp=0),${kernel.pushing(tunnels[0]!, port!)}`);
    large.offload.gsoSize = 1200;
    const tagsToo = await kernel.send(a, b, [large]);
    expect(tagsToo.map(({ data }) => data.length)).toEqual([1308, 1308, 1308, 508]);
  }, 30_000);

  it("leaves to the thread what it cannot do", async () => {
    const { bed, a, b } = kernel;
    const port = kernel.open("gre");
    const gre = "gre((flags=0x8000,proto=0x6558),csum=0x0)";
    for (const [actions, why] of [
      [`tnl_push(tnl_port(${port}),header(size=42,type=3,${over4(47)},${gre}),out_port(${b})),${b}`, "checksums"],
      [`${kernel.pushing(tunnels[7]!, port)},set(eth(src=02:00:00:00:00:01)),${b}`, "goes on"],
      [`${kernel.pushing(tunnels[7]!, 77)}`, "not there"],
      [`${kernel.pushing(tunnels[7]!, port)}`, ""],
      [`clone(${kernel.pushing(tunnels[7]!, port)})`, ""],
      [`tnl_pop(${port}),${b}`, "does more"],
      ["tnl_pop(77)", "does not read"],
      [`pop_vlan,tnl_pop(${port})`, ""],
    ] as const) {
      kernel.put(1, a, actions);
      await bed.datapath.settled();
      expect(kernel.reasons.length, actions).toBe(why === "" ? 0 : 1);
      expect(kernel.reasons.join(), actions).toContain(why);
    }
    bed.datapath.removePort(port);
    expect(kernel.reasons).toHaveLength(1);
  }, 30_000);
});
