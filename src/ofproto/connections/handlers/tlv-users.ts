import { presenceBit, TLV_FIELDS } from "#flow/tlv-map.js";
import type { FlowTables } from "../../tables/flow-tables.js";
import type { Rule } from "../../tables/rule.js";

const FIELD = /^tun_metadata(\d+)$/;

/** Numbers of the tun_metadata fields that flows match or that their actions name. */
export function tlvUsers(tables: FlowTables): ReadonlySet<number> {
  const used = new Set<number>();
  for (const rule of tables.rules()) {
    addMatched(rule, used);
    addNamed(rule.actions, used);
  }
  return used;
}

function addMatched({ match: { mask } }: Rule, used: Set<number>): void {
  for (let index = 0; index < TLV_FIELDS; index++) {
    const { word, shift } = presenceBit(index);
    if ((mask[word]! >>> shift) & 1) used.add(index);
  }
}

/** Actions say fields at many places; where they say one, it has a name. */
function addNamed(value: unknown, used: Set<number>): void {
  if (typeof value !== "object" || value === null || ArrayBuffer.isView(value)) return;
  const found = "name" in value && typeof value.name === "string" ? FIELD.exec(value.name) : null;
  if (found) used.add(Number(found[1]));
  else for (const part of Object.values(value)) addNamed(part, used);
}
