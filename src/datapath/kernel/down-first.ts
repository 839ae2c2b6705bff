import { OP_OUTPUT, type Op, type Program } from "../userspace/ops.js";

/**
 * A program in which, of outputs that follow each other, those by ports that are down come first. Where nothing comes behind the others, the last of them then is the last step, and
 * needs no copy.
 */
export function withDownFirst(program: Program, isDown: (port: number) => boolean): Program {
  const isDownOutput = ({ code, a }: Op): boolean => code === OP_OUTPUT && isDown(a);
  const steps: Op[] = [];
  let run = 0;
  for (const step of program) {
    if (isDownOutput(step)) steps.splice(run++, 0, step);
    else steps.push(within(step, isDown));
    if (step.code !== OP_OUTPUT) run = steps.length;
  }
  return steps;
}

function within(step: Op, isDown: (port: number) => boolean): Op {
  const { inner, otherwise } = step;
  if (inner.length === 0 && otherwise.length === 0) return step;
  return { ...step, inner: withDownFirst(inner, isDown), otherwise: withDownFirst(otherwise, isDown) };
}
