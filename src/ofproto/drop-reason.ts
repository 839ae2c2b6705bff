/** Why a packet, or a whole flow of them, goes nowhere. Counted by bridge and port, and named in traces and coverage counters. */
export const dropReasons = {
  no_match: "no flow of the table matches",
  rule_drop: "the flow has no actions",
  fragment: "the bridge is set to drop fragments",
  no_receive: "the port is configured not to receive",
  no_bundle: "the port belongs to no logical port",
  vlan_disallowed: "the port does not carry the packet's VLAN",
  reserved_address: "the destination address is reserved for a control protocol",
  learned_on_input_port: "the destination is behind the port the packet came in by",
  output_is_input: "it would leave by the port it came in by",
  protected_port: "both ports are protected",
  no_forward: "the port is configured not to forward",
  no_such_port: "the output port does not exist",
  no_other_port: "there is no other port to send it to",
  no_output: "its flows send it nowhere",
  no_ethernet: "it has no Ethernet header, as ports want one",
  no_peer: "the patch port has no peer",
  no_such_group: "the group does not exist",
  no_live_bucket: "the group has no bucket that is live",
  no_controller: "no controller is connected",
  recursion_too_deep: "translation went too deep",
  too_many_resubmits: "translation took too many steps",
  stack_too_deep: "more was pushed than the stack holds",
  no_recirculation: "what the packet was to go on with is not known any more",
  unsupported_packet_type: "a header cannot be put on, or taken off, a packet of its kind",
  too_many_mpls: "the packet would have too many MPLS labels",
  ttl_expired: "its time to live is up",
  not_supported: "an action of the flow is not supported",
  too_short: "a controller sent fewer bytes than an Ethernet header has",
  unknown_port: "the datapath's port belongs to no bridge",
} as const;

export type DropReason = keyof typeof dropReasons;

/** Open vSwitch's coverage counters for drops; `drop_action_of_pipeline` for those that are not here. */
export const dropCoverage: Partial<Record<DropReason, string>> = {
  unknown_port: "drop_action_bridge_not_found",
  recursion_too_deep: "drop_action_recursion_too_deep",
  too_many_resubmits: "drop_action_too_many_resubmit",
  stack_too_deep: "drop_action_stack_too_deep",
  no_recirculation: "drop_action_no_recirculation_context",
  unsupported_packet_type: "drop_action_unsupported_packet_type",
  too_many_mpls: "drop_action_too_many_mpls_labels",
  no_controller: "datapath_drop_userspace_action_error",
};

export const OTHER_DROPS = "drop_action_of_pipeline";

/** Counters that Open vSwitch has for what does not happen here, or under another name: scripts may read them. */
export const idleDropCounters: readonly string[] = [
  "drop_action_recirculation_conflict",
  "drop_action_invalid_tunnel_metadata",
  "drop_action_congestion",
  "drop_action_forwarding_disabled",
  "datapath_drop_lock_error",
  "datapath_drop_tunnel_push_error",
  "datapath_drop_tunnel_pop_error",
  "datapath_drop_nsh_decap_error",
  "datapath_drop_invalid_bond",
  "datapath_drop_invalid_tnl_port",
];
