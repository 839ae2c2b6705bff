import type { Cancel, Clock } from "#util/clock.js";

interface Timer {
  readonly due: number;
  readonly order: number;
  readonly fn: () => void;
  cancelled: boolean;
}

/**
 * A clock that can be stopped and moved by hand, over a real one. Its timers fire in order of their time, each at a `now()` not
 * before it: a step of a warp is one jump, as upstream's is. Wall time goes on by itself, as upstream has it.
 */
export class WarpClock implements Clock {
  readonly #real: Clock;
  /** How far our time is ahead of the real one. */
  #offset = 0;
  #stoppedAt: number | undefined;
  /** By time, then by order of their making. */
  readonly #timers: Timer[] = [];
  #order = 0;
  #wakeup: { readonly due: number; readonly cancel: Cancel } | undefined;
  #warping: Promise<void> = Promise.resolve();

  constructor(real: Clock) {
    this.#real = real;
  }

  now(): number {
    return this.#stoppedAt ?? this.#real.now() + this.#offset;
  }

  wall(): number {
    return this.#real.wall();
  }

  after(delay: number, fn: () => void): Cancel {
    const timer: Timer = { due: this.now() + Math.max(0, delay), order: this.#order++, fn, cancelled: false };
    this.#timers.splice(this.#place(timer.due), 0, timer);
    this.#arm();
    return {
      cancel: () => {
        timer.cancelled = true;
        const at = this.#timers.indexOf(timer);
        if (at >= 0) this.#timers.splice(at, 1);
        this.#arm();
      },
    };
  }

  /** From now on time moves only by `warp`, from a whole millisecond on, so that adding warps up loses no fraction. */
  stop(): void {
    this.#stoppedAt ??= Math.ceil(this.now());
    this.#arm();
  }

  /**
   * Moves time on by `total` milliseconds, `step` at a time, and fires what becomes due, in order. Between timers and between steps
   * the event loop runs. Warps that are asked for meanwhile follow one another.
   */
  warp(total: number, step: number = total): Promise<void> {
    const mine = this.#warping.then(() => this.#warp(total, step));
    this.#warping = mine.catch(() => {});
    return mine;
  }

  async #warp(total: number, step: number): Promise<void> {
    await turn();
    for (let left = total; left > 0; left -= step) {
      this.#moveTo(this.now() + Math.min(step, left));
      await turn();
      for (let next = this.#timers[0]; next && next.due <= this.now(); next = this.#timers[0]) {
        this.#timers.shift();
        next.fn();
        await turn();
      }
    }
    this.#arm();
  }

  /** Time never goes back. */
  #moveTo(time: number): void {
    const ahead = time - this.now();
    if (ahead <= 0) return;
    if (this.#stoppedAt === undefined) this.#offset += ahead;
    else this.#stoppedAt = time;
  }

  #place(due: number): number {
    let low = 0;
    let high = this.#timers.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#timers[middle]!.due <= due) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Has the real clock wake us for the first timer. */
  #arm(): void {
    const due = this.#stoppedAt === undefined ? this.#timers[0]?.due : this.#overdue();
    if (this.#wakeup?.due === due) return;
    this.#wakeup?.cancel.cancel();
    this.#wakeup = undefined;
    if (due === undefined) return;
    const cancel = this.#real.after(Math.max(0, due - this.now()), () => {
      this.#wakeup = undefined;
      this.#fire();
    });
    this.#wakeup = { due, cancel };
  }

  /** While time stands still, timers without delay fire all the same. */
  #overdue(): number | undefined {
    const due = this.#timers[0]?.due;
    return due !== undefined && due <= this.now() ? due : undefined;
  }

  #fire(): void {
    // Timers that those make wait for their own turn, however short.
    const last = this.#order;
    for (let next = this.#timers[0]; next && next.due <= this.now() && next.order < last; next = this.#timers[0]) {
      this.#timers.shift();
      next.fn();
    }
    this.#arm();
  }
}

/** Lets the event loop run: whatever was made ready is handled. */
function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
