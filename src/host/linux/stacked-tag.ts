import {
  copyOffload,
  type Offload,
  plainOffload,
  VNET_GSO_TCPV4,
  VNET_GSO_TCPV6,
  VNET_GSO_UDP_L4,
  VNET_NEEDS_CSUM,
} from "#wire/virtio-net.js";

const ETH_P_8021Q = 0x8100;
const ETH_P_8021AD = 0x88a8;
const ETH_P_IPV6 = 0x86dd;
const TCP_CHECKSUM = 16;
const UDP_CHECKSUM = 6;
/** More than any frame: what is said to be segmented to this stays as it is. */
const NEVER = 0xfff0;

const disguised: Offload = plainOffload();

/**
 * The kernel lets a frame of a packet socket be four bytes longer than the MTU for a tag, but only for one of type 802.1Q, and only looks at
 * the outermost. A full frame with an 802.1ad tag passes as a large segment that then turns out to need no cutting, which can be said of TCP and
 * UDP whose checksum is still to be filled in: what guests send. Gives the offload state to say it with, or the frame's own. `u16` reads the frame.
 */
export function admitStackedTag(offload: Readonly<Offload>, u16: (at: number) => number): Readonly<Offload> {
  if ((offload.flags & VNET_NEEDS_CSUM) === 0 || u16(12) !== ETH_P_8021AD) return offload;
  const isTcp = offload.csumOffset === TCP_CHECKSUM;
  if (!isTcp && offload.csumOffset !== UDP_CHECKSUM) return offload;
  let type = 16;
  while (u16(type) === ETH_P_8021AD || u16(type) === ETH_P_8021Q) type += 4;
  copyOffload(disguised, offload);
  disguised.gsoType = isTcp ? (u16(type) === ETH_P_IPV6 ? VNET_GSO_TCPV6 : VNET_GSO_TCPV4) : VNET_GSO_UDP_L4;
  disguised.gsoSize = NEVER;
  return disguised;
}
