import fc from "fast-check";
import { expect, it } from "vitest";
import { GuestMemory } from "./guest-memory.js";

/** Pieces in any order, with gaps of 0 to 3 bytes between them. */
const pieces = fc
  .array(fc.record({ gap: fc.integer({ min: 0, max: 3 }), length: fc.integer({ min: 0, max: 9 }), rank: fc.nat() }), {
    maxLength: 12,
  })
  .map((parts) => {
    let guest = 100;
    const made = parts.map(({ gap, length, rank }) => {
      const piece = { guest: guest + gap, bytes: new Uint8Array(length), rank };
      guest += gap + length;
      return piece;
    });
    return made.sort((a, b) => a.rank - b.rank);
  });

it("guest memory is what its pieces are, wherever they lie", () => {
  const range = fc.tuple(fc.integer({ min: 95, max: 240 }), fc.integer({ min: 0, max: 40 }));
  fc.assert(
    fc.property(pieces, fc.array(range, { maxLength: 20 }), (parts, ranges) => {
      const memory = new GuestMemory(parts);
      const known = new Map<number, number>(parts.flatMap((p) => Array.from(p.bytes, (_, i) => [p.guest + i, 0])));
      for (const [n, [address, length]] of ranges.entries()) {
        const addresses = Array.from({ length }, (_, i) => address + i);
        const isWhole = addresses.every((at) => known.has(at));
        expect(memory.has(address, length)).toBe(isWhole);
        const read = new Uint8Array(length);
        expect(memory.read(address, length, read, 0)).toBe(isWhole);
        if (!isWhole) continue;
        expect([...read]).toEqual(addresses.map((at) => known.get(at)));
        expect(memory.write(address, length, new Uint8Array(length).fill(n + 1), 0)).toBe(true);
        for (const at of addresses) known.set(at, n + 1);
      }
    }),
    { seed: 5 },
  );
});
