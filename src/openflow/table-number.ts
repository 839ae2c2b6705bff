import type { PortNames } from "./port-number.js";

/** A table by its name where that is known, its number otherwise. */
export function formatTableNumber(table: number, { tableName }: PortNames): string {
  return tableName?.(table) ?? String(table);
}

/** The table of a text: a decimal number from 0 to 255, or a name. Undefined where it is neither. */
export function parseTableNumber(text: string, { tableNumber }: PortNames): number | undefined {
  if (!/^\s*[-+]?\d+$/.test(text)) return tableNumber?.(text);
  const table = Number(text);
  return table >= 0 && table <= 255 ? table : undefined;
}
