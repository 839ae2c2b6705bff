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
  const table = parseTableNumber(text, { ...(tableNumber && { tableNumber }), ...(warn && { warn }) });
  if (table !== undefined) return table;
  throw new UserError(`unknown table "${text}"`);
}
