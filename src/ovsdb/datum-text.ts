import { formatAtom, formatBareAtom } from "./atom-text.js";
import type { ColumnType } from "./column-type.js";
import type { Datum } from "./datum.js";

/**
 * Writes a datum as `ovs-vsctl` does: `[1, 2]`, `{a="1", b=x}`; a column that holds at most one value has no brackets
 * when it has one.
 */
export function formatDatum(type: ColumnType, datum: Datum): string {
  const parts = datum.keys.map((key, i) => {
    const text = formatAtom(type.key.type, key);
    return type.value ? `${text}=${formatAtom(type.value.type, datum.values![i]!)}` : text;
  });
  const list = parts.join(", ");
  if (type.value) return `{${list}}`;
  return type.max > 1 || parts.length === 0 ? `[${list}]` : list;
}

/** Writes a datum as `--data=bare` does: no quotes, brackets or commas, a space between elements. */
export function formatBareDatum(type: ColumnType, datum: Datum): string {
  const parts = datum.keys.map((key, i) => {
    const text = formatBareAtom(type.key.type, key);
    return type.value ? `${text}=${formatBareAtom(type.value.type, datum.values![i]!)}` : text;
  });
  return parts.join(" ");
}
