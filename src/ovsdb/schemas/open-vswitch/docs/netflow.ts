import type { TableDocs } from "../../../declaration.js";
import type { netflowTable } from "../netflow.js";

/** Documentation of the NetFlow table. */
export const netflowDocs: TableDocs<typeof netflowTable> = {
  table: "Sends a NetFlow version 5 record for each flow that ends.",
  columns: {
    targets: "Collectors, each as `IP:PORT`.",
    engine_type: "The engine type in records. Empty takes the datapath's number.",
    engine_id: "The engine identifier in records. Empty takes the datapath's number.",
    add_id_to_interface:
      "Whether to put the low seven bits of the engine identifier into the high bits of interface numbers, so that collectors tell bridges apart. For fewer than 508 ports.",
    active_timeout: "Seconds after which a flow that goes on is reported meanwhile. 0 for 600 seconds, -1 for never.",
    external_ids: "Key-value pairs for other programs.",
  },
};
