import { CtState } from "#flow/layout.js";
import { startOurTracker } from "../../differential/conntrack/our-tracker.js";
import type { Tracker } from "../../differential/conntrack/tracker.js";
import { type KernelScenario, plain } from "./kernel-scenario.js";
import { type Judged, startKernelTracker } from "./kernel-tracker.js";
import { ipPacketOf, plainPacket } from "./plain-packet.js";

/** A step of which the two say different things: what each says, states only where the packets are the same. */
export interface Difference {
  readonly step: number;
  readonly kernel: string;
  readonly ours: string;
}

const WORDS = [
  [CtState.inv, "inv"],
  [CtState.new, "new"],
  [CtState.est, "est"],
  [CtState.rel, "rel"],
  [CtState.rpl, "rpl"],
] as const;

async function putToOurs(tracker: Tracker, port: 1 | 2, frame: Uint8Array): Promise<Judged[]> {
  const came = await tracker.put(port, frame);
  return came.map(({ state, bytes }) => {
    const packet = ipPacketOf(Buffer.concat([new Uint8Array(12), Buffer.from(bytes, "hex")]))!;
    const words = WORDS.filter(([bit]) => (state & bit) !== 0).map(([, word]) => word);
    return { state: words.join(" "), packet: plainPacket(packet) };
  });
}

/** Plays a scenario to both; gives what they say different things of. Throws what the scenario's own condition throws. */
export async function compare(scenario: KernelScenario): Promise<Difference[]> {
  const kernel = startKernelTracker(scenario.kernel ?? "");
  const ours = startOurTracker();
  try {
    if (scenario.setup !== undefined) kernel.run("ip", ...scenario.setup.split(" "));
    await ours.begin(scenario.ours ?? plain);
    const [theirs, own]: [Judged[][], Judged[][]] = [[], []];
    const differences: Difference[] = [];
    for (const [step, sent] of scenario.steps.entries()) {
      const [a, b] = [theirs, own].map((history) => (typeof sent === "function" ? sent(history) : sent));
      theirs.push([...kernel.put(a!.port, a!.frame)]);
      own.push(await putToOurs(ours, b!.port, b!.frame));
      const told = tell(theirs[step]!, own[step]!, scenario.holds === undefined);
      if (told !== undefined) differences.push({ step, ...told });
    }
    scenario.holds?.(theirs);
    scenario.holds?.(own);
    return differences;
  } finally {
    kernel.close();
    await ours.stop();
  }
}

function tell(
  kernel: readonly Judged[],
  ours: readonly Judged[],
  withPackets: boolean,
): Omit<Difference, "step"> | undefined {
  const states = [kernel, ours].map((came) => came.map((j) => j.state).join(", "));
  const [a, b] = [kernel, ours].map((came) => came.map((j) => j.packet).join("\n"));
  if (withPackets && a !== b) return { kernel: `${states[0]}: ${a}`, ours: `${states[1]}: ${b}` };
  return states[0] === states[1] ? undefined : { kernel: states[0]!, ours: states[1]! };
}
