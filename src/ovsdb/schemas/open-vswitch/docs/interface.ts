import type { TableDocs } from "../../../declaration.js";
import type { interfaceTable } from "../interface.js";

/** Documentation of the Interface table. */
export const interfaceDocs: TableDocs<typeof interfaceTable> = {
  table: "A network device inside a port: one of the host's, one the switch makes, or a tunnel.",
  columns: {
    name: "The device's name, unique among all interfaces. For devices the host's kernel knows, up to 15 characters. Cannot be changed.",
    type: "What kind of device: `system` or empty for one the host has, `internal` for one that the switch makes and the host can use, `tap`, `afxdp` for one of the host's by AF_XDP sockets, `dpdkvhostuser` and `dpdkvhostuserclient` for a virtual machine's, `patch` for a cable to another bridge, or a tunnel: `geneve`, `gre`, `ip6gre`, `vxlan`, `lisp`, `stt`, `gtpu`, `srv6`, `bareudp`, `erspan`, `ip6erspan`. `Open_vSwitch.iface_types` lists what this host offers.",
    options:
      "Settings that depend on the type. Patch: `peer`. Tunnels: `remote_ip`, `local_ip`, `in_key`, `out_key`, `key` (a number or `flow`), `dst_port`, `tos`, `ttl`, `df_default`, `egress_pkt_mark`, `csum`, `seq`, `exts`, `packet_type`. Devices of the userspace engine: `n_rxq`, `n_txq`, `n_rxq_desc`, `xdp-mode`, `use-need-wakeup`, `vhost-server-path`, `tx-retries-max` (0 to 32), `dpdk-devargs`.",
    ingress_policing_rate: "Most that may be received, in kbit/s; what exceeds it is dropped. 0 for no limit.",
    ingress_policing_burst: "What may exceed `ingress_policing_rate` in a burst, in kbit. 0 for 8000 kbit.",
    ingress_policing_kpkts_rate: "Most packets that may be received, in thousands a second. 0 for no limit.",
    ingress_policing_kpkts_burst:
      "Packets that may exceed `ingress_policing_kpkts_rate` in a burst, in thousands. 0 for 16.",
    mac_in_use: "The device's Ethernet address. Written by the switch.",
    mac: "The Ethernet address to give the device. Empty leaves it as it is. Multicast addresses are refused.",
    ifindex: "The host kernel's number for the device; 0 if it has none. Written by the switch.",
    external_ids:
      "Key-value pairs for other programs. Well-known are `attached-mac`, `iface-id` (the name by which a network controller knows the interface), `iface-status` (`active`, `inactive`), `vm-id`, `xs-vif-uuid`, `xs-network-uuid`, `xs-vm-uuid`.",
    ofport: "The OpenFlow port number; -1 if the interface could not be created. Written by the switch.",
    ofport_request: "The OpenFlow port number the interface should have, if it is free.",
    bfd: "Settings of Bidirectional Forwarding Detection (RFC 5880): `enable`, `min_rx`, `min_tx`, `decay_min_rx` (ms), `forwarding_if_rx`, `cpath_down`, `check_tnl_key`, `bfd_local_src_mac`, `bfd_local_dst_mac`, `bfd_remote_dst_mac`, `bfd_src_ip`, `bfd_dst_ip`, `oam`, `mult`.",
    bfd_status:
      "State of BFD: `state`, `forwarding`, `diagnostic`, `remote_state`, `remote_diagnostic`, `flap_count`. Written by the switch.",
    cfm_mpid:
      "The identifier of this endpoint for Connectivity Fault Management (IEEE 802.1ag). Setting it turns CFM on.",
    cfm_remote_mpids: "Endpoints that CFM hears from. Written by the switch.",
    cfm_flap_count: "How often CFM went from good to faulty or back. Written by the switch.",
    cfm_fault: "Whether CFM finds a fault. Written by the switch.",
    cfm_fault_status:
      "Why: `recv` (nothing heard), `rdi` (the other side hears nothing), `maid`, `loopback`, `overflow`, `override`, `interval`. Written by the switch.",
    cfm_remote_opstate:
      "Whether the remote endpoint says it is `up` or `down`, in extended mode. Written by the switch.",
    cfm_health: "Share of expected messages that arrived, in percent, with one remote endpoint. Written by the switch.",
    lacp_current: "Whether LACP messages from the partner keep coming. Written by the switch.",
    lldp: "Whether to send and take LLDP on the interface: `enable` is `true` or `false`.",
    other_config:
      "Settings of the interface. Among the keys: `cfm_interval` (ms), `cfm_extended`, `cfm_demand`, `cfm_opstate`, `cfm_ccm_vlan`, `cfm_ccm_pcp`, `lacp-port-id`, `lacp-port-priority`, `lacp-aggregation-key`, `tx-steering`, `pmd-rxq-affinity`, `emc-enable`.",
    statistics:
      "Counts of packets and bytes: `rx_packets`, `rx_bytes`, `tx_packets`, `tx_bytes`, `rx_dropped`, `tx_dropped`, `rx_errors`, `tx_errors`, `rx_frame_err`, `rx_over_err`, `rx_crc_err`, `collisions`, and what else a device counts. Written by the switch every `stats-update-interval`.",
    status:
      "What the device tells of itself: `driver_name`, `driver_version`, `firmware_version`; for tunnels `tunnel_egress_iface`, `tunnel_egress_iface_carrier`. Written by the switch.",
    admin_state: "Whether the device is switched on (`up`) or off (`down`). Written by the switch.",
    link_state: "Whether there is a link. Written by the switch.",
    link_resets: "How often the link has come up or gone down. Written by the switch.",
    link_speed: "Speed of the link in bit/s. Written by the switch.",
    duplex: "`full` or `half`. Written by the switch.",
    mtu: "The longest packet the device carries, without its Ethernet header. Empty if there is no limit. Written by the switch.",
    mtu_request:
      "The longest packet the device should carry. Empty lets the switch choose: internal devices get the least of the bridge's ports.",
    error: "Why the interface could not be set up; empty if it could. Written by the switch.",
  },
};
