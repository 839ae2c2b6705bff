// Feeds the OpenFlow decoders with damaged messages, and its parsers with damaged text, until the time is up. Only a peer's
// or a user's fault may come out; what is read is printed and written again; nothing grows faster than the input.
// Run with: node tools/run.mjs fuzz/openflow.ts [SECONDS [SEED]]
import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import type { Version } from "#openflow/version.js";
import { unhex } from "#util/hex.js";
import { checkGrowth } from "./openflow/growth.js";
import { legalMessages, messageProperties } from "./openflow/messages.js";
import { partProperties } from "./openflow/parts.js";
import { textProperty } from "./openflow/texts.js";

const seconds = Number(process.argv[2] ?? 10);
/** Findings after which it ends. */
const MOST = 20;
const seed = Number(process.argv[3] ?? Date.now() % 2 ** 31);

interface Recorded {
  readonly flows: readonly { readonly forms: Readonly<Record<string, { readonly hex?: string }>> }[];
}

const file = join(import.meta.dirname, "../test/differential/openflow-actions.json");
const recorded = (JSON.parse(readFileSync(file, "utf8")) as Recorded).flows.flatMap(({ forms }) =>
  Object.entries(forms).flatMap(([v, { hex }]) => (hex ? [{ version: Number(v) as Version, bytes: unhex(hex)! }] : [])),
);

const end = Date.now() + 1000 * seconds;
checkGrowth();
const messages = legalMessages(2000);
const properties = [...partProperties(recorded), ...messageProperties(messages), textProperty];
let rounds = 0;
const found: string[] = [];
do {
  for (const property of properties) {
    try {
      fc.assert(property, { seed: seed + rounds, numRuns: 500 });
    } catch (e) {
      const { message, cause } = e as Error;
      found.push(`seed ${seed + rounds}: ${message.slice(0, 300)}\n${String(cause).slice(0, 3000)}`);
      console.log(found.at(-1));
    }
  }
  rounds++;
} while (Date.now() < end && found.length < MOST);
console.log(`seed ${seed}: ${rounds} rounds of ${500 * properties.length}, over ${messages.length} messages`);
if (found.length > 0) process.exitCode = 1;
