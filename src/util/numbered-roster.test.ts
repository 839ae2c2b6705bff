import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { NumberedRoster } from "./numbered-roster.js";

interface Thing {
  readonly number: number;
}

describe("a numbered roster", () => {
  it("keeps things in the order in which they came, whatever goes, and gives numbers out again", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(99), { maxLength: 400 }), (steps) => {
        const roster = new NumberedRoster<Thing>();
        const model: Thing[] = [];
        const free = Array.from({ length: 400 }, (_, i) => 399 - i);
        for (const step of steps) {
          if (step < 40 || model.length === 0) {
            const one = { number: free.pop()! };
            expect(roster.has(one.number)).toBe(false);
            roster.add(one.number, one);
            model.push(one);
          } else {
            const [gone] = model.splice(step % model.length, 1);
            free.push(gone!.number);
            expect(roster.has(gone!.number)).toBe(true);
            expect(roster.delete(gone!.number)).toBe(true);
            expect(roster.delete(gone!.number)).toBe(false);
          }
        }
        const kept = [...roster];
        expect(kept.length).toBe(model.length);
        for (const [i, one] of kept.entries()) expect(one).toBe(model[i]);
        expect(roster.size).toBe(model.length);
      }),
    );
  });

  it("is walked to the end while things come and go", () => {
    const roster = new NumberedRoster<Thing>();
    const all = Array.from({ length: 1000 }, (_, number) => ({ number }));
    for (const one of all) roster.add(one.number, one);
    const met = new Set<Thing>();
    roster.rewind();
    for (let i = 0, one = roster.walk(); one !== undefined; i++, one = roster.walk()) {
      met.add(one);
      // Everything that was met goes at once; now and then something comes, often with its number, and makes the roster smaller.
      roster.delete(one.number);
      if (i % 3 === 0 && i < 1500) roster.add(one.number, { number: one.number });
    }
    for (const one of all) expect(met.has(one)).toBe(true);
    expect(roster.size).toBe(0);
  });

  it("is empty once it is cleared", () => {
    const roster = new NumberedRoster<Thing>();
    for (let number = 0; number < 200; number++) roster.add(number, { number });
    roster.clear();
    expect([roster.size, roster.has(199), [...roster].length, roster.delete(3)]).toEqual([0, false, 0, false]);
  });
});
