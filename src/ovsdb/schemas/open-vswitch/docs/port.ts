import type { TableDocs } from "../../../declaration.js";
import type { portTable } from "../port.js";

/** Documentation of the Port table. */
export const portDocs: TableDocs<typeof portTable> = {
  table:
    "A port of a bridge. Mostly it has one interface; with several it is a bond, over which packets are spread or which fall in for each other. VLANs are a property of the port.",
  columns: {
    name: "The port's name, by custom its interface's name unless it is a bond. Unique among all ports. Cannot be changed.",
    interfaces: "The interface of the port, or the members of the bond.",
    trunks:
      "VLANs a `trunk`, `native-tagged` or `native-untagged` port carries. Empty means all. Priority-tagged and untagged packets count as VLAN 0.",
    cvlans:
      "For a `dot1q-tunnel` port, the customer VLANs it takes. Empty means all; 0 stands for packets without a customer tag.",
    tag: "For an access port, its VLAN; for the native modes, the native VLAN; for `dot1q-tunnel`, the service VLAN.",
    vlan_mode:
      "How the port treats VLAN tags. `access` belongs to one VLAN and sends untagged; `trunk` carries many, tagged; `native-tagged` and `native-untagged` are trunks with a VLAN for untagged packets, sent with or without tag; `dot1q-tunnel` adds a service tag around customers' own. Empty means `access` if `tag` is set, else `trunk`.",
    qos: "Quality of service for what the port sends, if any.",
    mac: "For a bond, the Ethernet address to use where one is needed. Empty lets the switch choose a member's.",
    bond_mode:
      "How a bond spreads packets: `active-backup` uses one member at a time (the default), `balance-slb` divides by source address and VLAN, `balance-tcp` by addresses and ports and needs LACP.",
    lacp: "Whether a bond speaks LACP: `active` starts negotiation, `passive` answers, `off` (the default) does neither.",
    bond_updelay: "Milliseconds a member's link must be up before the bond uses it.",
    bond_downdelay: "Milliseconds a member's link must be down before the bond gives it up.",
    bond_active_slave: "The Ethernet address of the active member of an active-backup bond. Written by the switch.",
    bond_fake_iface:
      "Whether to make a device of the bond's name, for programs that expect a Linux bond. Kept for old hosts.",
    fake_bridge:
      "Whether the port stands for a fake bridge: a bridge that is really one VLAN (`tag`) of this bridge. Made by `ovs-vsctl add-br BRIDGE PARENT VLAN`.",
    status:
      "Spanning-tree state of the port: `stp_port_id`, `stp_state`, `stp_sec_in_state`, `stp_role`, and bond state. Written by the switch.",
    rstp_status:
      "State of rapid spanning tree: `rstp_port_id`, `rstp_port_role`, `rstp_port_state`, and the designated bridge, port and cost. Written by the switch.",
    rstp_statistics:
      "Counts of rapid spanning tree: `rstp_tx_count`, `rstp_rx_count`, `rstp_error_count`, `rstp_uptime` (s). Written by the switch.",
    statistics: "Counts of spanning tree: `stp_tx_count`, `stp_rx_count`, `stp_error_count`. Written by the switch.",
    protected: "Whether the port is isolated from other protected ports: nothing passes from one to another.",
    other_config:
      "Settings of the port. Among the keys: `priority-tags` (`never`, `if-nonzero`, `always`), `qinq-ethtype` (`802.1ad`, `802.1q`), `bond-hash-basis`, `bond-rebalance-interval` (ms), `bond-detect-mode` (`carrier`, `miimon`), `bond-miimon-interval` (ms), `bond-primary`, `all-members-active`, `lb-output-action`, `lacp-system-id`, `lacp-system-priority`, `lacp-time` (`fast`, `slow`), `lacp-fallback-ab`, `stp-enable`, `stp-port-num`, `stp-port-priority`, `stp-path-cost`, `rstp-enable`, `rstp-port-priority`, `rstp-port-num`, `rstp-path-cost`, `rstp-port-admin-edge`, `rstp-port-auto-edge`, `rstp-port-mcheck`, `mcast-snooping-flood`, `mcast-snooping-flood-reports`, `transient`.",
    external_ids:
      "Key-value pairs for other programs. `fake-bridge-KEY` entries are the external identifiers of a fake bridge.",
  },
};
