import type { TableDocs } from "../../../declaration.js";
import type { flowTableTable } from "../flow-table.js";

/** Documentation of the Flow_Table table. */
export const flowTableDocs: TableDocs<typeof flowTableTable> = {
  table: "Settings of one OpenFlow table of a bridge, such as how many flows it may hold.",
  columns: {
    name: "A name for the table, used in place of its number by tools and in what controllers are told.",
    flow_limit: "Most flows the table may hold. Empty for no limit.",
    overflow_policy:
      "What happens to a flow too many: `refuse` (the default) refuses it, `evict` removes the flow that would time out next.",
    groups:
      "Fields or parts of fields that divide flows into groups; eviction takes from the largest group. Written as field names of OpenFlow, such as `in_port` or `nw_src[0..7]`.",
    prefixes:
      "Fields for which longest-prefix lookup is prepared, so that fewer bits go into cached flows. The usual ones are set by default; `none` turns it off.",
    external_ids: "Key-value pairs for other programs.",
  },
};
