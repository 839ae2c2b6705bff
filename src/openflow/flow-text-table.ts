import { UserError } from "#util/errors.js";
import type { PortNames } from "./port-number.js";
import { parseTableNumber } from "./table-number.js";

/** How a table is read. */
export interface TableParseOptions extends Pick<PortNames, "tableNumber"> {
  /** Takes complaints for the log: upstream's module, and words. */
  readonly warn?: (module: string, text: string) => void;
}

/** A table by its number, decimal from 0 to 255, or its name. Throws `UserError`. */
export function parseTable(text: string, { tableNumber, warn }: TableParseOptions = {}): number {
  const table = parseTableNumber(text, tableNumber === undefined ? {} : { tableNumber });
  if (table !== undefined) return table;
  const number = Number(text);
  if (number < 0) warn?.("ofp_table", `Negative value ${number} is not a valid table number.`);
  else if (/^[\s+]*\d+$/.test(text))
    warn?.("ofp_table", `table ${number} is outside the supported range 0 through 255`);
  throw new UserError(`unknown table "${text}"`);
}
