import { BugError } from "#util/errors.js";
import type { VersionRange } from "../version.js";

/** How an error is called in the specifications, in Nicira's extensions and on the screen. */
export type ErrorName = `${"OFP" | "NX"}${string}_${string}`;

/** Experimenter numbers that have errors. */
export const NICIRA_VENDOR = 0x00002320;
export const ONF_VENDOR = 0x4f4e4600;

/** The numbers of an error in some versions. `vendor` 0 is the standard; a vendor's error of 1.2 and later has no code. */
export interface ErrorNumbers {
  readonly range: VersionRange;
  readonly vendor: number;
  readonly type: number;
  readonly code: number;
}

/** An error and its numbers. In versions of none of its ranges it cannot be said. */
export interface ErrorRow {
  readonly name: ErrorName;
  readonly numbers: readonly ErrorNumbers[];
}

/** Standard numbers. */
export const of = (range: VersionRange, type: number, code: number): ErrorNumbers => ({ range, vendor: 0, type, code });

/** Nicira's numbers: a type and a code until OpenFlow 1.1, an experimenter type later. */
export const nx = (range: VersionRange, type: number, code = 0): ErrorNumbers => ({
  range,
  vendor: NICIRA_VENDOR,
  type,
  code,
});

/** ONF's numbers: an experimenter type. */
export const onf = (range: VersionRange, type: number): ErrorNumbers => ({ range, vendor: ONF_VENDOR, type, code: 0 });

/** One row. */
export function row(name: ErrorName, ...numbers: readonly ErrorNumbers[]): ErrorRow {
  if (numbers.length === 0) throw new BugError(`error ${name} has no numbers`);
  return { name, numbers };
}
