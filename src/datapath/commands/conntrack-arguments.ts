import { UserError } from "#util/errors.js";

/** An error of what the user wrote, as these commands print it. */
export function argumentError(text: string): UserError {
  return new UserError(`ovs-vswitchd: ${text} (Invalid argument)`);
}

const ZONE = /^zone=\s*([-+]?\d+)/;

/** Zone numbers are read as C's scanf reads a 16-bit number: only the lower bits count. */
export function zoneOf(text: string): number | undefined {
  const digits = ZONE.exec(text)?.[1];
  return digits === undefined ? undefined : Number(BigInt.asUintN(16, BigInt(digits.replace(/^\+/, ""))));
}
