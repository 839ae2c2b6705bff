import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { FlowSlots, readPackets, readSlot, type Slot } from "./flow-slots.js";

/** A packet counted as the thread of a seat does. */
function count({ chunk, at }: Slot, seat: number, bytes: number, now: number, flags: number): void {
  const memory = chunk.memories[seat]!;
  memory[at]!++;
  memory[at + 1]! += bytes;
  memory[at + 2] = now;
  memory[at + 3]! |= flags;
}

describe("counters of flows that several threads count", () => {
  it("add up; the last use is the latest, the flags are all of them", () => {
    const slots = new FlowSlots();
    slots.reserve(3);
    const slot = slots.take();
    count(slot, 0, 100, 7, 1);
    count(slot, 2, 50, 5, 2);
    expect(readSlot(slot)).toEqual({ packets: 2, bytes: 150, used: 7, tcpFlags: 3 });
    expect(readPackets(slot)).toBe(2);
  });

  it("begin at zero for the next flow, whoever counted", () => {
    const slots = new FlowSlots();
    slots.reserve(2);
    const slot = slots.take();
    count(slot, 0, 1, 1, 1);
    count(slot, 1, 1, 1, 1);
    slots.free(slot);
    expect(slots.take()).toBe(slot);
    expect(readSlot(slot)).toEqual({ packets: 0, bytes: 0, used: 0, tcpFlags: 0 });
  });

  it("lose and double nothing while threads come and go", () => {
    const step = fc.oneof(
      fc.record({ seats: fc.integer({ min: 1, max: 5 }) }),
      fc.record({ seat: fc.nat(4), flow: fc.nat(2), bytes: fc.nat(1500) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const told: number[] = [];
        const slots = new FlowSlots((chunk) => told.push(chunk.number));
        const flows = [slots.take(), slots.take(), slots.take()];
        const expected = flows.map(() => ({ packets: 0, bytes: 0 }));
        let seats = 1;
        for (const s of steps) {
          if ("seats" in s) {
            seats = s.seats;
            slots.reserve(seats);
          } else if (s.seat < seats) {
            count(flows[s.flow]!, s.seat, s.bytes, 1, 0);
            expected[s.flow]!.packets++;
            expected[s.flow]!.bytes += s.bytes;
          }
        }
        expect(flows.map((slot) => readSlot(slot))).toMatchObject(expected);
        expect(flows.map(readPackets)).toEqual(expected.map((e) => e.packets));
        expect(told).toEqual([0]);
      }),
      { seed: 60 },
    );
  });
});
