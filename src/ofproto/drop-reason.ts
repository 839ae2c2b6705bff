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
  protected_port: "both ports are protected",
  no_forward: "the port is configured not to forward",
  no_such_port: "the output port does not exist",
  no_other_port: "there is no other port to send it to",
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
  unknown_port: "the datapath's port belongs to no bridge",
} as const;

export type DropReason = keyof typeof dropReasons;

/** Names of Open vSwitch's coverage counters for drops, where it has one. */
export const dropCoverage: Partial<Record<DropReason, string>> = {
  no_match: "drop_action_of_pipeline",
  rule_drop: "drop_action_of_pipeline",
  fragment: "drop_action_of_pipeline",
  unknown_port: "drop_action_bridge_not_found",
  recursion_too_deep: "drop_action_recursion_too_deep",
  too_many_resubmits: "drop_action_too_many_resubmit",
  stack_too_deep: "drop_action_stack_too_deep",
  no_recirculation: "drop_action_no_recirculation_context",
  unsupported_packet_type: "drop_action_unsupported_packet_type",
  too_many_mpls: "drop_action_too_many_mpls_labels",
  no_forward: "drop_action_forwarding_disabled",
};
