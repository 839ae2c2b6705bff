/**
 * Where the headers of a frame are, as offsets into its memory; -1 where there is none. Reused from frame to frame.
 * `l4` is set also where the transport header is truncated or of an unknown protocol, but not for a later fragment.
 */
export interface Layers {
  /** Destination MAC; -1 for a packet without an Ethernet header. */
  l2: number;
  /** The first Ethernet type after the addresses: where tags are pushed and popped. */
  vlans: number;
  /** The outermost MPLS label stack entry. */
  l25: number;
  /** IP, ARP, NSH or whatever follows the Ethernet header and labels; unknown (-1) after labels. */
  l3: number;
  l4: number;
  /** After the transport header (TCP options included). */
  payload: number;
  /** End of the IP datagram, or of the frame where it has none: link padding lies beyond. */
  end: number;
  /** The IP protocol of the header at `l4`: for IPv6, after the extension headers. */
  proto: number;
}

/** One to reuse. */
export function newLayers(): Layers {
  return { l2: -1, vlans: -1, l25: -1, l3: -1, l4: -1, payload: -1, end: 0, proto: 0 };
}
