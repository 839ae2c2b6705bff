import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Classifier } from "./classifier.js";
import type { Clause } from "./conjunctions.js";
import { type FlowKey, newKey } from "./key.js";
import { W } from "./layout.js";
import { type Match, matches, newMatch } from "./match.js";
import { shapeOf } from "./shape.js";

interface Plain {
  readonly match: Match;
  readonly priority: number;
  readonly clauses?: readonly Clause[];
}

const words: readonly number[] = [W.inPort, W.nwSrc, W.nwDst, W.tp];

function match(fields: readonly (readonly [word: number, value: number])[]): Match {
  const made = newMatch();
  for (const [word, value] of fields) {
    made.key[word] = value;
    made.mask[word] = 0xffffffff;
  }
  return made;
}

function classifierOf(rules: readonly Plain[]): Classifier<number> {
  const table = new Classifier<number>();
  for (const [rule, { match: m, priority, clauses }] of rules.entries()) {
    const shape = shapeOf(m.mask);
    const values = new Array<number>(shape.words.length);
    shape.gather(m.key, values, 0);
    table.insertEntry({ rule, priority, shape, values, clauses }, 0);
  }
  return table;
}

/** What may be found, by going through all rules: of equal priority any will do. Undefined stands for nothing. */
function expected(rules: readonly Plain[], packet: FlowKey): Set<number | undefined> {
  const plain = (key: FlowKey): Set<number | undefined> => {
    const found = [...rules.keys()].filter((i) => rules[i]!.clauses === undefined && matches(rules[i]!.match, key));
    const best = Math.max(...found.map((i) => rules[i]!.priority));
    return new Set(found.length === 0 ? [undefined] : found.filter((i) => rules[i]!.priority === best));
  };
  const byItself = plain(packet);
  const [one] = byItself;
  const least = one === undefined ? -1 : rules[one]!.priority;
  const parts = rules.filter((r) => r.clauses !== undefined && r.priority > least && matches(r.match, packet));
  for (const priority of [...new Set(parts.map((p) => p.priority))].sort((a, b) => b - a)) {
    const clauses = parts.filter((p) => p.priority === priority).flatMap((p) => p.clauses!);
    const ids = new Set<number>();
    for (const { id, clauses: n } of clauses) {
      const have = new Set(clauses.filter((c) => c.id === id && c.clauses === n).map((c) => c.clause));
      if (have.size === n) ids.add(id);
    }
    const answers = [...ids].map((id) => {
      const key = packet.slice();
      key[W.conjId] = id;
      return plain(key);
    });
    const found = answers.filter((set) => !set.has(undefined)).flatMap((set) => [...set]);
    if (found.length > 0) return new Set(found);
  }
  return byItself;
}

const values = fc.integer({ min: 0, max: 1 });
const fieldLists = fc.uniqueArray(fc.tuple(fc.constantFrom(...words), values), { selector: ([w]) => w, maxLength: 2 });

const clause: fc.Arbitrary<Clause> = fc
  .record({ id: fc.integer({ min: 1, max: 3 }), clauses: fc.integer({ min: 2, max: 3 }), clause: fc.nat(2) })
  .map((c) => ({ ...c, clause: c.clause % c.clauses }));

const rules: fc.Arbitrary<Plain[]> = fc.array(
  fc
    .oneof(
      { weight: 4, arbitrary: fc.tuple(fieldLists, fc.nat(2), fc.array(clause, { minLength: 1, maxLength: 2 })) },
      { weight: 2, arbitrary: fc.tuple(fieldLists, fc.nat(2), fc.constant(undefined)) },
      {
        weight: 2,
        arbitrary: fc.tuple(
          fc
            .tuple(fieldLists, fc.integer({ min: 1, max: 3 }))
            .map(([fields, id]) => [...fields, [W.conjId, id] as const]),
          fc.nat(2),
          fc.constant(undefined),
        ),
      },
    )
    .map(
      ([fields, priority, clauses]): Plain => ({
        match: match(fields),
        priority,
        ...(clauses !== undefined && { clauses }),
      }),
    ),
  { maxLength: 25, minLength: 8 },
);

const packets = fc.array(fc.tuple(values, values, values, values), { minLength: 1, maxLength: 20 }).map((all) =>
  all.map((vs) => {
    const key = newKey();
    for (const [i, v] of vs.entries()) key[words[i]!] = v;
    return key;
  }),
);

describe("conjunctive matches", () => {
  it("are found as going through all rules finds them, and by no more than was looked at", () => {
    let conjunctive = 0;
    fc.assert(
      fc.property(rules, packets, (rs, ps) => {
        const table = classifierOf(rs);
        for (const packet of ps) {
          const looked = newKey();
          const before = packet.join();
          const found = table.lookup(0, packet, looked);
          expect(packet.join()).toBe(before);
          expect(expected(rs, packet)).toContain(found?.rule);
          expect(table.lookup(0, packet)).toBe(found);
          if (found !== undefined && found.shape.mask[W.conjId] !== 0) conjunctive++;
          for (const other of ps) {
            const twin = packet.map((w, i) => (w & looked[i]!) | (other[i]! & ~looked[i]!));
            twin[W.conjId] = 0;
            expect(table.lookup(0, twin)).toBe(found);
          }
        }
      }),
      { numRuns: 350, seed: 64_064 },
    );
    expect(conjunctive).toBeGreaterThan(40);
  });

  it("have up to 64 clauses", () => {
    const of64 = (clause: number): Plain => ({
      match: match(clause % 2 === 0 ? [] : [[W.inPort, 1]]),
      priority: 5,
      clauses: [{ id: 9, clause, clauses: 64 }],
    });
    const last: Plain = { match: match([[W.conjId, 9]]), priority: 5 };
    const parts = Array.from({ length: 64 }, (_, i) => of64(i));
    const key = newKey();
    key[W.inPort] = 1;
    expect(classifierOf([...parts, last]).lookup(0, key)?.rule).toBe(64);
    expect(classifierOf([...parts.slice(1), last]).lookup(0, key)).toBeUndefined();
    expect(classifierOf([...parts.slice(0, -1), last]).lookup(0, key)).toBeUndefined();
    key[W.inPort] = 2;
    expect(classifierOf([...parts, last]).lookup(0, key)).toBeUndefined();
  });
});
