import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { setField, unwildcard } from "./access.js";
import { Classifier } from "./classifier.js";
import { type Entry, entryMatch } from "./classifier-entry.js";
import { field } from "./fields/table.js";
import { type FlowKey, newKey } from "./key.js";
import { W } from "./layout.js";
import { equalUnder, type Match, makeMatch, matches, matchesOverlap, matchIncludes, newMatch } from "./match.js";

/** Words of every stage, with few values, so that rules and packets meet. */
const words = [W.inPort, W.reg, W.eth, W.ethType, W.nwSrc, W.nwDst, W.nw, W.tp, W.tunMetadata];
const addresses: readonly number[] = [W.nwSrc, W.nwDst];

const values = fc.constantFrom(0, 0, 0, 1, 3, 0x0a000001, 0x0a000002, 0x0a0000ff, 0x0a800000, 0xffffffff);
const masks = fc.constantFrom(0, 0, 0, 1, 3, 0xff, 0xff00ff00, 0xffffffff);
const prefixes = fc.integer({ min: 0, max: 32 }).map((n) => (n === 0 ? 0 : (0xffffffff << (32 - n)) >>> 0));

const keys: fc.Arbitrary<FlowKey> = fc.tuple(...words.map(() => values)).map((vs) => {
  const key = newKey();
  for (const [i, v] of vs.entries()) key[words[i]!] = v;
  return key;
});

/** Few words, so that matches overlap. */
const maskArbitrary: fc.Arbitrary<FlowKey> = fc
  .array(
    fc.constantFrom(...words).chain((w) => fc.tuple(fc.constant(w), addresses.includes(w) ? prefixes : masks)),
    { maxLength: 4 },
  )
  .map((ms) => {
    const mask = newKey();
    for (const [w, m] of ms) mask[w] = m;
    return mask;
  });

const matchArbitrary: fc.Arbitrary<Match> = fc.tuple(keys, maskArbitrary).map(([key, mask]) => makeMatch(key, mask));

/** Rules of a few masks, so that some share one. */
const rules: fc.Arbitrary<{ match: Match; priority: number }[]> = fc
  .array(maskArbitrary, { minLength: 1, maxLength: 5 })
  .chain((ms) =>
    fc.array(
      fc.record({
        match: fc.tuple(keys, fc.constantFrom(...ms)).map(([key, mask]) => makeMatch(key, mask)),
        priority: fc.integer({ min: 0, max: 5 }),
      }),
      { maxLength: 30 },
    ),
  );

/** Packets that agree with one in what was looked at: all else turned over, or as a rule would have it. */
function twins(packet: FlowKey, looked: FlowKey, ms: readonly Match[]): FlowKey[] {
  const blend = (other: FlowKey): FlowKey => packet.map((w, i) => (w & looked[i]!) | (other[i]! & ~looked[i]!));
  return [packet.map((w, i) => w ^ ~looked[i]!), ...ms.map((m) => blend(m.key))];
}

describe("Classifier", () => {
  it("finds what a linear search finds, and says what it looked at", () => {
    fc.assert(
      fc.property(rules, fc.array(keys, { minLength: 1, maxLength: 20 }), (rs, strangers) => {
        const table = new Classifier<number>();
        for (const [i, r] of rs.entries()) table.insert(r.match, r.priority, i);
        // A packet for each rule, and packets that may match none.
        const packets = [
          ...strangers,
          ...rs.map(({ match }, i) =>
            strangers[i % strangers.length]!.map((w, j) => (w & ~match.mask[j]!) | match.key[j]!),
          ),
        ];
        for (const packet of packets) {
          const looked = newKey();
          const found = table.lookup(0, packet, looked);
          const best = Math.max(-1, ...rs.filter((r) => matches(r.match, packet)).map((r) => r.priority));
          expect(found?.priority ?? -1).toBe(best);
          if (found !== undefined) expect(matches(rs[found.rule]!.match, packet)).toBe(true);
          expect(table.lookup(0, packet)).toBe(found);
          const ms = rs.map((r) => r.match);
          for (const twin of twins(packet, looked, ms)) expect(table.lookup(0, twin)).toBe(found);
          for (const other of packets)
            if (equalUnder(looked, other, packet)) expect(table.lookup(0, other)).toBe(found);
        }
      }),
      { numRuns: 400, seed: 20_031 },
    );
  });

  it("stays right as rules come and go", () => {
    const steps = fc.array(
      fc.record({ match: matchArbitrary, priority: fc.integer({ min: 0, max: 3 }), drop: fc.nat() }),
      {
        maxLength: 60,
      },
    );
    fc.assert(
      fc.property(steps, fc.array(keys, { minLength: 5, maxLength: 10 }), (ss, packets) => {
        const table = new Classifier<number>();
        const live: Entry<number>[] = [];
        ss.forEach((s, i) => {
          if (s.drop % 3 === 0 && live.length > 0) {
            const [gone] = live.splice(s.drop % live.length, 1);
            expect(table.remove(gone!)).toBe(true);
            expect(table.remove(gone!)).toBe(false);
          } else {
            live.push(table.insert(s.match, s.priority, i));
          }
        });
        expect(table.size).toBe(live.length);
        expect(new Set(table.entries())).toEqual(new Set(live));
        for (const packet of packets) {
          const looked = newKey();
          const found = table.lookup(0, packet, looked);
          const best = live.filter((e) => matches(entryMatch(e), packet)).map((e) => e.priority);
          expect(found?.priority ?? -1).toBe(Math.max(-1, ...best));
          const ms = live.map((e) => entryMatch(e));
          for (const twin of twins(packet, looked, ms)) expect(table.lookup(0, twin)).toBe(found);
        }
      }),
      { numRuns: 200, seed: 20_031 },
    );
  });

  it("shows each version its own rules", () => {
    const table = new Classifier<string>();
    const match = newMatch();
    const old = table.insert(match, 1, "old", 1);
    const next = table.insert(match, 1, "new", 2);
    old.removed = 2;
    expect(table.lookup(0, newKey())).toBeUndefined();
    expect(table.lookup(1, newKey())).toBe(old);
    expect(table.lookup(2, newKey())).toBe(next);
    expect(table.findExact(match, 1, 1)).toBe(old);
    expect(table.findExact(match, 1, 2)).toBe(next);
    expect(table.findExact(match, 2, 2)).toBeUndefined();
  });

  it("selects loosely, and finds overlaps, as the matches themselves say", () => {
    fc.assert(
      fc.property(rules, matchArbitrary, (rs, wanted) => {
        const table = new Classifier<number>();
        for (const [i, r] of rs.entries()) table.insert(r.match, r.priority, i);
        const within = [...table.within(wanted, 0)].map((e) => e.rule).sort();
        expect(within).toEqual([...rs.keys()].filter((i) => matchIncludes(wanted, rs[i]!.match)).sort());
        for (let p = 0; p < 6; p++) {
          const clash = rs.some((r) => r.priority === p && matchesOverlap(r.match, wanted));
          expect(table.overlaps(wanted, p, 0)).toBe(clash);
        }
      }),
      { numRuns: 200, seed: 20_031 },
    );
  });

  it("looks at no more than it needs", () => {
    const table = new Classifier<string>();
    const add = (priority: number, rule: string, set: Record<string, number>): void => {
      const m = newMatch();
      for (const [name, value] of Object.entries(set)) {
        setField(m.key, field(name), value);
        unwildcard(m.mask, field(name));
      }
      table.insert(m, priority, rule);
    };
    add(10, "telnet", { eth_type: 0x0800, ip_dst: 0x0a000001, nw_proto: 6, tcp_dst: 23 });
    add(1, "all", {});
    const packet = newKey();
    packet[W.ethType] = 0x0806;
    const looked = newKey();
    expect(table.lookup(0, packet, looked)?.rule).toBe("all");
    // The first bit of the address shows that no rule has it: neither the type nor the ports need be looked at.
    const expected = newKey();
    expected[W.nwDst] = 0xf8000000;
    expect(looked).toEqual(expected);
  });
});
