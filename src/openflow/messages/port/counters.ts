import type { WireReader } from "../../wire-reader.js";
import type { WireWriter } from "../../wire-writer.js";

/** A counter that a switch may not have. */
export type Counter = bigint | undefined;

/** What a counter that is not known is on the wire. */
const UNKNOWN = 0xffff_ffff_ffff_ffffn;
const UNKNOWN_SECONDS = 0xffff_ffff;

/** How long something has been there. */
export interface Duration {
  readonly seconds: number;
  /** Of a second's rest. */
  readonly nanoseconds: number;
}

/** Reads a counter of 64 bits. */
export function readCounter(r: WireReader): Counter {
  const value = r.u64();
  return value === UNKNOWN ? undefined : value;
}

/** Writes a counter as `readCounter` reads it. */
export function writeCounter(w: WireWriter, value: Counter): void {
  w.u64(value ?? UNKNOWN);
}

/** A counter as a number, `?` where it is not known. */
export function formatCounter(value: Counter): string {
  return value === undefined ? "?" : String(value);
}

/** Reads seconds and nanoseconds; undefined where a switch does not know. */
export function readDuration(r: WireReader): Duration | undefined {
  const seconds = r.u32();
  const nanoseconds = r.u32();
  return seconds === UNKNOWN_SECONDS ? undefined : { seconds, nanoseconds };
}

/** Writes a duration as `readDuration` reads it. */
export function writeDuration(w: WireWriter, duration: Duration | undefined): void {
  w.u32(duration?.seconds ?? UNKNOWN_SECONDS).u32(duration?.nanoseconds ?? UNKNOWN_SECONDS);
}

/** `4s`, `4.100s`, `4.00000005s`: thousandths where that is all there is, else as many digits as it takes. */
export function formatDuration({ seconds, nanoseconds }: Duration): string {
  if (nanoseconds === 0) return `${seconds}s`;
  if (nanoseconds % 1_000_000 === 0) return `${seconds}.${String(nanoseconds / 1_000_000).padStart(3, "0")}s`;
  return `${seconds}.${String(nanoseconds).padStart(9, "0").replace(/0+$/, "")}s`;
}
