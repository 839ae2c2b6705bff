import { UserError } from "#util/errors.js";
import { parseMac } from "#util/mac.js";
import { parseInteger, parseUnsigned, quickInteger } from "../number-text.js";

/** A number that must be there; its lower 32 bits count, as where C converts. Throws `UserError`. */
export function parseU32(text: string): number {
  const quick = quickInteger(text);
  return quick >= 0 && quick <= 0xffffffff ? quick : Number(parseU64(text) & 0xffffffffn);
}

/** A 64-bit number that must be there. Throws `UserError`. */
export function parseU64(text: string): bigint {
  const quick = quickInteger(text);
  if (quick >= 0) return BigInt(quick);
  if (text === "") throw new UserError("missing required numeric argument");
  const value = parseInteger(text);
  if (value === undefined || value >= 1n << 64n || value <= -(1n << 64n))
    throw new UserError(`invalid numeric format ${text}`);
  return BigInt.asUintN(64, value);
}

/** A number of 8 or 16 bits; errors say `invalid <name> "<text>"`. */
function parseSmall(text: string, name: string, max: number): number {
  const quick = quickInteger(text);
  if (quick >= 0 && quick <= max) return quick;
  const value = parseUnsigned(text, max);
  if (value === undefined) throw new UserError(`invalid ${name} "${text}"`);
  return value;
}

export const parseU8 = (text: string, name: string): number => parseSmall(text, name, 0xff);
export const parseU16 = (text: string, name: string): number => parseSmall(text, name, 0xffff);

/** An Ethernet address. */
export function parseMacArgument(text: string): Uint8Array {
  const mac = parseMac(text);
  if (mac === undefined) throw new UserError(text === "" ? "invalid mac address " : `invalid mac address ${text}`);
  return mac;
}
