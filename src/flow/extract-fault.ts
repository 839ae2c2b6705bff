/** What was wrong with a packet's headers. The words that were not read are 0; a packet with a fault still has a key. */
export const ExtractFault = {
  none: 0,
  ethernet: 1,
  mpls: 2,
  arp: 3,
  nsh: 4,
  ipv4: 5,
  ipv6: 6,
  ipv6Extension: 7,
  transport: 8,
  nd: 9,
} as const;
