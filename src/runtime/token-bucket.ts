/** Lets `burst` events pass at once and `rate` a minute on the average. */
export class TokenBucket {
  readonly #rate: number;
  readonly #burst: number;
  #tokens: number;
  #filled = Number.NEGATIVE_INFINITY;

  constructor(rate: number, burst: number) {
    this.#rate = rate;
    this.#burst = burst;
    this.#tokens = burst;
  }

  /** Takes one token at the time `now` (milliseconds); false where none is left. */
  take(now: number): boolean {
    const elapsed = this.#filled === Number.NEGATIVE_INFINITY ? 0 : Math.max(0, now - this.#filled);
    this.#tokens = Math.min(this.#burst, this.#tokens + (elapsed * this.#rate) / 60_000);
    this.#filled = now;
    // Sixty thousandths do not add up exactly.
    if (this.#tokens < 1 - 1e-9) return false;
    this.#tokens -= 1;
    return true;
  }
}
