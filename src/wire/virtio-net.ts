/**
 * Offload state of a frame: the members of virtio_net_hdr (VIRTIO 1.2, 5.1.6), mutable so that the forwarding path can
 * reuse one object. `flags` VIRTIO_NET_HDR_F_*, `gsoType` VIRTIO_NET_HDR_GSO_*; lengths and offsets in bytes from the frame's start.
 */
export interface Offload {
  flags: number;
  gsoType: number;
  headerLength: number;
  gsoSize: number;
  csumStart: number;
  csumOffset: number;
}

/** A plain frame's offload state, as a new object. */
export function plainOffload(): Offload {
  return { flags: 0, gsoType: 0, headerLength: 0, gsoSize: 0, csumStart: 0, csumOffset: 0 };
}

/** VIRTIO_NET_HDR_F_*: a checksum is to be filled in at csumStart + csumOffset; the checksum was found right. */
export const VNET_NEEDS_CSUM = 1;
export const VNET_DATA_VALID = 2;

/** VIRTIO_NET_HDR_GSO_*: how the frame is to be cut; the last is a flag beside the others (a TCP segment with CWR). */
export const VNET_GSO_TCPV4 = 1;
export const VNET_GSO_TCPV6 = 4;
export const VNET_GSO_UDP_L4 = 5;
export const VNET_GSO_ECN = 0x80;

/** Length of the header without the count of merged buffers. */
export const VNET_HEADER_LENGTH = 10;

/** Makes it a plain frame's. */
export function clearOffload(offload: Offload): void {
  offload.flags = 0;
  offload.gsoType = 0;
  offload.headerLength = 0;
  offload.gsoSize = 0;
  offload.csumStart = 0;
  offload.csumOffset = 0;
}

/** Copies the offload state of one frame over another's. */
export function copyOffload(to: Offload, from: Readonly<Offload>): void {
  to.flags = from.flags;
  to.gsoType = from.gsoType;
  to.headerLength = from.headerLength;
  to.gsoSize = from.gsoSize;
  to.csumStart = from.csumStart;
  to.csumOffset = from.csumOffset;
}

/** Reads the header's ten bytes at `at` (little-endian) into `offload`. */
export function readVnetHeader(bytes: Uint8Array, at: number, offload: Offload): void {
  offload.flags = bytes[at]!;
  offload.gsoType = bytes[at + 1]!;
  offload.headerLength = bytes[at + 2]! | (bytes[at + 3]! << 8);
  offload.gsoSize = bytes[at + 4]! | (bytes[at + 5]! << 8);
  offload.csumStart = bytes[at + 6]! | (bytes[at + 7]! << 8);
  offload.csumOffset = bytes[at + 8]! | (bytes[at + 9]! << 8);
}
