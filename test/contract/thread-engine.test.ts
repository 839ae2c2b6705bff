import { describe, expect, it } from "vitest";
import type { Upcall } from "#datapath/datapath.js";
import { newKey } from "#flow/key.js";
import { W } from "#flow/layout.js";
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
