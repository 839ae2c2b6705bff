import { describe, expect, it } from "vitest";
import { describeWith, root } from "../support/needs.js";
import { differences } from "../support/pipeline-duel.js";
import { pipelinePair } from "../support/pipeline-pair.js";
import { needsRealPrograms } from "../support/switch-stack.js";
import { expectedDifferences } from "./pipeline-scenarios/expected.js";
import { families } from "./pipeline-scenarios/families.js";

describeWith([root, needsRealPrograms], "the pipeline beside the installed one", () => {
  const sides = pipelinePair();

  for (const [family, scenarios] of Object.entries(families)) {
    describe(family, () => {
      for (const [name, steps] of Object.entries(scenarios)) {
        const reason = expectedDifferences[`${family}: ${name}`];
        it(reason === undefined ? name : `${name} [differs: ${reason}]`, async () => {
          const { ours, real } = sides;
          const [mine, theirs] = await Promise.all([ours.run(steps), real.run(steps)]);
          const found = differences(mine, theirs);
          if (!(await ours.isAlive())) await ours.revive();
          if (reason === undefined) expect(found.join("\n\n")).toBe("");
          else expect(found.length, `differs no more: ${reason}`).toBeGreaterThan(0);
        });
      }
    });
  }
});

it("expects differences of scenarios there are", () => {
  const all = Object.entries(families).flatMap(([family, s]) => Object.keys(s).map((name) => `${family}: ${name}`));
  expect(Object.keys(expectedDifferences).filter((name) => !all.includes(name))).toEqual([]);
});
