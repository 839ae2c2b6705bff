import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { DatapathAction } from "#datapath/actions.js";
import type { Packet } from "#datapath/packet.js";
import { parseDatapathActions } from "#datapath/text/action-parse.js";
import { Counter } from "#datapath/userspace/counters.js";
import { extractKey } from "#flow/extract.js";
import { newKey } from "#flow/key.js";
import { newLayers } from "#flow/layers.js";
import { W } from "#flow/layout.js";
import { packetMask } from "#flow/packet-mask.js";
import { put16, u16 } from "#util/big-endian.js";
import { foldSum, pseudoSum4 } from "#wire/checksum.js";
import { plainOffload } from "#wire/virtio-net.js";
import { datapathContract, ether, largeSegment, plain } from "../contract/datapath.js";
import { type BuiltProgram, buildProgram } from "../support/built-program.js";
import { eventually } from "../support/eventually.js";
import { icmp, ipv4, ipv6, tcp, udp } from "../support/ip-frames.js";
import { python } from "../support/lab-peers.js";
import { describeWith, root, tun } from "../support/needs.js";
import { type KernelBed, kernelBed } from "./engine-bed.js";

const disturb = join(import.meta.dirname, "../support/disturb.py");
let worker: BuiltProgram;

describeWith([root, tun, python], "the engine that forwards in the kernel", () => {
  beforeAll(async () => {
    worker = await buildProgram("userspace-worker");
  });
  afterAll(() => worker.remove());

  datapathContract("known flows in the kernel", () => kernelBed(worker, { forwardsInKernel: true }));

  const UFID = "1".padStart(32, "0");
  const put = (bed: KernelBed, port: number, actions: readonly DatapathAction[]): void => {
    const [key, mask] = [newKey(), newKey()];
    key[W.inPort] = port;
    mask[W.inPort] = 0xffffffff;
    bed.datapath.putFlow({ ufid: UFID, key, mask, actions });
  };
  /** Frames that came to the thread. */
  const seen = (bed: KernelBed): number => bed.engine.threads()[0]!.counters[Counter.received]!;

  it("leaves the thread alone, follows changes, and counts both places together", async () => {
    const bed = kernelBed(worker, { forwardsInKernel: true });
    try {
      const [a, b, c] = [bed.addPort("a"), bed.addPort("b"), bed.addPort("c")];
      await bed.settle();
      expect(bed.log).toEqual([]);
      put(bed, a, [{ kind: "output", port: b }]);
      const send = async (n: number): Promise<void> => {
        for (let i = 0; i < n; i++) bed.put(a, plain(ether(0x1234, [i])));
        await bed.settle();
      };
      await send(5);
      expect(bed.take(b).map((p) => p.data[14])).toEqual([0, 1, 2, 3, 4]);
      expect(seen(bed)).toBe(0);
      expect(bed.engine.kernel.table?.size).toBe(1);
      put(bed, a, [
        { kind: "output", port: b },
        { kind: "push_vlan", tpid: 0x8100, vid: 5, pcp: 1 },
        { kind: "output", port: c },
        { kind: "pop_vlan" },
        { kind: "output", port: a },
      ]);
      await send(1);
      expect(bed.take(b).map((p) => [...p.data.subarray(12)])).toEqual([[0x12, 0x34, 0]]);
      expect(bed.take(c).map((p) => [...p.data.subarray(12)])).toEqual([[0x81, 0, 0x20, 5, 0x12, 0x34, 0]]);
      expect(bed.take(a).map((p) => [...p.data.subarray(12)])).toEqual([[0x12, 0x34, 0]]);
      expect(seen(bed)).toBe(0);
      // What the kernel cannot do, the thread does.
      put(bed, a, [
        { kind: "trunc", maxLength: 14 },
        { kind: "output", port: b },
        { kind: "output", port: b },
      ]);
      expect(bed.engine.kernel.table?.size).toBe(0);
      await send(2);
      expect(bed.take(b).map((p) => p.data.length)).toEqual([14, 15, 14, 15]);
      expect(seen(bed)).toBe(2);
      put(bed, a, [{ kind: "output", port: b }]);
      expect(bed.engine.kernel.table?.size).toBe(1);
      await send(3);
      expect(bed.take(b).length).toBe(3);
      expect(seen(bed)).toBe(2);
      expect(bed.datapath.flow(UFID)?.stats).toMatchObject({ packets: 11, bytes: 11 * 15 });
      expect(performance.now() - bed.datapath.flow(UFID)!.stats.used).toBeLessThan(5000);
      expect(bed.datapath.stats()).toMatchObject({ hits: 11, misses: 0 });
      bed.datapath.setOptions(new Map([["weft-kernel-engine", "false"]]));
      expect(bed.datapath.flow(UFID)?.stats.packets).toBe(11);
      await send(1);
      expect(seen(bed)).toBe(3);
      expect(bed.datapath.stats()).toMatchObject({ hits: 12, misses: 0 });
      bed.datapath.setOptions(new Map([["weft-kernel-engine", "true"]]));
      await send(1);
      expect(seen(bed)).toBe(3);
      expect(bed.datapath.deleteFlow(UFID)?.packets).toBe(13);
      expect(bed.log).toEqual([]);
    } finally {
      bed.close();
    }
  });

  it("takes those flows of a flood in that have another packet, and lets the thread do the others", async () => {
    const bed = kernelBed(worker, { forwardsInKernel: true });
    try {
      const [a, b] = [bed.addPort("a"), bed.addPort("b")];
      await bed.settle();
      const ufid = (i: number): string => i.toString(16).padStart(32, "0");
      for (let i = 0; i < 300; i++) {
        const [key, mask] = [newKey(), newKey()];
        [key[W.inPort], mask[W.inPort]] = [a, 0xffffffff];
        [key[W.ethType], mask[W.ethType]] = [0x6000 + i, 0xffff];
        bed.datapath.putFlow({ ufid: ufid(i), key, mask, actions: [{ kind: "output", port: b }] });
      }
      const { table } = bed.engine.kernel;
      expect([...table!.reasons()]).toEqual([["waits for another packet", 300 - table!.size]]);
      expect(table!.size).toBeLessThan(100);
      bed.datapath.deleteFlow(ufid(251));
      const isInKernel = (i: number): boolean => bed.datapath.flow(ufid(i))?.isInKernel ?? false;
      for (const i of [250, 251, 252]) bed.put(a, plain(ether(0x6000 + i, [i & 0xff])));
      await eventually(() => isInKernel(250) && isInKernel(252), "flows in the kernel");
      expect([isInKernel(251), isInKernel(253)]).toEqual([false, false]);
      await bed.settle();
      expect(bed.take(b).length).toBe(2);
      const before = seen(bed);
      bed.put(a, plain(ether(0x6000 + 250, [1])));
      await bed.settle();
      expect([bed.take(b).length, seen(bed)]).toEqual([1, before]);
      expect(bed.datapath.flow(ufid(250))?.stats.packets).toBe(2);
      await bed.datapath.settled();
      expect(table!.size).toBe(299);
    } finally {
      bed.close();
    }
  });

  it("floods by the ports that are up, and counts for the others what the thread counts", async () => {
    const beds = [kernelBed(worker, { forwardsInKernel: true }), kernelBed(worker)] as const;
    try {
      for (const bed of beds) for (const port of [1, 2, 3, 4]) bed.addPort(`p${port}`, port);
      for (const bed of beds) await bed.settle();
      const flood = async (text: string, packets: number): Promise<void> => {
        for (const bed of beds) put(bed, 1, parseDatapathActions(text));
        for (let i = 0; i < packets; i++) for (const bed of beds) bed.put(1, plain(ether(0x1234, [i, 2, 3, 4])));
        for (const bed of beds) bed.put(1, largeSegment());
        await Promise.all(beds.map((bed) => bed.settle()));
      };
      const taken = (bed: KernelBed): string[][] =>
        [2, 3, 4].map((port) => bed.take(port).map(({ data }) => Buffer.from(data.subarray(0, 18)).toString("hex")));
      const setUp = async (port: number, isUp: boolean): Promise<void> => {
        for (const { datapath } of beds) datapath.port(port)!.device.setUp(isUp);
        await Promise.all(beds.map((bed) => bed.settle()));
      };
      const counts = ({ datapath }: KernelBed): unknown => [
        ...[2, 3, 4].map((port) => [...datapath.portDrops(port)]),
        [...datapath.drops()],
        datapath.flow(UFID)?.stats.packets,
      ];
      for (const port of [3, 4]) {
        await setUp(port, false);
        await flood("2,push_vlan(vid=7,pcp=0),2,4,pop_vlan,3,2,4", 3);
        await flood("4", 2);
        await flood("2,3,4", 2);
        const [byKernel, byThread] = beds.map(taken);
        expect(byKernel).toEqual(byThread);
        expect(byKernel!.map(({ length }) => length)).toEqual([15, port === 3 ? 0 : 7, port === 3 ? 14 : 0]);
        // The thread asks its ports what they lost ten times a second.
        await eventually(() => JSON.stringify(counts(beds[0])) === JSON.stringify(counts(beds[1])), "the same counts");
        await setUp(port, true);
      }
      expect(counts(beds[0])).toEqual([
        [],
        [["datapath_drop_tx_down", 7]],
        [["datapath_drop_tx_down", 14]],
        [["datapath_drop_tx_down", 21]],
        20,
      ]);
      expect(seen(beds[0])).toBe(0);
      beds[0].datapath.setOptions(new Map([["weft-kernel-engine", "false"]]));
      expect(counts(beds[0])).toEqual(counts(beds[1]));
      for (const bed of beds) expect(bed.log).toEqual([]);
    } finally {
      for (const bed of beds) bed.close();
    }
  });

  it("changes packets as the thread does", async () => {
    const beds = [kernelBed(worker, { forwardsInKernel: true }), kernelBed(worker)] as const;
    try {
      for (const bed of beds) for (const port of [1, 2]) bed.addPort(`p${port}`, port);
      const [a, b] = [1, 2];
      for (const bed of beds) await bed.settle();
      const frames = [
        tcp(ipv4, 1, 2, [10, 20], "A", { data: "hello" }),
        tcp(ipv6, 1, 2, [10, 20], "S"),
        udp(ipv4, 3, 4, [30, 40]),
        icmp(ipv6, 1, 2, 128, 0, 7, Uint8Array.of(1, 2, 3)),
        ether(0x1234, [1, 2, 3]),
      ];
      const partial = frames[0]!.slice();
      put16(partial, 50, foldSum(pseudoSum4(partial, 14, 6, partial.length - 34)));
      const packets: readonly Packet[] = [
        ...frames.map(plain),
        { data: partial, offload: { ...plainOffload(), flags: 1, csumStart: 34, csumOffset: 16 } },
        largeSegment(),
      ];
      const texts = [
        "set(eth(src=02:00:00:00:00:11,dst=02:00:00:00:00:12))",
        "set(eth(dst=02:00:00:00:00:12))",
        "set(ipv4(src=1.2.3.4,dst=5.6.7.8,ttl=63,tos=0x20))",
        "set(ipv4(dst=5.6.7.0/255.255.255.0)),set(tcp(src=99,dst=100))",
        "set(ipv6(src=2001:db8::1,hlimit=5,tclass=0x12,label=0x12345)),set(tcp(dst=100))",
        `set(ipv4(ttl=1)),${b},push_vlan(vid=7,pcp=3),${b},set(eth(src=02:00:00:00:00:33)),pop_vlan`,
        "push_vlan(vid=7,pcp=3),push_vlan(tpid=0x88a8,vid=8,pcp=0)",
        "push_vlan(vid=7,pcp=3),pop_vlan,pop_vlan",
      ];
      let tried = 0;
      let inKernel = 0;
      for (const packet of packets) {
        const version = u16(packet.data, 12) === 0x0800 ? 4 : u16(packet.data, 12) === 0x86dd ? 6 : 0;
        const isTcp = version !== 0 && packet.data[version === 4 ? 23 : 20] === 6;
        for (const text of texts) {
          if (!isTcp && text.includes("tcp")) continue;
          if (text.includes("ip") && !text.includes(`ipv${version}`)) continue;
          tried++;
          const [key, layers] = [newKey(), newLayers()];
          key[W.inPort] = a;
          extractKey(packet.data, 0, packet.data.length, key, key, layers);
          const actions = parseDatapathActions(`${text},${b}`);
          for (const bed of beds) bed.datapath.putFlow({ ufid: UFID, key, mask: packetMask(key), actions });
          if (beds[0].engine.kernel.table?.size === 1) inKernel++;
          for (const bed of beds) bed.put(a, packet);
          await Promise.all(beds.map((bed) => bed.settle()));
          const [byKernel, byThread] = beds.map((bed) => bed.take(b));
          expect(byKernel, text).toEqual(byThread);
          for (const bed of beds) bed.datapath.deleteFlow(UFID);
        }
      }
      expect(inKernel).toBeGreaterThan(0.8 * tried);
      for (const bed of beds) expect(bed.log).toEqual([]);
    } finally {
      for (const bed of beds) bed.close();
    }
  }, 60_000);

  it("does all of what a flow says or all of what it said before, however fast that changes", async () => {
    const bed = kernelBed(worker, { forwardsInKernel: true });
    const [from, to] = ["02:00:00:00:00:01", "02:00:00:00:00:02"];
    const [command, ...words] = [...bed.enter, "/usr/bin/python3", disturb, "flood", "wfp1", from, to];
    let flood: ChildProcess | undefined;
    try {
      for (const port of [1, 2, 3, 4]) bed.addPort(`p${port}`, port);
      await bed.settle();
      const deeds = [
        "2",
        "push_vlan(vid=7,pcp=0),3",
        "set(eth(dst=02:00:00:00:00:04)),4",
        "2,push_vlan(vid=7,pcp=0),3,pop_vlan,set(eth(dst=02:00:00:00:00:04)),4",
        "push_vlan(vid=9,pcp=0),pop_vlan,2",
        "",
      ];
      put(bed, 1, parseDatapathActions("2"));
      await bed.datapath.settled();
      flood = spawn(command!, words, { stdio: ["ignore", "pipe", "inherit"] });
      await once(flood.stdout!, "data");
      for (let turn = 0; turn < 150; turn++) {
        if (turn % 7 === 6) bed.datapath.deleteFlow(UFID);
        const deed = deeds[turn % deeds.length]!;
        put(bed, 1, deed === "" ? [] : parseDatapathActions(deed));
        bed.putAll([]);
        await new Promise((resolve) => setTimeout(resolve, 2));
      }
      flood.kill("SIGKILL");
      await once(flood, "exit");
      await bed.settle();
      const seenBy = [2, 3, 4].map((port) => {
        const sent = bed.take(port).map(({ data }) => Buffer.from(data.subarray(0, 18)).toString("hex"));
        return [sent.length > 100, [...new Set(sent)]];
      });
      expect(seenBy).toEqual([
        [true, ["02000000000202000000000188b500000000"]],
        [true, ["0200000000020200000000018100000788b5"]],
        [true, ["02000000000402000000000188b500000000"]],
      ]);
    } finally {
      flood?.kill("SIGKILL");
      bed.close();
    }
  }, 60_000);
});
