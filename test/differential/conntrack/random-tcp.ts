import { ipv4, tcp } from "../../support/ip-frames.js";
import { seededNumbers } from "../../support/seeded-numbers.js";
import type { Scenario, Step } from "./scenarios.js";

const STEPS = 120;

/** Segments of two sides who keep the rules often, and break them otherwise. */
export function randomTcp(seed: number): Scenario {
  const next = seededNumbers(seed);
  const pick = <T>(...from: readonly T[]): T => from[next(from.length)]!;
  const sequence = [next(2 ** 31) * 2, next(2 ** 31) * 2] as [number, number];
  const begun = [false, false];
  const scale = pick(undefined, 0, 2, 7, 14);
  const steps: Step[] = [];
  for (let i = 0; i < STEPS; i++) {
    const side = next(2) as 0 | 1;
    const other = (1 - side) as 0 | 1;
    let flags = pick("A", "A", "PA", "PA", "PA", "FA", "R", "RA", "A", "PUA");
    if (!begun[side]) flags = side === 0 ? "S" : "SA";
    if (side === 1 && !begun[0]) continue;
    // Who has not been heard yet is heard by its SYN, and not after a reset.
    if (flags.includes("R") && !begun[1 - side]) continue;
    begun[side] = true;
    const off = pick(0, 0, 0, 0, 0, 0, 1, -1, 1000, -1000);
    const acknowledgedOff = pick(0, 0, 0, 0, 0, -1, -1000, 1000);
    const data = flags.includes("P") ? "x".repeat(1 + next(1000)) : "";
    const at = (sequence[side] + off) >>> 0;
    const ports: [number, number] = side === 0 ? [1000, 80] : [80, 1000];
    const frame = tcp(ipv4, 1 + side, 1 + other, ports, flags, {
      sequence: at,
      acknowledgment: flags.includes("A") ? (sequence[other] + acknowledgedOff) >>> 0 : 0,
      window: pick(0, 1, 100, 1000, 65535),
      data,
      ...(flags.includes("S") && scale !== undefined && next(8) > 0 ? { scale: next(6) === 0 ? 3 : scale } : {}),
    });
    steps.push({ port: (side + 1) as 1 | 2, frame });
    if (off === 0) sequence[side] = (at + data.length + (/[SF]/.test(flags) ? 1 : 0)) >>> 0;
    if (next(20) === 0) steps.push({ call: ["dpctl/dump-conntrack", "-s"] });
  }
  return { name: `random ${seed}`, rules: { fromClient: "ct(commit)", fromServer: "ct" }, steps };
}
