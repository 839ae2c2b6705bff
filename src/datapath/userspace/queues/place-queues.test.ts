import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { improvement, parseAffinity, parseCpuMask, placeQueues, type QueueClaim } from "./place-queues.js";

const cores = [0, 1].map((core) => ({ core, numa: 0 }));
const claim = (port: number, queue: number, load = 0, wanted?: number): QueueClaim => ({
  port,
  name: `p${port}`,
  queue,
  load,
  wanted,
});
/** Five queues of two ports, as they were given to the real switch. */
const five = [claim(1, 0), claim(1, 1), claim(1, 2), claim(2, 0), claim(2, 1)];
const coresOf = (...args: Parameters<typeof placeQueues>): (number | undefined)[] =>
  placeQueues(...args).queues.map(({ core }) => core);

describe("placement of receive queues", () => {
  it("goes there and back by cost", () => {
    expect(coresOf(five, cores, { mode: "cycles", isolates: true })).toEqual([0, 1, 1, 0, 0]);
    const loads = [claim(1, 0, 10), claim(1, 1, 40), claim(1, 2, 30), claim(2, 0, 20)];
    expect(coresOf(loads, cores, { mode: "cycles", isolates: true })).toEqual([0, 0, 1, 1]);
  });

  it("goes round and round whatever they cost", () => {
    const loads = five.map((c) => ({ ...c, load: 100 * c.port - c.queue }));
    expect(coresOf(loads, cores, { mode: "roundrobin", isolates: true })).toEqual([0, 1, 0, 1, 0]);
  });

  it("fills up the least loaded core", () => {
    const loads = [claim(1, 0, 60), claim(1, 1, 10), claim(2, 0, 30), claim(2, 1, 10)];
    expect(coresOf(loads, cores, { mode: "group", isolates: true })).toEqual([0, 1, 1, 1]);
  });

  it("gives a queue the core it asks for, which then has no others", () => {
    const placement = placeQueues([claim(1, 0, 0, 1), ...five.slice(1)], cores, { mode: "cycles", isolates: true });
    expect(placement.queues.map(({ core }) => core)).toEqual([1, 0, 0, 0, 0]);
    expect([...placement.isolated]).toEqual([1]);
  });

  it("isolates always but by `group`", () => {
    const pinned = [claim(1, 0, 0, 1), claim(1, 1), claim(1, 2), claim(2, 0, 0, 0), claim(2, 1)];
    expect(coresOf(pinned, cores, { mode: "group", isolates: false })).toEqual([1, 0, 1, 0, 0]);
    expect(coresOf(pinned, cores, { mode: "cycles", isolates: false })).toEqual([
      1,
      undefined,
      undefined,
      0,
      undefined,
    ]);
  });

  it("tells of a core that is not to be used, and takes another", () => {
    const placement = placeQueues([claim(1, 0, 0, 9)], cores, { mode: "cycles", isolates: true });
    expect(placement.unmet.map((c) => c.wanted)).toEqual([9]);
    expect(placement.queues[0]!.core).toBe(0);
  });

  it("puts every queue exactly once on a core that is to be used, wherever one is left", () => {
    const queues = fc.uniqueArray(
      fc.record({
        port: fc.nat(8),
        name: fc.constant("p"),
        queue: fc.nat(3),
        load: fc.nat(100),
        wanted: fc.option(fc.nat(5), { nil: undefined }),
      }),
      { selector: (q) => `${q.port} ${q.queue}` },
    );
    const used = fc.uniqueArray(fc.nat(4), { minLength: 1 });
    const mode = fc.constantFrom("cycles" as const, "roundrobin" as const, "group" as const);
    fc.assert(
      fc.property(queues, used, mode, fc.boolean(), (claims, numbers, assign, isolates) => {
        const all = numbers.map((core) => ({ core, numa: 0 }));
        const placement = placeQueues(claims, all, { mode: assign, isolates });
        expect(new Set(placement.queues.map((q) => q.claim))).toEqual(new Set(claims));
        for (const { claim: c, core } of placement.queues) {
          if (c.wanted !== undefined && numbers.includes(c.wanted)) expect(core).toBe(c.wanted);
          else if (core === undefined) expect(placement.isolated.size).toBe(numbers.length);
          else expect(placement.isolated.has(core)).toBe(false);
        }
      }),
      { seed: 6, numRuns: 300 },
    );
  });

  it("knows how much better another one is", () => {
    const busy = [claim(1, 0, 60), claim(1, 1, 60), claim(2, 0), claim(2, 1)];
    const now = placeQueues(
      busy.map((c) => ({ ...c, wanted: c.port - 1 })),
      cores,
      { mode: "group", isolates: false },
    );
    const next = placeQueues(busy, cores, { mode: "group", isolates: true });
    expect(improvement(now, next, cores)).toBe(100);
    expect(improvement(next, now, cores)).toBe(0);
  });
});

describe("what settings say of cores", () => {
  it.each([
    [
      "0:3,1:7",
      [
        [0, 3],
        [1, 7],
      ],
    ],
    [" 2:1 ", [[2, 1]]],
    ["", []],
    ["x:0", undefined],
    ["0:", undefined],
    ["0", undefined],
  ])("affinity %j", (text, pairs) => {
    const read = parseAffinity(text);
    expect(read && [...read]).toEqual(pairs);
  });

  it.each([
    ["0x3", [0, 1]],
    ["f0", [4, 5, 6, 7]],
    ["1000000000000000000000", [84]],
    ["0", []],
    ["zz", undefined],
    ["0xg", undefined],
  ])("mask %j", (text, read) => {
    expect(parseCpuMask(text)).toEqual(read);
  });
});
