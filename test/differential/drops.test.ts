import { expect, it } from "vitest";
import { describeWith, root } from "../support/needs.js";
import { pipelinePair } from "../support/pipeline-pair.js";
import { needsRealPrograms } from "../support/switch-stack.js";
import { dropCounters, dropScenarios } from "./drop-scenarios.js";

const counted = dropCounters.map((name) => `counted ${name}`).join("\n");

describeWith([root, needsRealPrograms], "coverage counters of drops, beside the installed switch", () => {
  const sides = pipelinePair();

  it.each(Object.entries(dropScenarios))("%s", async (_, steps) => {
    const scenario = `${steps}\nwait\nwarp 2000\npurge\nwarp 2000\n${counted}`;
    const [mine, theirs] = (await Promise.all([sides.ours.run(scenario), sides.real.run(scenario)])).map((outcomes) =>
      outcomes.filter(({ line, printed }) => line.startsWith("counted") && printed.trim() !== "0"),
    );
    expect(mine).toEqual(theirs);
  });
});
