/**
 * Why a datapath itself dropped a packet. Named as Open vSwitch's `coverage/show` has it where it drops for the same reason; what a port's
 * own queues lose has names of ours.
 */
export const datapathDropReasons = {
  datapath_drop_rx_invalid_packet: "too short to be an Ethernet frame",
  datapath_drop_invalid_port: "the port is not, or no longer, one of the datapath",
  datapath_drop_upcall_error: "too many packets of unknown flows waited already",
  datapath_drop_userspace_action_error: "too many packets for the slow path waited already",
  datapath_drop_recirc_error: "recirculated too often",
  datapath_drop_tunnel_push_error: "no such tunnel port, or too long to be sent through a tunnel",
  datapath_drop_tunnel_pop_error: "its outer headers are not those of the tunnel port",
  datapath_drop_sample_error: "actions nested too deep",
  drop_action_of_pipeline: "the flow has no actions",
  drop_action_other: "an action said so",
  datapath_drop_meter: "beyond the rate of a meter",
  datapath_drop_tracking_full: "too many packets waited already for the thread that tracks connections",
  datapath_drop_nat_exhausted: "no address and port was left to translate it to",
  datapath_drop_fragment_timeout: "a fragment whose packet did not become whole in time",
  datapath_drop_no_ethernet: "without an Ethernet header, as no port takes packets",
  datapath_drop_header_truncated: "cut off within a header that was to be changed",
  datapath_drop_gso_segmentation: "a large segment that could not be cut",
  datapath_drop_rx_full: "came in faster than it could be taken",
  datapath_drop_rx_unusable: "a large segment came in that no port could be told how to cut, or a guest gave nonsense",
  datapath_drop_tx_oversize: "longer than the MTU of the port it was to leave by",
  datapath_drop_tx_down: "the port it was to leave by is down",
  datapath_drop_tx: "the device it was to leave by did not take it",
} as const;

export type DatapathDropReason = keyof typeof datapathDropReasons;
