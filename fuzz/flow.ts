// Feeds the flow layer with broken frames and random tables until the time is up.
// Run with: node tools/run.mjs fuzz/flow.ts [SECONDS [SEED]]
import fc from "fast-check";
import { Classifier } from "#flow/classifier.js";
import { composeFrame } from "#flow/compose.js";
import { extractKey } from "#flow/extract.js";
import { type FlowKey, keysEqual, newKey } from "#flow/key.js";
import { newLayers } from "#flow/layers.js";
import { W } from "#flow/layout.js";
import { equalUnder, makeMatch, matches } from "#flow/match.js";
import { parseOdpKey } from "#flow/odp-parse.js";
import { formatOdpKey } from "#flow/odp-text.js";
import { testFrames } from "../test/differential/odp-frames.js";

const seconds = Number(process.argv[2] ?? 10);
const seed = Number(process.argv[3] ?? Date.now() % 2 ** 31);
const layers = newLayers();

const frame: fc.Arbitrary<Uint8Array> = fc
  .tuple(
    fc.constantFrom(...testFrames.map((f) => f.hex)),
    fc.array(fc.tuple(fc.nat(400), fc.nat(255)), { maxLength: 8 }),
    fc.nat(120),
  )
  .map(([hex, changes, cut]) => {
    const bytes = Uint8Array.from(Buffer.from(hex, "hex"));
    for (const [at, value] of changes) bytes[at % bytes.length] = value;
    return bytes.slice(0, Math.max(0, bytes.length - (cut > 60 ? 0 : cut)));
  });

function keyOf(bytes: Uint8Array, at = 0, length = bytes.length): { key: FlowKey; fault: number } {
  const key = newKey();
  return { fault: extractKey(bytes, at, length, key, key, layers), key };
}

function must(holds: boolean, what: string): void {
  if (!holds) throw new Error(what);
}

/** Extraction depends on the frame alone, its text reads back, and what it is composed of extracts to it. */
const extraction = fc.property(frame, fc.nat(255), (bytes, around) => {
  const { key, fault } = keyOf(bytes);
  const within = new Uint8Array(bytes.length + 64).fill(around);
  within.set(bytes, 32);
  must(keysEqual(keyOf(within, 32, bytes.length).key, key), "bytes beside the frame were read");
  const text = formatOdpKey(key, undefined, { verbose: true });
  if (key[W.ethType] !== 0 && !text.includes("bad key")) {
    must(formatOdpKey(parseOdpKey(text).key, undefined, { verbose: true }) === text, `${text} does not read back`);
  }
  if (fault === 0) must(keysEqual(keyOf(composeFrame(key)).key, key), "composed frame has another key");
});

/** A classifier gives the best rule, and packets that agree in what it looked at get the same one. */
const classification = fc.property(
  fc.array(fc.tuple(frame, fc.nat(7), fc.array(fc.tuple(fc.nat(100), fc.nat(32)), { maxLength: 6 })), {
    maxLength: 40,
  }),
  fc.array(frame, { minLength: 1, maxLength: 10 }),
  (rules, packets) => {
    const table = new Classifier<number>();
    const all = rules.map(([bytes, priority, bits], i) => {
      const mask = newKey();
      for (const [w, length] of bits) mask[w] = length === 0 ? 0 : (0xffffffff << (32 - length)) >>> 0;
      const match = makeMatch(keyOf(bytes).key, mask);
      table.insert(match, priority, i);
      return { match, priority };
    });
    for (const bytes of packets) {
      const { key } = keyOf(bytes);
      const looked = newKey();
      const found = table.lookup(0, key, looked);
      const best = Math.max(-1, ...all.filter((r) => matches(r.match, key)).map((r) => r.priority));
      must((found?.priority ?? -1) === best, "not the best rule");
      const others = [key.map((w, i) => w ^ ~looked[i]!), ...packets.map((p) => keyOf(p).key)];
      for (const other of others) {
        if (equalUnder(looked, other, key)) must(table.lookup(0, other) === found, "looked at too little");
      }
    }
  },
);

console.log(`seed ${seed}`);
const until = Date.now() + seconds * 1000;
let runs = 0;
for (let round = seed; Date.now() < until; round++) {
  fc.assert(extraction, { seed: round, numRuns: 2000 });
  fc.assert(classification, { seed: round, numRuns: 100 });
  runs += 2100;
}
console.log(`${runs} runs, no fault`);
