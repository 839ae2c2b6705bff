import type { TableDocs } from "../../../declaration.js";
import type { sflowTable } from "../sflow.js";

/** Documentation of the sFlow table. */
export const sflowDocs: TableDocs<typeof sflowTable> = {
  table: "Sends samples of packets and counters of interfaces by sFlow version 5.",
  columns: {
    targets: "Collectors, each as `IP` or `IP:PORT`; port 6343 if none is given.",
    sampling: "One packet in this many is sampled. Empty for 400.",
    polling: "Seconds between reports of interface counters. Empty for 30.",
    header: "Bytes of each sampled packet to send. Empty for 128.",
    agent:
      "The device, or the address, that identifies this switch. Empty takes the address of the route to the first collector.",
    external_ids: "Key-value pairs for other programs.",
  },
};
