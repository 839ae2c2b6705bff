import type { PortNames } from "./port-number.js";

/** A table by its name where that is known, its number otherwise. */
export function formatTableNumber(table: number, { tableName }: PortNames): string {
  return tableName?.(table) ?? String(table);
}

/** The table of a text: a decimal number from 0 to 255, or a name. Undefined where it is neither. */
export function parseTableNumber(text: string, { tableNumber, warn }: PortNames): number | undefined {
  if (!/^\s*[-+]?\d+$/.test(text)) return tableNumber?.(text);
  const table = Number(text);
  if (table >= 0 && table <= 255) return table;
  const told =
    table < 0
      ? `Negative value ${table} is not a valid table number.`
      : `table ${table} is outside the supported range 0 through 255`;
  warn?.("ofp_table", told);
  return undefined;
}
