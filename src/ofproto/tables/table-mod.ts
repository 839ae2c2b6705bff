import type { TableMod } from "#openflow/messages/table/table-mod.js";
import { OfpError } from "#openflow/ofp-error.js";
import type { FlowTable } from "./flow-table.js";
import { type FlowTables, INTERNAL_TABLE, TABLES } from "./flow-tables.js";

/** Does what a table-mod asks. Throws OFPTMFC_EPERM for the switch's own table. */
export function applyTableMod(tables: FlowTables, mod: TableMod): void {
  if (mod.table === INTERNAL_TABLE) throw new OfpError("OFPTMFC_EPERM");
  const meant = mod.table === TABLES ? [...tables].filter((t) => t.id !== INTERNAL_TABLE) : [tables.table(mod.table)];
  for (const table of meant) applyTo(table, mod);
}

function applyTo(table: FlowTable, { miss, eviction, vacancy, vacancyLimits }: TableMod): void {
  if (miss !== "default") table.missConfig = miss;
  if (eviction !== undefined && eviction !== table.mayEvict) table.mayEvict = eviction;
  if (vacancy === false) table.vacancyLimits = undefined;
  else if (vacancy === true) {
    const { down, up } = vacancyLimits ?? { down: 0, up: 0 };
    const old = table.vacancyLimits;
    if (old?.down !== down || old.up !== up) table.vacancyLimits = { down, up };
  }
}
