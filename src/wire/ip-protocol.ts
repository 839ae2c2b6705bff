/** Protocol numbers of IPv4 and next headers of IPv6, IANA. */
export const IpProtocol = {
  hopByHop: 0,
  icmp: 1,
  igmp: 2,
  tcp: 6,
  udp: 17,
  routing: 43,
  fragment: 44,
  gre: 47,
  esp: 50,
  ah: 51,
  icmpv6: 58,
  noNext: 59,
  destinationOptions: 60,
  sctp: 132,
  udpLite: 136,
} as const;
