import type { Duration } from "#openflow/messages/port/counters.js";

/** Clock milliseconds as seconds and nanoseconds, whole milliseconds of them. */
export function elapsed(milliseconds: number): Duration {
  const whole = Math.max(0, Math.floor(milliseconds));
  return { seconds: Math.floor(whole / 1000), nanoseconds: (whole % 1000) * 1_000_000 };
}
