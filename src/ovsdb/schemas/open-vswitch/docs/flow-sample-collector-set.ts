import type { TableDocs } from "../../../declaration.js";
import type { flowSampleCollectorSetTable } from "../flow-sample-collector-set.js";

/** Documentation of the Flow_Sample_Collector_Set table. */
export const flowSampleCollectorSetDocs: TableDocs<typeof flowSampleCollectorSetTable> = {
  table: "Where `sample` actions of flows report to. An action names a set by its number; rows stay until removed.",
  columns: {
    id: "The number that `sample` actions give as `collector_set_id`. Unique for each bridge.",
    bridge: "The bridge whose flows may use the set.",
    ipfix: "Collectors to which samples go as IPFIX.",
    local_group_id: "The local multicast group, such as of psample, to which samples go.",
    external_ids: "Key-value pairs for other programs.",
  },
};
