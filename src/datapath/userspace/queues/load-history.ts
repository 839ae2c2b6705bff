/** How often loads are looked at, in milliseconds, and how many looks are kept: a minute's worth. */
export const SAMPLE_INTERVAL = 5000;
const KEPT = 12;

/** What something cost of a thread's time lately, from a number of milliseconds that only grows. */
export class LoadHistory {
  #last: number;
  #samples: readonly number[] = [];

  constructor(now: number) {
    this.#last = now;
  }

  /** Takes what it has cost since the last time; to be called every `SAMPLE_INTERVAL`. */
  sample(total: number): void {
    this.#samples = [total - this.#last, ...this.#samples].slice(0, KEPT);
    this.#last = total;
  }

  /** It is counted elsewhere from now on. What it has cost since the last sample goes into the next one. */
  move(total: number, next: number): void {
    this.#last = next - (total - this.#last);
  }

  /** Milliseconds of the last minute, or of what is known of it. */
  get total(): number {
    return this.#samples.reduce((a, b) => a + b, 0);
  }

  /** Percent of the last so many seconds, or of what is known of them; undefined before anything is known. */
  usage(seconds: number): number | undefined {
    const taken = this.#samples.slice(0, Math.max(1, Math.ceil((seconds * 1000) / SAMPLE_INTERVAL)));
    if (taken.length === 0) return undefined;
    return Math.min(100, (100 * taken.reduce((a, b) => a + b, 0)) / (taken.length * SAMPLE_INTERVAL));
  }
}
