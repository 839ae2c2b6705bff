import type { TableDesc } from "#openflow/messages/table/table-desc.js";
import type { FlowTable } from "../tables/flow-table.js";

/** What controllers are told of how a table is configured. */
export function tableDescription(table: FlowTable): TableDesc {
  const { id, mayEvict, vacancyLimits, vacancy } = table;
  return {
    table: id,
    eviction: mayEvict,
    ...(vacancyLimits && { vacancy: { ...vacancyLimits, now: vacancy } }),
  };
}
