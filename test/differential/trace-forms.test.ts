import { expect, it } from "vitest";
import { describeWith, root } from "../support/needs.js";
import { differences } from "../support/pipeline-duel.js";
import { pipelinePair } from "../support/pipeline-pair.js";
import { needsRealPrograms } from "../support/switch-stack.js";
import { otherForms, traceForms } from "./trace-forms.js";

describeWith([root, needsRealPrograms], "every way to trace, beside the installed switch", () => {
  const sides = pipelinePair();

  const found = async (steps: string): Promise<string[]> => {
    const [mine, theirs] = await Promise.all([sides.ours.run(steps), sides.real.run(steps)]);
    return differences(mine, theirs);
  };

  it.each(Object.entries(traceForms))("%s", async (_, steps) => {
    expect((await found(steps)).join("\n\n")).toBe("");
  });

  it.each(Object.entries(otherForms))("%s [differs: %s]", async (form) => {
    expect(await found(form)).toHaveLength(1);
  });
});
