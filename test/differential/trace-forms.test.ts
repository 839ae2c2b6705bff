import { afterAll, beforeAll, expect, it } from "vitest";
import { describeWith, root } from "../support/needs.js";
import { differences, PipelineSide } from "../support/pipeline-duel.js";
import { needsRealPrograms, ourPrograms, realPrograms } from "../support/switch-stack.js";
import { otherForms, traceForms } from "./trace-forms.js";

describeWith([root, needsRealPrograms], "every way to trace, beside the installed switch", () => {
  let ours: PipelineSide;
  let real: PipelineSide;
  beforeAll(async () => {
    ours = await PipelineSide.start({ ...realPrograms, vswitchd: ourPrograms.vswitchd });
    real = await PipelineSide.start(realPrograms);
  });
  afterAll(async () => {
    await Promise.all([ours?.close(), real?.close()]);
  });

  const found = async (steps: string): Promise<string[]> => {
    const [mine, theirs] = await Promise.all([ours.run(steps), real.run(steps)]);
    return differences(mine, theirs);
  };

  it.each(Object.entries(traceForms))("%s", async (_, steps) => {
    expect((await found(steps)).join("\n\n")).toBe("");
  });

  it.each(Object.entries(otherForms))("%s [differs: %s]", async (form) => {
    expect(await found(form)).toHaveLength(1);
  });
});
