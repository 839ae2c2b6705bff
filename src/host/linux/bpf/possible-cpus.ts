import { readFileSync } from "node:fs";

let known: number | undefined;

/** CPUs that this host could ever have: a value of a per-CPU map has a part for each. */
export function possibleCpus(): number {
  // "0-7" or "0,2-3": there is a part for each number up to the last one.
  known ??= Number(/(\d+)\s*$/.exec(readFileSync("/sys/devices/system/cpu/possible", "utf8"))![1]) + 1;
  return known;
}
