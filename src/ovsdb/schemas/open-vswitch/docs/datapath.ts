import type { TableDocs } from "../../../declaration.js";
import type { datapathTable } from "../datapath.js";

/** Documentation of the Datapath table. */
export const datapathDocs: TableDocs<typeof datapathTable> = {
  table: "What all bridges of one datapath type share: connection-tracking zones, and what the engine can do.",
  columns: {
    datapath_version: "The version of the engine. Written by the switch.",
    ct_zones: "Settings of connection-tracking zones, by zone number.",
    capabilities:
      "What the engine can do, such as `max_vlan_headers`, `recirc`, `ct_state`, `ct_zone`, `ct_label`, `ct_state_nat`, `check_pkt_len`, `ct_timeout`, `explicit_drop_action`. Written by the switch.",
    ct_zone_default_limit: "Most connections a zone may hold that has no limit of its own. Empty for no limit.",
    external_ids: "Key-value pairs for other programs.",
  },
};
