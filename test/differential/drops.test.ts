import { afterAll, beforeAll, expect, it } from "vitest";
import { describeWith, root } from "../support/needs.js";
import { PipelineSide } from "../support/pipeline-duel.js";
import { needsRealPrograms, ourPrograms, realPrograms } from "../support/switch-stack.js";
import { dropCounters, dropScenarios } from "./drop-scenarios.js";

const counted = dropCounters.map((name) => `counted ${name}`).join("\n");

describeWith([root, needsRealPrograms], "coverage counters of drops, beside the installed switch", () => {
  let ours: PipelineSide;
  let real: PipelineSide;
  beforeAll(async () => {
    ours = await PipelineSide.start({ ...realPrograms, vswitchd: ourPrograms.vswitchd });
    real = await PipelineSide.start(realPrograms);
  });
  afterAll(async () => {
    await Promise.all([ours?.close(), real?.close()]);
  });

  it.each(Object.entries(dropScenarios))("%s", async (_, steps) => {
    const scenario = `${steps}\nwait\nwarp 2000\npurge\nwarp 2000\n${counted}`;
    const [mine, theirs] = (await Promise.all([ours.run(scenario), real.run(scenario)])).map((outcomes) =>
      outcomes.filter(({ line, printed }) => line.startsWith("counted") && printed.trim() !== "0"),
    );
    expect(mine).toEqual(theirs);
  });
});
