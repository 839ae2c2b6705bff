/** Recorded texts that are another matter to us, on purpose. */
export const otherwise: readonly RegExp[] = [
  // Upstream writes in_port instead, since OpenFlow 1.0's VLAN fields have no numbers; ours are written as those that have.
  /\bdl_vlan(_pcp)?\b/,
  // Upstream says the name twice, or 24 flags that have no name.
  /^learn\(table=1,(packet_type|ct_state)=/,
];
