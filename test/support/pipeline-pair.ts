import { afterAll, beforeAll } from "vitest";
import { PipelineSide } from "./pipeline-duel.js";
import { ourPrograms, realPrograms } from "./switch-stack.js";

/** Our daemon and the installed one, while the tests of a `describe` run. */
export interface PipelinePair {
  readonly ours: PipelineSide;
  readonly real: PipelineSide;
}

/** The pair for the `describe` in which it is called. The tools and the database are the installed ones for both. */
export function pipelinePair(): PipelinePair {
  let ours: PipelineSide | undefined;
  let real: PipelineSide | undefined;
  beforeAll(async () => {
    ours = await PipelineSide.start({ ...realPrograms, vswitchd: ourPrograms.vswitchd });
    real = await PipelineSide.start(realPrograms);
  });
  afterAll(async () => {
    await Promise.all([ours?.close(), real?.close()]);
  });
  return {
    get ours() {
      return ours!;
    },
    get real() {
      return real!;
    },
  };
}
