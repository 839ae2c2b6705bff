import * as sys from "./syscalls.js";

/** How often it is looked whether programs still run before it is left to time. */
const SPINS = 10_000;

/** Returns when no program runs any more that did when it was called: a row of `size` bytes of each processor has a number at `running` that is odd meanwhile. */
export function waitForProcessors(
  ints: Int32Array,
  processors: number,
  { running, size }: { readonly running: number; readonly size: number },
): void {
  for (let cpu = 0; cpu < processors; cpu++) {
    const at = (cpu * size + running) >> 2;
    const before = Atomics.load(ints, at);
    if ((before & 1) === 0) continue;
    for (let spins = 0; Atomics.load(ints, at) === before; spins++) {
      // Its processor has been taken from it, or it is slow.
      if (spins > SPINS) sys.poll(0, 0, 1);
    }
  }
}
