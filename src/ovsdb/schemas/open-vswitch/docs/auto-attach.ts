import type { TableDocs } from "../../../declaration.js";
import type { autoAttachTable } from "../auto-attach.js";

/** Documentation of the AutoAttach table. */
export const autoAttachDocs: TableDocs<typeof autoAttachTable> = {
  table:
    "Auto Attach of a bridge: asks a shortest-path-bridging network by LLDP to carry VLANs over service identifiers (I-SIDs).",
  columns: {
    system_name: "The system name sent in LLDP messages.",
    system_description: "The system description sent in LLDP messages.",
    mappings: "I-SIDs and the VLANs they are asked for.",
  },
};
