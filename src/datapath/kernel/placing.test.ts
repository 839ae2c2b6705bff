import { describe, expect, it } from "vitest";
import { FakeClock } from "#host/fake/clock.js";
import { FlowSlots, type Slot } from "../userspace/flow-slots.js";
import { Placing } from "./placing.js";

describe("Placing", () => {
  const bed = (count: number) => {
    const clock = new FakeClock();
    const slots = new FlowSlots();
    slots.reserve(2);
    const placed: Flow[] = [];
    const known = new Map<number, Flow>();
    const placing = new Placing<Flow>(
      clock,
      (index) => known.get(index)!,
      (flow) => void placed.push(flow),
    );
    const add = (flow: Flow): void => {
      known.set(flow.index, flow);
      placing.add(flow);
    };
    const flows: Flow[] = Array.from({ length: count }, (_, index) => ({ slot: slots.take(), index }));
    for (const flow of flows) add(flow);
    return { clock, placed, placing, flows, slots, add };
  };
  interface Flow {
    readonly slot: Slot;
    readonly index: number;
  }

  it("places few at once, and has no more to do then", () => {
    const { clock, placed, placing, flows } = bed(3);
    expect(placed).toEqual(flows);
    expect(placing.size).toBe(0);
    clock.advance(100);
    expect(clock.pending).toBe(0);
  });

  it("meets each of very many within a second, whichever thread has counted it", () => {
    const { clock, placed, placing, flows } = bed(20_000);
    const before = placed.length;
    expect(placing.size).toBe(flows.length - before);
    clock.advance(500);
    const [a, b] = [flows[19_999]!, flows[10_000]!];
    a.slot.chunk.memories[0]![a.slot.at] = 1;
    b.slot.chunk.memories[1]![b.slot.at] = 1;
    clock.advance(1000);
    expect(placed.slice(before).sort((x, y) => flows.indexOf(x) - flows.indexOf(y))).toEqual([b, a]);
    expect([placing.has(a.index), placing.has(15_000)]).toEqual([false, true]);
  });

  it("looks seldom while nothing happens, and as before once something does", () => {
    const { clock, placing, flows } = bed(100);
    let turns = 0;
    const turn = (): number => {
      const from = clock.now();
      clock.advance(clock.nextDue()! - from);
      turns++;
      return clock.now() - from;
    };
    while (turns < 20) turn();
    expect(turn()).toBeGreaterThan(50);
    const [last] = flows.slice(-1);
    last!.slot.chunk.memories[0]![last!.slot.at] = 1;
    turn();
    expect(placing.has(last!.index)).toBe(false);
    expect(turn()).toBe(1);
  });

  it("places fewer and fewer at once of what does not end, and as many as before once it has", () => {
    const { clock, placed, add, slots } = bed(0);
    let index = 0;
    const addInTurn = (count: number): number => {
      const before = placed.length;
      for (let i = 0; i < count; i++) add({ slot: slots.take(), index: index++ });
      clock.advance(1);
      return placed.length - before;
    };
    const flood = Array.from({ length: 10 }, () => addInTurn(1000));
    expect(flood).toEqual([32, 16, 8, 4, 2, 1, 1, 1, 1, 1]);
    clock.advance(200);
    expect([addInTurn(20), addInTurn(20), addInTurn(31), addInTurn(40)]).toEqual([20, 20, 31, 32]);
  });

  it("places what has been used, or all, when it is asked to", () => {
    const { placed, placing, flows } = bed(100);
    const [before, used] = [placed.length, flows[90]!];
    used.slot.chunk.memories[0]![used.slot.at] = 1;
    placing.delete(91);
    placing.placeUsed();
    expect(placed.slice(before)).toEqual([used]);
    placing.placeAll();
    expect(new Set(placed)).toEqual(new Set(flows.filter((flow) => flow !== flows[91])));
    expect(placing.size).toBe(0);
  });
});
