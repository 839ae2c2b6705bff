// Feeds the pipeline with bad input until the time is up: packets, OpenFlow, commands, what tracks connections.
// Run with: node tools/run.mjs fuzz/pipeline.ts [SECONDS [SEED [TARGET...]]]
import type { Tally } from "./pipeline/tally.js";
import { targets } from "./pipeline/targets.js";

const seconds = Number(process.argv[2] ?? 10);
const first = Number(process.argv[3] ?? Date.now() % 2 ** 31);
const wanted = process.argv.slice(4);
/** Findings after which a target ends. */
const MOST = 10;

/** Milliseconds that a seed may take before it is told. */
const SLOW = 5000;

/** What was thrown where nobody could catch it. */
const uncaught: unknown[] = [];
process.on("uncaughtException", (error) => uncaught.push(error));
process.on("unhandledRejection", (error) => uncaught.push(error));

async function main(): Promise<void> {
  const chosen = targets.filter(({ name }) => wanted.length === 0 || wanted.includes(name));
  for (const { name, run } of chosen) {
    const tally: Tally = {};
    const until = Date.now() + (seconds * 1000) / chosen.length;
    let [seed, found] = [first, 0];
    for (; Date.now() < until && found < MOST; seed++) {
      if (process.env["WEFT_TRACE"]) console.error(`${name} ${seed}`);
      const start = Date.now();
      try {
        await run(seed, tally);
        if (uncaught.length > 0) throw uncaught.splice(0)[0];
      } catch (error) {
        found++;
        console.log(`${name}, seed ${seed}: ${(error as Error).stack?.slice(0, 3000)}`);
      }
      const took = Date.now() - start;
      if (took > SLOW) console.log(`${name}, seed ${seed}: took ${took} ms`);
    }
    console.log(`${name}: seeds ${first} to ${seed - 1}, ${found} found, ${JSON.stringify(tally)}`);
    if (found > 0) process.exitCode = 1;
  }
}

void main();
