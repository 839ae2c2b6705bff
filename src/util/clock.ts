/** Something that can be called off. */
export interface Cancel {
  cancel(): void;
}

/**
 * Time, as an argument. `now()` is monotonic milliseconds since an arbitrary fixed point, with fractions; `wall()` is
 * milliseconds since the Unix epoch. `after` calls `fn` once, no sooner than `delay` milliseconds of monotonic time later.
 * Tests use a virtual clock; `time/stop` and `time/warp` move a daemon's.
 */
export interface Clock {
  now(): number;
  wall(): number;
  after(delay: number, fn: () => void): Cancel;
}
