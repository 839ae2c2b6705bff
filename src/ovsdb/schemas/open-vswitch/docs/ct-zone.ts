import type { TableDocs } from "../../../declaration.js";
import type { ctZoneTable } from "../ct-zone.js";

/** Documentation of the CT_Zone table. */
export const ctZoneDocs: TableDocs<typeof ctZoneTable> = {
  table: "Settings of one connection-tracking zone.",
  columns: {
    timeout_policy: "Timeouts of the zone's connections. Empty for the engine's own.",
    limit: "Most connections the zone may hold. Empty for the datapath's default.",
    external_ids: "Key-value pairs for other programs.",
  },
};
