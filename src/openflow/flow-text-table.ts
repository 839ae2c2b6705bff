import { UserError } from "#util/errors.js";

/** How a table is read. */
export interface TableParseOptions {
  /** The table of this name, quotes and all. */
  readonly tableNumber?: (name: string) => number | undefined;
  /** Takes complaints for the log: upstream's module, and words. */
  readonly warn?: (module: string, text: string) => void;
}

/** A table by its number, decimal from 0 to 255, or its name. Throws `UserError`. */
export function parseTable(text: string, { tableNumber, warn }: TableParseOptions = {}): number {
  const number = /^\s*[-+]?\d+$/.test(text) ? Number(text) : undefined;
  if (number !== undefined && number >= 0 && number <= 255) return number;
  if (number !== undefined && number < 0) warn?.("ofp_table", `Negative value ${number} is not a valid table number.`);
  else if (number !== undefined) warn?.("ofp_table", `table ${number} is outside the supported range 0 through 255`);
  const found = number === undefined ? tableNumber?.(text) : undefined;
  if (found === undefined) throw new UserError(`unknown table "${text}"`);
  return found;
}
