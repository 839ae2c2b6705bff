import { OP_SAMPLE, OP_USERSPACE, type Op, type Program } from "../userspace/ops.js";
import { ALWAYS, someStep } from "./program-needs.js";

/**
 * The sample of a program that can be taken before all else, and what else there is. By chance it sends packets up, which does not depend on what comes before; and it is the first that packets meet, as the
 * thread has that one take the packets that the kernel chooses.
 */
export function takeFirstSample(program: Program): { readonly sample: Op | undefined; readonly rest: Program } {
  const first = program.find((step) => someStep([step], ({ code }) => code === OP_SAMPLE));
  const isTaken =
    first?.code === OP_SAMPLE && first.a !== ALWAYS && someStep(first.inner, ({ code }) => code === OP_USERSPACE);
  return isTaken
    ? { sample: first, rest: program.filter((step) => step !== first) }
    : { sample: undefined, rest: program };
}
