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
  const sorted = keepsOrder(others) ? others.toSorted((a, b) => leftBy(b) - leftBy(a)) : others;
  return [...down, ...sorted].flatMap(({ step, cut }) => (cut ? [cut, step] : [step]));
}

/** Whether outputs by each port, sorted by what is left of the packet, stay in their order. */
function keepsOrder(outputs: readonly Output[]): boolean {
  const least = new Map<number, number>();
  return outputs.every((output) => {
    const left = leftBy(output);
    const isLess = left <= (least.get(output.step.a) ?? WHOLE);
    least.set(output.step.a, left);
    return isLess;
  });
}
