import { describe, expect, it } from "vitest";
import type { DatapathAction } from "#datapath/actions.js";
import type { Upcall } from "#datapath/datapath.js";
import { Control } from "#datapath/userspace/threads/thread-protocol.js";
import { newKey } from "#flow/key.js";
import { W } from "#flow/layout.js";
import { ipv4, udp } from "../support/ip-frames.js";
import { ether, plain } from "./datapath.js";
import { threadBed } from "./thread-bed.js";

const UFID = "1".padStart(32, "0");
const frame = ether(0x1234, [1, 2, 3]);

function fromPort(port: number): { key: Uint32Array; mask: Uint32Array } {
  const key = newKey();
  const mask = newKey();
  key[W.inPort] = port;
  mask[W.inPort] = 0xffffffff;
  return { key, mask };
}

describe("a forwarding thread that dies", () => {
  it("is replaced, with its ports, flows and counters, and it is said", async () => {
    const bed = threadBed();
    const a = bed.addPort("a");
    const b = bed.addPort("b");
    bed.datapath.putFlow({ ufid: UFID, ...fromPort(a), actions: [{ kind: "output", port: b }] });
    await bed.settle();
    bed.put(a, plain(frame));
    await bed.settle();
    bed.clock.advance(5000);
    bed.threads.current.die(new Error("out of memory"));
    expect(bed.log).toEqual(["the forwarding thread failed (out of memory); starting another"]);
    expect(bed.threads.started.length).toBe(2);
    await bed.settle();
    bed.put(a, plain(frame));
    await bed.settle();
    expect(bed.take(b).length).toBe(1);
    expect(bed.datapath.flow(UFID)?.stats.packets).toBe(2);
    bed.close();
  });

  it("lets go of everything, and keeps nobody waiting", () => {
    const bed = threadBed();
    const thread = bed.threads.current;
    const { control, loop } = thread.begin();
    expect(control[Control.ready]).toBe(1);
    let isClosed = false;
    thread.io.close = () => {
      isClosed = true;
      // Until now it may have used what somebody wants to close.
      expect(control[Control.done]).toBe(0);
    };
    thread.io.receive = () => {
      Atomics.add(control, Control.asked, 1);
      throw new Error("out of memory");
    };
    expect(() => loop.run()).toThrow("out of memory");
    expect(isClosed).toBe(true);
    expect(control[Control.ready]).toBe(0);
    expect(control[Control.done]).toBe(1);
    bed.close();
  });

  it("soon after its start, is replaced only after a second", () => {
    const bed = threadBed();
    bed.threads.current.die(new Error("no"));
    expect(bed.threads.started.length).toBe(1);
    bed.clock.advance(1000);
    expect(bed.threads.started.length).toBe(2);
    bed.close();
  });
});

describe("upcalls under attack", () => {
  it("are bounded for a port, so that another still gets through, and counted", async () => {
    const bed = threadBed();
    const a = bed.addPort("a");
    const b = bed.addPort("b");
    const seen: Upcall[] = [];
    bed.datapath.onUpcall((batch) => seen.push(...batch));
    await bed.settle();
    const thread = bed.threads.current;
    thread.hold = true;
    for (let i = 0; i < 3000; i++) bed.put(a, plain(frame));
    await bed.settle();
    bed.put(b, plain(frame));
    await bed.settle();
    expect(bed.datapath.stats()).toMatchObject({ misses: 1025, lost: 3000 - 1024 });
    thread.hold = false;
    await bed.settle();
    expect(seen.length).toBe(1025);
    expect(seen.filter((u) => u.key[W.inPort] === b).length).toBe(1);
    // Handled ones make room again.
    bed.put(a, plain(frame));
    await bed.settle();
    expect(seen.length).toBe(1026);
    bed.close();
  });

  it("are sent on as they were, whatever comes up in the same turn", async () => {
    const bed = threadBed();
    const a = bed.addPort("a");
    const b = bed.addPort("b");
    const other = ether(0x1234, [9, 9, 9]);
    bed.datapath.onUpcall((batch) => {
      for (const { packet, key } of batch) {
        if (packet.data[14] === 9) continue;
        bed.datapath.execute(packet, key, [{ kind: "output", port: b }]);
        bed.put(a, plain(other));
      }
    });
    await bed.settle();
    bed.put(a, plain(frame));
    await bed.settle();
    expect(bed.take(b).map(({ data }) => [...data])).toEqual([[...frame]]);
    bed.close();
  });

  it("of many ports at once leave room for one more", async () => {
    const bed = threadBed();
    const attackers = Array.from({ length: 20 }, (_, i) => bed.addPort(`a${i}`));
    const victim = bed.addPort("v");
    const seen: Upcall[] = [];
    bed.datapath.onUpcall((batch) => seen.push(...batch));
    await bed.settle();
    const thread = bed.threads.current;
    thread.hold = true;
    for (const port of attackers) for (let i = 0; i < 2000; i++) bed.put(port, plain(frame));
    await bed.settle();
    for (let i = 0; i < 10; i++) bed.put(victim, plain(frame));
    await bed.settle();
    thread.hold = false;
    await bed.settle();
    expect(seen.filter((u) => u.key[W.inPort] === victim).length).toBe(10);
    expect(seen.length).toBeLessThan(5000);
    bed.close();
  });

  it("are handled in turns that end, ports taking turns too, each once", async () => {
    const bed = threadBed();
    const attacker = bed.addPort("a");
    const victim = bed.addPort("v");
    const seen: number[] = [];
    bed.datapath.onUpcall((batch) => {
      for (const { key } of batch) seen.push(key[W.inPort]!);
      // Each takes a millisecond.
      bed.clock.advance(1);
    });
    await bed.settle();
    const handled = (): number => seen.length;
    for (let i = 0; i < 1000; i++) bed.put(attacker, plain(frame));
    await bed.settle();
    const before = handled();
    expect(before).toBeLessThanOrEqual(16);
    bed.put(victim, plain(frame));
    await bed.settle();
    bed.clock.advance(0);
    expect(seen.slice(before).indexOf(victim)).toBeGreaterThanOrEqual(0);
    expect(seen.slice(before).indexOf(victim)).toBeLessThanOrEqual(16);
    for (let i = 0; i < 2000 && handled() < 1001; i++) bed.clock.advance(1);
    await bed.settle();
    expect(handled()).toBe(1001);
    expect(bed.datapath.stats()).toMatchObject({ misses: 1001, lost: 0 });
    // Every one made room again.
    for (let i = 0; i < 1024; i++) bed.put(attacker, plain(frame));
    await bed.settle();
    expect(bed.datapath.stats()).toMatchObject({ misses: 2025, lost: 0 });
    bed.close();
  });

  it("that wait are handled before their port's number can be another's", async () => {
    const bed = threadBed();
    const attacker = bed.addPort("a");
    const seen: Upcall[] = [];
    bed.datapath.onUpcall((batch) => {
      seen.push(...batch);
      bed.clock.advance(10);
    });
    await bed.settle();
    const timeless = bed.clock.now();
    for (let i = 0; i < 20; i++) bed.put(attacker, plain(frame));
    await bed.settle();
    expect(bed.clock.now()).toBeGreaterThan(timeless);
    bed.datapath.removePort(attacker);
    expect(seen.length).toBe(20);
    bed.close();
  });
});

describe("several forwarding threads", () => {
  const ct: DatapathAction = { kind: "ct", zone: 1, commit: true, force: false };
  const ufid = (n: number): string => n.toString(16).padStart(32, "0");

  it("have the queues of the ports, and say which", () => {
    const bed = threadBed(0, 2);
    const a = bed.addPort("a", undefined, 3);
    const b = bed.addPort("b");
    const shown = (): unknown =>
      bed.engine.threads().map(({ core, isolated, queues }) => ({
        core,
        isolated,
        queues: queues.map(({ port, queue }) => [port, queue]),
      }));
    expect(shown()).toEqual([
      {
        core: 0,
        isolated: false,
        queues: [
          [a, 0],
          [b, 0],
        ],
      },
      {
        core: 2,
        isolated: false,
        queues: [
          [a, 1],
          [a, 2],
        ],
      },
    ]);
    bed.datapath.setPortOptions(a, new Map([["pmd-rxq-affinity", "1:0,2:7"]]));
    expect(shown()).toEqual([
      { core: 0, isolated: true, queues: [[a, 1]] },
      {
        core: 2,
        isolated: false,
        queues: [
          [a, 0],
          [a, 2],
          [b, 0],
        ],
      },
    ]);
    expect(bed.log).toContain(
      "Core  7 cannot be pinned with port 'a' rx queue 2. Use pmd-cpu-mask to enable a pmd on core 7. An alternative core will be assigned.",
    );
    expect(bed.log).toContain(
      "Core  0 on numa node 0 is pinned with port 'a' rx queue 1 (measured processing cycles 0)",
    );
    expect(() => bed.datapath.setPortOptions(a, new Map([["pmd-rxq-affinity", "x"]]))).toThrow("Invalid argument");
    bed.close();
  });

  it("lose nothing and count everything once while they become more and fewer", async () => {
    const bed = threadBed();
    const inputs = ["a", "b", "c"].map((name) => bed.addPort(name, undefined, 2));
    const out = bed.addPort("out");
    for (const port of inputs)
      bed.datapath.putFlow({ ufid: ufid(port), ...fromPort(port), actions: [{ kind: "output", port: out }] });
    await bed.settle();
    const masks = [[0], [0, 1], [1, 2, 3], [], [3], [0, 1, 2, 3], [2], []];
    let sent = 0;
    for (const [i, cores] of masks.entries()) {
      for (const port of inputs) {
        for (let n = 0; n < 30; n++, sent++) bed.putQueue(port, n % 2, plain(ether(0x1234, [i, port, n])));
      }
      bed.setCores(...cores);
      for (const port of inputs) {
        for (let n = 0; n < 30; n++, sent++) bed.putQueue(port, n % 2, plain(ether(0x1234, [i, port, n])));
      }
      if (i % 2 === 1) await bed.settle();
      bed.clock.advance(60);
      await bed.settle();
      bed.clock.advance(60);
    }
    await bed.settle();
    expect(bed.taken(out)).toBe(sent);
    const counted = inputs.map((port) => bed.datapath.flow(ufid(port))!.stats.packets);
    expect(counted).toEqual(inputs.map(() => sent / 3));
    expect(bed.datapath.stats().hits).toBe(sent);
    expect(bed.engine.threads().length).toBe(1);
    bed.close();
  });

  it("leave connections to one of them, which keeps them whatever core it is on", async () => {
    const bed = threadBed(0, 1);
    const a = bed.addPort("a");
    const b = bed.addPort("b");
    const c = bed.addPort("c");
    // Port b's queue is the second thread's.
    expect(bed.engine.threads()[1]!.queues.map(({ port }) => port)).toContain(b);
    for (const [i, port] of [a, b].entries()) {
      bed.datapath.putFlow({ ufid: ufid(i), ...fromPort(port), actions: [ct, { kind: "output", port: c }] });
    }
    await bed.settle();
    bed.put(b, plain(udp(ipv4, 1, 9, [53, 99])));
    bed.put(a, plain(udp(ipv4, 2, 9, [53, 99])));
    bed.put(b, plain(udp(ipv4, 3, 9, [53, 99])));
    await bed.settle();
    await bed.settle();
    expect(bed.take(c).length).toBe(3);
    expect([0, 1].map((i) => bed.datapath.flow(ufid(i))!.stats.packets)).toEqual([1, 2]);
    expect(bed.datapath.stats()).toMatchObject({ hits: 3, misses: 0, lost: 0 });
    const count = async (): Promise<number> => {
      const figures = bed.datapath.conntrack.figures();
      await bed.settle();
      return (await figures).connections;
    };
    expect(await count()).toBe(3);
    bed.setCores(1);
    bed.clock.advance(200);
    await bed.settle();
    expect(await count()).toBe(3);
    expect(bed.engine.threads().length).toBe(1);
    expect(bed.engine.threads().map(({ core }) => core)).toEqual([1]);
    bed.setCores(2, 3);
    await bed.settle();
    bed.put(b, plain(udp(ipv4, 4, 9, [53, 99])));
    bed.put(a, plain(udp(ipv4, 4, 9, [53, 99])));
    await bed.settle();
    await bed.settle();
    expect(await count()).toBe(4);
    expect([0, 1].map((i) => bed.datapath.flow(ufid(i))!.stats.packets)).toEqual([2, 3]);
    bed.close();
  });

  it("hand over a packet after it was recirculated, too, and tell the main thread of one that no flow knows then", async () => {
    const bed = threadBed(0, 1);
    const a = bed.addPort("a");
    const b = bed.addPort("b");
    const first = fromPort(b);
    first.mask[W.recircId] = 0xffffffff;
    bed.datapath.putFlow({
      ufid: ufid(1),
      ...first,
      actions: [
        { kind: "push_vlan", tpid: 0x8100, vid: 7, pcp: 0 },
        { kind: "recirc", id: 5 },
      ],
    });
    const again = fromPort(b);
    again.key[W.recircId] = 5;
    again.mask[W.recircId] = 0xffffffff;
    bed.datapath.putFlow({ ufid: ufid(2), ...again, actions: [ct, { kind: "recirc", id: 6 }] });
    const seen: Upcall[] = [];
    bed.datapath.onUpcall((batch) => seen.push(...batch));
    await bed.settle();
    bed.put(b, plain(udp(ipv4, 1, 2, [53, 99])));
    await bed.settle();
    await bed.settle();
    expect([1, 2].map((i) => bed.datapath.flow(ufid(i))!.stats.packets)).toEqual([1, 1]);
    expect(seen.map(({ key }) => [key[W.inPort], key[W.recircId]])).toEqual([[b, 6]]);
    expect(seen[0]!.packet.recirculations).toBe(2);
    expect([...seen[0]!.packet.data.subarray(12, 16)]).toEqual([0x81, 0, 0, 7]);
    expect(seen[0]!.key[W.ctState]! & 0xff).not.toBe(0);
    // What it becomes is executed where connections are, or where it came from.
    for (const { packet, key } of seen) bed.datapath.execute(packet, key, [{ kind: "output", port: a }]);
    await bed.settle();
    expect(bed.take(a).length).toBe(1);
    bed.close();
  });

  it("are replaced each by itself, and others go on", async () => {
    const bed = threadBed(0, 1);
    const a = bed.addPort("a");
    const b = bed.addPort("b");
    const out = bed.addPort("out");
    for (const port of [a, b])
      bed.datapath.putFlow({ ufid: ufid(port), ...fromPort(port), actions: [ct, { kind: "output", port: out }] });
    await bed.settle();
    for (const port of [a, b]) bed.put(port, plain(frame));
    await bed.settle();
    bed.clock.advance(5000);
    const [tracker, helper] = bed.threads.started;
    helper!.die(new Error("one"));
    bed.put(a, plain(frame));
    await bed.settle();
    bed.put(b, plain(frame));
    await bed.settle();
    await bed.settle();
    expect(bed.taken(out)).toBe(4);
    bed.clock.advance(5000);
    tracker!.die(new Error("two"));
    // The other one goes on, and what it hands over waits.
    bed.put(b, plain(frame));
    await bed.settle();
    bed.put(a, plain(frame));
    await bed.settle();
    await bed.settle();
    expect(bed.taken(out)).toBe(2);
    expect([a, b].map((port) => bed.datapath.flow(ufid(port))!.stats.packets)).toEqual([3, 3]);
    expect(bed.log.filter((text) => text.includes("starting another")).length).toBe(2);
    bed.close();
  });

  it("have all of a meter's rate together, and upcalls of all of them are bounded each", async () => {
    const bed = threadBed(0, 1);
    const ports = [bed.addPort("a"), bed.addPort("b")];
    const out = bed.addPort("out");
    bed.datapath.meters.set(1, { unit: "pktps", bands: [{ type: "drop", rate: 10, burst: 0, precedence: 0 }] });
    for (const port of ports) {
      const actions: DatapathAction[] = [
        { kind: "meter", id: 1 },
        { kind: "output", port: out },
      ];
      bed.datapath.putFlow({ ufid: ufid(port), ...fromPort(port), actions });
    }
    await bed.settle();
    for (let i = 0; i < 20; i++) for (const port of ports) bed.put(port, plain(frame));
    await bed.settle();
    expect(bed.taken(out)).toBe(10);
    expect(bed.datapath.meters.stats(1)).toMatchObject({ packets: 40, bands: [{ packets: 30 }] });
    bed.close();
  });

  it("share the work anew by themselves where that is wanted, one is too busy, and it would help", async () => {
    for (const [threshold, isMoved] of [
      ["20", true],
      ["60", false],
    ] as const) {
      const bed = threadBed();
      const options = [
        ["pmd-cpu-mask", "3"],
        ["pmd-auto-lb", "true"],
        ["pmd-auto-lb-load-threshold", threshold],
      ] as const;
      bed.datapath.setOptions(new Map(options));
      const ports = ["a", "b", "c", "d"].map((name) => bed.addPort(name));
      for (const port of ports) bed.datapath.putFlow({ ufid: ufid(port), ...fromPort(port), actions: [] });
      await bed.settle();
      const of = (core: number): number[] => bed.engine.threads()[core]!.queues.map(({ port }) => port);
      const before = of(0);
      expect(before).toEqual([ports[0], ports[3]]);
      while (bed.clock.now() < 61_000) {
        for (const port of [ports[0]!, ports[3]!]) bed.put(port, plain(frame));
        bed.spend(400);
        await bed.settle();
        bed.clock.advance(200);
      }
      expect(of(0).includes(ports[0]!) && of(0).includes(ports[3]!)).toBe(!isMoved);
      expect(bed.log.some((text) => text.startsWith("PMD auto load balance: improvement of"))).toBe(isMoved);
      bed.close();
    }
  });

  it("note what their queues cost, by which a rebalance goes", async () => {
    const bed = threadBed(0, 1);
    const ports = ["a", "b", "c", "d"].map((name) => bed.addPort(name));
    for (const port of ports) bed.datapath.putFlow({ ufid: ufid(port), ...fromPort(port), actions: [] });
    await bed.settle();
    const of = (core: number): number[] => bed.engine.threads()[core]!.queues.map(({ port }) => port);
    expect([of(0), of(1)]).toEqual([
      [ports[0], ports[3]],
      [ports[1], ports[2]],
    ]);
    expect(bed.engine.threads()[0]!.queues[0]!.usage(60)).toBeUndefined();
    // Ports a and d, on one core, are busy all the time.
    while (bed.clock.now() < 5500) {
      for (const port of [ports[0]!, ports[3]!]) for (let n = 0; n < 5; n++) bed.put(port, plain(frame));
      bed.spend(90);
      await bed.settle();
      bed.clock.advance(10);
    }
    await bed.settle();
    const used = bed.engine.threads().flatMap(({ queues }) => queues.map(({ usage }) => usage(60) ?? 0));
    expect(used[0]).toBeGreaterThan(20);
    expect(used[1]).toBeGreaterThan(20);
    expect(used[2]! + used[3]!).toBeLessThan(5);
    bed.engine.rebalance();
    expect(of(0).includes(ports[0]!)).not.toBe(of(0).includes(ports[3]!));
    bed.close();
  });
});
