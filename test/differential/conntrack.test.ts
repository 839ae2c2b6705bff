import { afterAll, beforeAll, expect, it } from "vitest";
import { datagramScenarios } from "../kernel/conntrack/datagram-scenarios.js";
import { plain } from "../kernel/conntrack/kernel-scenario.js";
import { randomTalk } from "../kernel/conntrack/random-talk.js";
import { tcpScenarios } from "../kernel/conntrack/tcp-scenarios.js";
import { describeWith, openVswitch } from "../support/needs.js";
import { startOurTracker } from "./conntrack/our-tracker.js";
import { randomTcp } from "./conntrack/random-tcp.js";
import { startRealTracker } from "./conntrack/real-tracker.js";
import { type Scenario, scenarios } from "./conntrack/scenarios.js";
import type { Tracker } from "./conntrack/tracker.js";

/** The order of connections in a dump says nothing. */
const sorted = (text: string): string[] => text.split("\n").sort();

/** Everything that a tracker says to a scenario, step by step. */
async function play(tracker: Tracker, { rules, steps }: Scenario): Promise<unknown[]> {
  await tracker.begin(rules);
  const said: unknown[] = [];
  for (const step of steps) {
    if ("warp" in step) await tracker.warp(step.warp);
    else if ("call" in step) {
      const [name, ...args] = step.call as [string, ...string[]];
      said.push({ call: step.call.join(" "), said: sorted(await tracker.call(name, ...args)) });
    } else {
      const tracked = await tracker.put(step.port, step.frame);
      const connections = sorted(await tracker.call("dpctl/dump-conntrack", "-m"));
      said.push({ put: Buffer.from(step.frame).toString("hex").slice(0, 160), tracked, connections });
    }
  }
  return said;
}

/** Errors over IPv6 about what was translated: 3.1 leaves TCP's checksum of the quoted packet as it was. The kernel is on our side there. */
const WRONG_IN_THEIRS = "errors over IPv6, source translated";

/** Those that the kernel is asked, too, as far as their packets are known beforehand. Of a new connection with a bare `nat`, 3.1 makes an odd one. */
/** In talk 11 a translated connection begins anew; while time stands still, 3.1 takes its old port for one in use. */
const talks = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 13, 14, 15].map(randomTalk);
const kernelScenarios = [...datagramScenarios, ...tcpScenarios, ...talks].flatMap(
  ({ name, ours, steps }): Scenario[] => {
    const known = steps.filter((step) => typeof step !== "function");
    if (known.length < steps.length || name === WRONG_IN_THEIRS) return [];
    const { fromClient, fromServer } = ours ?? plain;
    return [{ name, rules: { fromClient, fromServer: fromServer.replace("commit,nat", "nat") }, steps: known }];
  },
);

describeWith([openVswitch], "connection tracking beside the installed switch", () => {
  let real: Tracker;
  let ours: Tracker;

  beforeAll(async () => {
    real = await startRealTracker();
    ours = startOurTracker();
  }, 60_000);

  afterAll(async () => {
    await real?.stop();
    await ours?.stop();
  });

  it.each([...kernelScenarios, ...scenarios].map((s) => [s.name, s] as const))(
    "%s",
    async (_, scenario) => {
      expect(await play(ours, scenario)).toEqual(await play(real, scenario));
    },
    60_000,
  );

  it.each([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])(
    "random segments, seed %i",
    async (seed) => {
      const scenario = randomTcp(seed);
      expect(await play(ours, scenario)).toEqual(await play(real, scenario));
    },
    60_000,
  );
});
