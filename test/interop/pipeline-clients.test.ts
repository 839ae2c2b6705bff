import { afterAll, beforeAll, expect, it } from "vitest";
import { describeWith, root } from "../support/needs.js";
import { differences, PipelineSide } from "../support/pipeline-duel.js";
import { needsRealPrograms, ourPrograms, realPrograms } from "../support/switch-stack.js";
import { clientRules } from "./pipeline-client-rules.js";

describeWith([root, needsRealPrograms], "rules of clients on our switch, beside the installed one", () => {
  let ours: PipelineSide;
  let real: PipelineSide;
  beforeAll(async () => {
    ours = await PipelineSide.start({ ...realPrograms, vswitchd: ourPrograms.vswitchd });
    real = await PipelineSide.start(realPrograms);
  });
  afterAll(async () => {
    await Promise.all([ours?.close(), real?.close()]);
  });

  for (const [name, steps] of Object.entries(clientRules)) {
    it(name, async () => {
      const [mine, theirs] = await Promise.all([ours.run(steps), real.run(steps)]);
      // No command fails, and there is something to compare.
      expect(theirs.filter((step) => step.printed.endsWith("(1)\n"))).toEqual([]);
      expect(theirs.some((step) => step.printed.includes("n_packets"))).toBe(true);
      expect(differences(mine, theirs).join("\n\n")).toBe("");
    });
  }
});
