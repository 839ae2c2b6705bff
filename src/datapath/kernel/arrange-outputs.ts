import { OP_DROP, OP_OUTPUT, OP_TRUNC, type Op, type Program } from "../userspace/ops.js";

/** An output, and the step that says what is left of the packet there. */
interface Output {
  readonly step: Op;
  readonly cut: Op | undefined;
}

/** Longer than any packet. */
const WHOLE = 2 ** 32;

const leftBy = ({ cut }: Output): number => cut?.a ?? WHOLE;

/**
 * A program in which outputs that follow each other come in an order that the kernel can do best, as nobody sees which of several ports a packet has left by first. Those by ports that are down come before the
 * others, where they need no copy to go on; what is left of the packet becomes shorter and shorter. Outputs by the same port keep their order; where they would not, all do.
 */
export function arrangeOutputs(program: Program, isDown: (port: number) => boolean): Program {
  const steps: Op[] = [];
  let run: Output[] = [];
  let cut: Op | undefined;
  for (const step of program) {
    if (step.code === OP_TRUNC) cut = step;
    else if (step.code === OP_OUTPUT) {
      run.push({ step, cut });
      cut = undefined;
    } else {
      steps.push(...arranged(run, isDown));
      run = [];
      if (cut && step.code !== OP_DROP) steps.push(cut);
      cut = undefined;
      steps.push(within(step, isDown));
    }
  }
  return [...steps, ...arranged(run, isDown)];
}

function within(step: Op, isDown: (port: number) => boolean): Op {
  const { inner, otherwise } = step;
  if (inner.length === 0 && otherwise.length === 0) return step;
  return { ...step, inner: arrangeOutputs(inner, isDown), otherwise: arrangeOutputs(otherwise, isDown) };
}

function arranged(run: readonly Output[], isDown: (port: number) => boolean): Op[] {
  // So it is with nearly all, which may be hundreds.
  if (run.every(({ step, cut }) => cut === undefined && !isDown(step.a))) return run.map(({ step }) => step);
  const down = run.filter(({ step }) => isDown(step.a));
  const others = run.filter(({ step }) => !isDown(step.a));
  const sorted = others.toSorted((a, b) => leftBy(b) - leftBy(a));
  return [...down, ...(keepsOrder(others, sorted) ? sorted : others)].flatMap(({ step, cut }) =>
    cut ? [cut, step] : [step],
  );
}

/** Whether the outputs by each port are in the same order. */
function keepsOrder(before: readonly Output[], after: readonly Output[]): boolean {
  return before.every(({ step: { a: port } }) => {
    const of = (outputs: readonly Output[]): readonly Output[] => outputs.filter(({ step }) => step.a === port);
    const now = of(after);
    return of(before).every((output, i) => output === now[i]);
  });
}
