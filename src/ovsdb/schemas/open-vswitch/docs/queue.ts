import type { TableDocs } from "../../../declaration.js";
import type { queueTable } from "../queue.js";

/** Documentation of the Queue table. */
export const queueDocs: TableDocs<typeof queueTable> = {
  table: "One queue of a QoS, with its guarantees and limits. Rows stay until removed, though no QoS uses them.",
  columns: {
    dscp: "The DSCP value to write into packets of the queue; empty leaves them alone.",
    other_config:
      "Limits of the queue: `min-rate` and `max-rate` (bit/s), for HTB also `burst` (bits) and `priority` (0 first).",
    external_ids: "Key-value pairs for other programs.",
  },
};
