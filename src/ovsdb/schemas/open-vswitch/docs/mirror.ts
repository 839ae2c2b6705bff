import type { TableDocs } from "../../../declaration.js";
import type { mirrorTable } from "../mirror.js";

/** Documentation of the Mirror table. */
export const mirrorDocs: TableDocs<typeof mirrorTable> = {
  table:
    "Copies packets that a bridge receives or sends to one more port or VLAN. What is selected is decided by ports and, if given, also by VLAN.",
  columns: {
    name: "A name for people.",
    select_all: "Copies every packet that enters or leaves the bridge.",
    select_src_port: "Ports whose received packets are copied.",
    select_dst_port: "Ports whose sent packets are copied.",
    select_vlan: "VLANs to which copying is limited. Empty for all.",
    output_port:
      "The port that gets the copies. It then carries nothing else, and packets received there are dropped. Not together with `output_vlan`.",
    output_vlan:
      "The VLAN that gets the copies, in place of the one they had. It should be in the bridge's `flood_vlans`.",
    snaplen: "Length to which copies are cut, in bytes. Empty for no cut.",
    statistics: "Counts of copies: `tx_packets`, `tx_bytes`. Written by the switch.",
    filter: "Limits copying to packets that match, in the syntax of `ovs-ofctl` flows. Empty for all.",
    external_ids: "Key-value pairs for other programs.",
  },
};
