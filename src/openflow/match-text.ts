import { getFieldBig, isFieldZero } from "#flow/access.js";
import type { Field } from "#flow/fields/field.js";
import { fields } from "#flow/fields/table.js";
import type { Match } from "#flow/match.js";

/** A match as text, `field=value[/mask],…`; empty for every packet. */
export function formatMatch(match: Match): string {
  return fields
    .filter((f) => !isFieldZero(match.mask, f))
    .map((f) => formatOne(match, f))
    .join(",");
}

function formatOne(match: Match, f: Field): string {
  const hex = (v: bigint): string => (f.format === "decimal" || v === 0n ? v.toString() : `0x${v.toString(16)}`);
  const mask = getFieldBig(match.mask, f);
  const value = hex(getFieldBig(match.key, f));
  return mask === (1n << BigInt(f.bits)) - 1n ? `${f.name}=${value}` : `${f.name}=${value}/0x${mask.toString(16)}`;
}
