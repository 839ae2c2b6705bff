import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { NumberRoster } from "./number-roster.js";

describe("a roster of numbers", () => {
  it("keeps them in the order in which they came, whatever goes and comes again", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(99), { maxLength: 400 }), (steps) => {
        const roster = new NumberRoster();
        const model: number[] = [];
        const free = Array.from({ length: 400 }, (_, i) => 399 - i);
        for (const step of steps) {
          if (step < 40 || model.length === 0) {
            const one = free.pop()!;
            expect(roster.has(one)).toBe(false);
            roster.add(one);
            model.push(one);
          } else {
            const [gone] = model.splice(step % model.length, 1);
            free.push(gone!);
            expect(roster.has(gone!)).toBe(true);
            expect(roster.delete(gone!)).toBe(true);
            expect(roster.delete(gone!)).toBe(false);
          }
        }
        expect([...roster]).toEqual(model);
        expect(roster.size).toBe(model.length);
      }),
    );
  });

  it("is walked to the end while they come and go", () => {
    const roster = new NumberRoster();
    for (let number = 0; number < 1000; number++) roster.add(number);
    const met = new Set<number>();
    let steps = 0;
    for (let number = roster.walk(); number >= 0; number = roster.walk(), steps++) {
      met.add(number);
      // Everything that was met goes at once; now and then it comes again, and makes the roster smaller.
      roster.delete(number);
      if (steps % 3 === 0 && steps < 1500) roster.add(number);
    }
    expect([met.size, steps > 1000, roster.size, roster.walk()]).toEqual([1000, true, 0, -1]);
    roster.add(7);
    roster.rewind();
    expect(roster.walk()).toBe(7);
  });

  it("is empty once it is cleared", () => {
    const roster = new NumberRoster();
    for (let number = 0; number < 200; number++) roster.add(number);
    roster.clear();
    expect([roster.size, roster.has(199), [...roster].length, roster.delete(3), roster.walk()]).toEqual([
      0,
      false,
      0,
      false,
      -1,
    ]);
  });
});
