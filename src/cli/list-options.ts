import type { OptionRow } from "#runtime/options.js";

/** The options as `--option` lists them, for shells to complete. */
export function listOptions(rows: readonly OptionRow[]): string {
  const lines = rows.map((row) => {
    const tail = row.argument === "none" ? "" : row.argument === "required" ? "ARG" : "[ARG]";
    const long = `--${row.name}${tail === "" ? "" : `=${tail}`}\n`;
    return row.short ? `${long}-${row.short} ${tail}\n` : long;
  });
  return lines.join("");
}
