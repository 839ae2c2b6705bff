import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { GRATUITOUS_ARP_LOCK, MacTable } from "./mac-table.js";

const small = { maxEntries: 4, agingTime: 300_000, floodVlans: [] as number[] };

function table(settings = small): { macs: MacTable<string>; changed: number[] } {
  const changed: number[] = [];
  const macs = new MacTable<string>((mac) => changed.push(mac));
  macs.configure(settings);
  return { macs, changed };
}

const contents = (macs: MacTable<string>): string[] => [...macs.entries()].map((e) => `${e.port} ${e.vlan} ${e.mac}`);

describe("the MAC learning table", () => {
  it("learns, refreshes and moves", () => {
    const { macs, changed } = table();
    expect(macs.learn(0, "a", 10, 1)).toBe("learned");
    expect(macs.learn(5, "a", 10, 1)).toBe("refreshed");
    expect(macs.learn(6, "b", 10, 1)).toBe("moved");
    expect(macs.lookup(10, 1)).toMatchObject({ port: "b", seen: 6 });
    expect(macs.lookup(11, 1)).toBeUndefined();
    expect(changed).toEqual([1, 1]);
    expect(macs.stats()).toEqual({ current: 1, max: 4, static: 0, learned: 1, expired: 0, evicted: 0, moved: 1 });
    macs.clearStats();
    expect(macs.stats()).toMatchObject({ current: 1, learned: 0, moved: 0 });
  });

  it("does not move an entry back for packets seen earlier", () => {
    const { macs } = table();
    macs.learn(0, "a", 0, 1);
    macs.learn(100, "b", 0, 1);
    expect(macs.learn(99, "a", 0, 1)).toBe("stale");
    expect(macs.lookup(0, 1)?.port).toBe("b");
  });

  it("learns no group address and nothing in flooded VLANs", () => {
    const { macs } = table({ ...small, floodVlans: [20] });
    expect(macs.learn(0, "a", 0, 0x010000000001)).toBe("refused");
    expect(macs.learn(0, "a", 20, 1)).toBe("refused");
    macs.addStatic(0, "a", 20, 2);
    expect(macs.lookup(20, 2)).toBeUndefined();
    expect(macs.stats()).toMatchObject({ current: 1, static: 1 });
  });

  it("forgets what was learned in a VLAN that begins to be flooded", () => {
    const { macs, changed } = table();
    macs.learn(0, "a", 20, 1);
    macs.configure({ ...small, floodVlans: [20] });
    expect(macs.size).toBe(0);
    expect(changed).toEqual([1, 1]);
  });

  it("ages out what was not seen, but not static entries", () => {
    const { macs, changed } = table();
    macs.learn(0, "a", 0, 1);
    macs.learn(1000, "a", 0, 2);
    macs.addStatic(0, "a", 0, 3);
    macs.learn(200_000, "a", 0, 1);
    changed.length = 0;
    macs.expire(300_999);
    expect(changed).toEqual([]);
    macs.expire(301_000);
    expect(changed).toEqual([2]);
    macs.expire(1e9);
    expect(contents(macs)).toEqual(["a 0 3"]);
    expect(macs.stats()).toMatchObject({ expired: 2, static: 1 });
  });

  it("evicts from the port that has most, its stalest entry", () => {
    const { macs } = table();
    macs.learn(0, "victim", 0, 1);
    for (let i = 2; i <= 100; i++) macs.learn(i, "flooder", 0, i);
    expect(contents(macs)).toEqual(["victim 0 1", "flooder 0 98", "flooder 0 99", "flooder 0 100"]);
    expect(macs.stats().evicted).toBe(96);
  });

  it("evicts a learned entry for a static one where it is full", () => {
    const { macs } = table();
    for (const mac of [1, 2, 3, 4]) macs.learn(mac, "a", 0, mac);
    macs.addStatic(5, "b", 0, 5);
    expect(contents(macs)).toEqual(["a 0 2", "a 0 3", "a 0 4", "b 0 5"]);
    expect(macs.stats()).toMatchObject({ current: 4, static: 1, evicted: 1 });
  });

  it("refuses to learn when only static entries fill it", () => {
    const { macs } = table({ ...small, maxEntries: 1 });
    macs.addStatic(0, "a", 0, 1);
    expect(macs.learn(0, "a", 0, 2)).toBe("refused");
    expect(macs.learn(0, "b", 0, 1)).toBe("static");
    expect(macs.removeStatic(0, 1)).toBe(true);
    expect(macs.removeStatic(0, 1)).toBe(false);
  });

  it("tells which static entry is replaced, and lets one take a learned one's place", () => {
    const { macs } = table();
    macs.learn(0, "a", 0, 1);
    expect(macs.addStatic(0, "b", 0, 1)).toBeUndefined();
    expect(macs.addStatic(0, "c", 0, 1)).toBe("b");
    expect(macs.stats()).toMatchObject({ current: 1, static: 1 });
  });

  it("keeps an entry that a gratuitous ARP has set", () => {
    const { macs } = table();
    macs.learn(0, "a", 0, 1, { gratuitousArp: true });
    expect(macs.learn(10, "b", 0, 1, { respectLock: true })).toBe("locked");
    expect(macs.learn(10, "b", 0, 1, { respectLock: true, gratuitousArp: true })).toBe("moved");
    expect(macs.learn(10 + GRATUITOUS_ARP_LOCK, "a", 0, 1, { respectLock: true })).toBe("moved");
  });

  it("flushes everything, or a port", () => {
    const { macs } = table();
    macs.learn(0, "a", 0, 1);
    macs.learn(0, "b", 0, 2);
    macs.addStatic(0, "a", 0, 3);
    macs.flushPort("a");
    expect(contents(macs)).toEqual(["b 0 2", "a 0 3"]);
    macs.flush();
    expect(contents(macs)).toEqual(["a 0 3"]);
    macs.flushPort("a", true);
    expect(macs.size).toBe(0);
  });

  it("agrees with a list on any sequence of events", () => {
    const event = fc.record({
      port: fc.constantFrom("a", "b", "c"),
      vlan: fc.integer({ min: 0, max: 1 }),
      mac: fc.integer({ min: 0, max: 5 }).map((n) => n * 2),
      wait: fc.integer({ min: 0, max: 200_000 }),
    });
    fc.assert(
      fc.property(fc.array(event, { maxLength: 60 }), (events) => {
        const { macs } = table({ ...small, maxEntries: 100 });
        let model: { port: string; vlan: number; mac: number; seen: number }[] = [];
        let now = 0;
        for (const { port, vlan, mac, wait } of events) {
          now += wait;
          macs.expire(now);
          model = model.filter((e) => now - e.seen < 300_000);
          macs.learn(now, port, vlan, mac);
          model = [...model.filter((e) => e.vlan !== vlan || e.mac !== mac), { port, vlan, mac, seen: now }];
          expect(contents(macs)).toEqual(model.map((e) => `${e.port} ${e.vlan} ${e.mac}`));
        }
      }),
      { seed: 7, numRuns: 200 },
    );
  });
});
