// Prints damaged and made-up OpenFlow messages with our printer and with the installed ovs-ofctl, and shows where the texts differ.
// Run with: node tools/run.mjs fuzz/openflow-text.ts [MESSAGES [SEED]]
import fc from "fast-check";
import { formatMessageBytes } from "#openflow/messages/print.js";
import { hex } from "#util/hex.js";
import { families } from "../test/differential/openflow-messages/families.js";
import type { Difference } from "../test/differential/openflow-messages/harness.js";
import { printManyReal } from "../test/differential/openflow-messages/real-ofctl.js";
import { anyMessages, damagedMessages, legalMessages, withLength } from "./openflow/messages.js";

const count = Number(process.argv[2] ?? 4000);
const seed = Number(process.argv[3] ?? Date.now() % 2 ** 31);
/** The stream to the installed program is a captured TCP connection, of segments that hold a message each. */
const LONGEST = 60_000;
/** Of each kind of difference. */
const SHOWN = 700;

/** What kind of difference it is: the message, and both errors. */
function kindOf({ real, ours }: Difference): string {
  const error = (text: string): string => /decode error: (\w+)/.exec(text)?.[1] ?? "none";
  return `${/^\S+( reply| request)?/.exec(ours)?.[0]}: installed ${error(real)}, ours ${error(ours)}`;
}

async function main(): Promise<void> {
  const damaged = fc.sample(damagedMessages(legalMessages(600)), { seed, numRuns: count / 2 });
  const made = fc.sample(anyMessages, { seed, numRuns: count / 2 });
  const messages = [...damaged.map(withLength), ...made].filter((b) => b.length >= 8 && b.length < LONGEST);
  const real = await printManyReal(messages, 1);
  let excused = 0;
  const kinds = new Map<string, Difference[]>();
  for (const [i, bytes] of messages.entries()) {
    const ours = formatMessageBytes(bytes, { verbosity: 1 });
    const difference: Difference = { hex: hex(bytes), verbosity: 1, real: real[i]!, ours };
    if (ours === real[i]) continue;
    if (families.some((family) => family.differs?.(difference) === true)) {
      excused++;
      continue;
    }
    const kind = kindOf(difference);
    kinds.set(kind, [...(kinds.get(kind) ?? []), difference]);
  }
  for (const [kind, found] of kinds) {
    const [first] = [...found].sort((a, b) => a.hex.length - b.hex.length);
    console.log(`${found.length} times ${kind}\n  ovs-ofctl ofp-print ${first!.hex} 1`);
    console.log(`  real: ${first!.real.slice(0, SHOWN)}  ours: ${first!.ours.slice(0, SHOWN)}`);
  }
  const different = [...kinds.values()].reduce((n, list) => n + list.length, 0);
  console.log(`seed ${seed}: ${messages.length} messages, ${different} differ, ${excused} on purpose`);
  if (different > 0) process.exitCode = 1;
}

void main();
