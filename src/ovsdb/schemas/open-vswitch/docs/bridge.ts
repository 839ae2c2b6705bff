import type { TableDocs } from "../../../declaration.js";
import type { bridgeTable } from "../bridge.js";

/** Documentation of the Bridge table. */
export const bridgeDocs: TableDocs<typeof bridgeTable> = {
  table:
    "A virtual switch: ports, the OpenFlow tables that decide what passes between them, and the controllers that may fill those tables. Its local port, an interface of the bridge's own name, connects the host.",
  columns: {
    name: "The bridge's name, which is also the name of its local port and of that port's network device: letters and digits, up to 15 characters where the host's kernel knows it. Cannot be changed.",
    datapath_type:
      "The engine that forwards: `system` for the one in the kernel, `netdev` for the one in userspace. Empty means `system`.",
    datapath_version: "The version of the engine. Written by the switch.",
    datapath_id: "The OpenFlow datapath identifier in use, as 16 hexadecimal digits. Written by the switch.",
    stp_enable:
      "Whether the bridge takes part in the Spanning Tree Protocol (IEEE 802.1D). Bonds, internal and mirror ports are left out. Not together with `rstp_enable`.",
    rstp_enable: "Whether the bridge takes part in the Rapid Spanning Tree Protocol (IEEE 802.1D-2004).",
    mcast_snooping_enable:
      "Whether the bridge learns from IGMP and MLD which ports want which multicast groups, and sends groups there only.",
    ports: "The ports of the bridge.",
    mirrors: "Port mirrors.",
    netflow: "Export of flows as NetFlow, if wanted.",
    sflow: "Sampling of packets by sFlow, if wanted.",
    ipfix: "Export of sampled packets as IPFIX, if wanted. Flow-based sampling is set up in Flow_Sample_Collector_Set.",
    controller:
      "OpenFlow controllers. Without any, the bridge forwards as a learning switch unless flows are added by hand.",
    protocols: "OpenFlow versions a controller may speak. Empty means the default: 1.0, 1.1, 1.2, 1.3, 1.4 and 1.5.",
    fail_mode:
      "What to do while no controller can be reached: `standalone` (the default) forwards as a learning switch after three missed probes, `secure` leaves the flow tables alone.",
    status:
      "Spanning-tree state of the bridge: `stp_bridge_id`, `stp_designated_root`, `stp_root_path_cost`. Written by the switch.",
    rstp_status:
      "State of rapid spanning tree: `rstp_bridge_id`, `rstp_root_id`, `rstp_root_path_cost`, `rstp_designated_id`, `rstp_designated_port_id`, `rstp_bridge_port_id`. Written by the switch.",
    other_config:
      "Settings of the bridge. Among the keys: `datapath-id` (16 hexadecimal digits), `dp-desc`, `dp-sn`, `hwaddr` (address of the local port), `disable-in-band`, `in-band-queue`, `forward-bpdu`, `mac-aging-time` (s), `mac-table-size`, `mcast-snooping-aging-time` (s), `mcast-snooping-table-size`, `mcast-snooping-disable-flood-unregistered`, `stp-system-id`, `stp-priority`, `stp-hello-time`, `stp-max-age`, `stp-forward-delay` (s), `rstp-address`, `rstp-priority`, `rstp-ageing-time`, `rstp-force-protocol-version`, `rstp-max-age`, `rstp-forward-delay`, `rstp-transmit-hold-count`, `controller-queue-size`.",
    external_ids:
      "Key-value pairs for other programs, such as `bridge-id` (a name for the bridge that does not depend on its device) and `xs-network-uuids`.",
    flood_vlans:
      "VLANs on which addresses are not learned, so that their packets go to every port of the VLAN. Useful with mirrors that send to a VLAN.",
    flow_tables: "Settings of single OpenFlow tables, by table number.",
    auto_attach: "Settings of Auto Attach, if the bridge is to take part.",
  },
};
