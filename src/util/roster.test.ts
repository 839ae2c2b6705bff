import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Listed, Roster } from "./roster.js";

const made = (name: number): Listed & { name: number } => ({ name, place: -1 });

describe("a roster", () => {
  it("keeps things in the order in which they came, whatever goes", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(99), { maxLength: 400 }), (steps) => {
        const roster = new Roster<ReturnType<typeof made>>();
        const model: ReturnType<typeof made>[] = [];
        for (const [i, step] of steps.entries()) {
          if (step < 40 || model.length === 0) {
            const one = made(i);
            roster.add(one);
            model.push(one);
          } else {
            const [gone] = model.splice(step % model.length, 1);
            expect(roster.delete(gone!)).toBe(true);
            expect(roster.delete(gone!)).toBe(false);
          }
        }
        expect([...roster]).toEqual(model);
        expect(roster.size).toBe(model.length);
      }),
    );
  });

  it("is walked to the end while things come and go", () => {
    const roster = new Roster<ReturnType<typeof made>>();
    const all = Array.from({ length: 1000 }, (_, i) => made(i));
    for (const one of all) roster.add(one);
    const met = new Set<number>();
    roster.rewind();
    for (let i = 0, one = roster.walk(); one !== undefined; i++, one = roster.walk()) {
      met.add(one.name);
      // Everything that was met goes at once; now and then something comes, and makes the roster smaller.
      roster.delete(one);
      if (i % 3 === 0 && i < 1500) roster.add(made(1000 + i));
    }
    for (const one of all) expect(met.has(one.name)).toBe(true);
    expect(roster.size).toBe(0);
  });
});
