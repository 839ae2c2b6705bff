import type { Cancel, Clock } from "#util/clock.js";

/** The longest delay that Node's timers take; a longer one would fire at once. */
const longestDelay = 2 ** 31 - 1;

/** The machine's own time. */
export class NodeClock implements Clock {
  now(): number {
    return performance.now();
  }

  wall(): number {
    return Date.now();
  }

  after(delay: number, fn: () => void): Cancel {
    // A timer would wait a millisecond at the least.
    if (delay <= 0) {
      const immediate = setImmediate(fn);
      return { cancel: () => clearImmediate(immediate) };
    }
    const due = performance.now() + delay;
    let timer: NodeJS.Timeout;
    const wait = (): void => {
      // Node counts whole milliseconds and may fire a fraction early.
      const left = due - performance.now();
      if (left <= 0) fn();
      else timer = setTimeout(wait, Math.min(Math.ceil(left), longestDelay));
    };
    timer = setTimeout(wait, Math.max(0, Math.min(Math.ceil(delay), longestDelay)));
    return { cancel: () => clearTimeout(timer) };
  }
}
