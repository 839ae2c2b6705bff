import type { Cancel, Clock } from "#util/clock.js";

interface Timer {
  readonly due: number;
  readonly order: number;
  readonly fn: () => void;
}

/** A clock that stands still until it is told to move. */
export class FakeClock implements Clock {
  #now = 0;
  readonly #epoch: number;
  #order = 0;
  readonly #timers = new Set<Timer>();

  /** `epoch` is the wall time, in milliseconds since 1970, at monotonic 0. */
  constructor(epoch: number = Date.UTC(2024, 0, 1)) {
    this.#epoch = epoch;
  }

  now(): number {
    return this.#now;
  }

  wall(): number {
    return this.#epoch + this.#now;
  }

  after(delay: number, fn: () => void): Cancel {
    const timer: Timer = { due: this.#now + Math.max(0, delay), order: this.#order++, fn };
    this.#timers.add(timer);
    return { cancel: () => this.#timers.delete(timer) };
  }

  /** When the next timer is due; `undefined` where none is set. */
  nextDue(): number | undefined {
    return this.#next()?.due;
  }

  /** How many timers are set, so that a test can see that none was left behind. */
  get pending(): number {
    return this.#timers.size;
  }

  /** Moves time on by `ms`, firing what becomes due in order, each at its own time. */
  advance(ms: number): void {
    const end = this.#now + ms;
    for (let next = this.#next(); next && next.due <= end; next = this.#next()) this.#fire(next);
    this.#now = end;
  }

  /** As `advance`, but lets promises and queued events run after each timer. */
  async advanceAsync(ms: number): Promise<void> {
    const end = this.#now + ms;
    await settle();
    for (let next = this.#next(); next && next.due <= end; next = this.#next()) {
      this.#fire(next);
      await settle();
    }
    this.#now = end;
    await settle();
  }

  #fire(timer: Timer): void {
    this.#timers.delete(timer);
    this.#now = Math.max(this.#now, timer.due);
    timer.fn();
  }

  #next(): Timer | undefined {
    let best: Timer | undefined;
    for (const timer of this.#timers) {
      if (!best || timer.due < best.due || (timer.due === best.due && timer.order < best.order)) best = timer;
    }
    return best;
  }
}

/** Lets everything that is queued on the event loop run. */
export async function settle(): Promise<void> {
  for (let i = 0; i < 8; i++) await new Promise((resolve) => setImmediate(resolve));
}
