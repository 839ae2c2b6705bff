import type { TableDocs } from "../../../declaration.js";
import type { qosTable } from "../qos.js";

/** Documentation of the QoS table. */
export const qosDocs: TableDocs<typeof qosTable> = {
  table: "Quality of service for what a port sends. Rows stay until removed, though no port uses them.",
  columns: {
    type: "The discipline: `linux-htb` (hierarchical token bucket), `linux-hfsc`, `linux-sfq`, `linux-codel`, `linux-fq_codel`, `linux-netem`, `linux-noop` (leave the device's own alone), `egress-policer`, `trtcm-policer`.",
    queues:
      "The queues, by number. Packets go to queue 0 unless a flow sets another; without a queue 0 they go around the discipline.",
    other_config:
      "Settings of the discipline. HTB and HFSC: `max-rate` (bit/s). SFQ: `perturb` (s), `quantum` (bytes). CoDel: `limit`, `target`, `interval`, for fq_codel also `flows` and `quantum`. netem: `latency`, `limit`, `loss`, `jitter`. Policers: `cir`, `cbs`, `eir`, `ebs`.",
    external_ids: "Key-value pairs for other programs.",
  },
};
