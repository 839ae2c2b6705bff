import { expect, it } from "vitest";
import { describeWith, program, root, tun } from "../support/needs.js";
import { byDesign } from "./conntrack/by-design.js";
import { compare } from "./conntrack/compare.js";
import { datagramScenarios } from "./conntrack/datagram-scenarios.js";
import { helperScenarios } from "./conntrack/helper-scenarios.js";
import { natScenarios } from "./conntrack/nat-scenarios.js";
import { randomTalk } from "./conntrack/random-talk.js";
import { tcpScenarios } from "./conntrack/tcp-scenarios.js";

const scenarios = [...tcpScenarios, ...datagramScenarios, ...natScenarios, ...helperScenarios];

describeWith([root, tun, program("/usr/sbin/nft", "nftables")], "connection tracking beside the kernel's", () => {
  it.each(scenarios.map((s) => [s.name, s] as const))("%s", async (name, scenario) => {
    expect(await compare(scenario)).toEqual(byDesign[name]?.differences ?? []);
  });

  it("names no scenario that there is not among those that differ", () => {
    expect(Object.keys(byDesign).filter((name) => !scenarios.some((s) => s.name === name))).toEqual([]);
  });

  it.each(Array.from({ length: 40 }, (_, seed) => seed))("connections of well-behaved ends, seed %i", async (seed) => {
    expect(await compare(randomTalk(seed))).toEqual([]);
  });
});
