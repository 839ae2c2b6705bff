// Feeds the OpenFlow decoders with damaged messages, and its parsers with damaged text, until the time is up.
// Run with: node tools/run.mjs fuzz/openflow.ts [SECONDS [SEED]]
import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { decodeInstructions, encodeInstructions } from "#openflow/actions/instructions.js";
import { parseActions } from "#openflow/actions/parse.js";
import { formatActions } from "#openflow/actions/table.js";
import { decodeError } from "#openflow/error-message.js";
import { decodeHello } from "#openflow/hello.js";
import { decodeOxm, encodeOxm } from "#openflow/match/oxm.js";
import { parseFlowMatch } from "#openflow/match-parse.js";
import { formatMatch } from "#openflow/match-text.js";
import { OfpError } from "#openflow/ofp-error.js";
import type { Version } from "#openflow/version.js";
import { WireReader } from "#openflow/wire-reader.js";
import { WireWriter } from "#openflow/wire-writer.js";
import { UserError } from "#util/errors.js";
import { actionTexts } from "../test/differential/openflow-action-texts.js";
import { matchTexts } from "../test/differential/openflow-match-texts.js";

const seconds = Number(process.argv[2] ?? 10);
const seed = Number(process.argv[3] ?? Date.now() % 2 ** 31);

interface Recorded {
  readonly flows: readonly { readonly forms: Readonly<Record<string, { readonly hex?: string }>> }[];
}

const file = join(import.meta.dirname, "../test/differential/openflow-actions.json");
const recorded = (JSON.parse(readFileSync(file, "utf8")) as Recorded).flows.flatMap(({ forms }) =>
  Object.entries(forms).flatMap(([v, { hex }]) => (hex ? [{ version: Number(v) as Version, hex }] : [])),
);

const changes = fc.array(fc.tuple(fc.nat(300), fc.nat(255)), { maxLength: 6 });

function damaged(bytes: Uint8Array, by: readonly (readonly [number, number])[]): Uint8Array {
  const copy = bytes.slice();
  for (const [at, value] of by) if (copy.length > 0) copy[at % copy.length] = value;
  return copy;
}

/** Runs what may only fail with its own kind of error. */
function allow(kind: typeof OfpError | typeof UserError, body: () => void): void {
  try {
    body();
  } catch (e) {
    if (!(e instanceof kind)) throw e;
  }
}

const instructions = fc.property(fc.constantFrom(...recorded), changes, ({ version, hex }, by) => {
  const bytes = damaged(Uint8Array.from(Buffer.from(hex, "hex")), by);
  allow(OfpError, () => {
    const actions = decodeInstructions(new WireReader(bytes), version);
    const text = formatActions(actions);
    const w = new WireWriter(new Uint8Array(99).fill(0xa5));
    encodeInstructions(actions, version, w);
    const again = formatActions(decodeInstructions(new WireReader(w.done()), version));
    const lost = /write_actions\(drop\)/.test(text);
    if (again !== text && !lost) throw new Error(`${text} came back as ${again}`);
  });
});

const anything = fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
  allow(OfpError, () => void decodeHello(bytes));
  allow(OfpError, () => void decodeError(bytes));
  allow(OfpError, () => {
    const w = new WireWriter();
    encodeOxm(decodeOxm(new WireReader(bytes), { strict: false }), 4, w);
  });
});

const texts = fc.property(
  fc.constantFrom(...[...actionTexts, ...matchTexts].map((t) => t.split("|").at(-1)!)),
  fc.array(fc.tuple(fc.nat(60), fc.constantFrom(..."(),:=[]->/0x9*+ .")), { maxLength: 4 }),
  (text, by) => {
    const letters = [...text];
    for (const [at, letter] of by) letters[at % (letters.length + 1)] = letter;
    const broken = letters.join("");
    allow(UserError, () => void formatActions(parseActions(broken)));
    allow(UserError, () => void formatMatch(parseFlowMatch(broken)));
  },
);

const end = Date.now() + 1000 * seconds;
let rounds = 0;
while (Date.now() < end) {
  for (const property of [instructions, anything, texts] as fc.IProperty<unknown>[]) {
    fc.assert(property, { seed: seed + rounds, numRuns: 500 });
  }
  rounds++;
}
console.log(`seed ${seed}: ${rounds} rounds of 1500`);
