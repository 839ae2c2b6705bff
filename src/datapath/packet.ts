/**
 * One frame outside the fast path: its bytes from the destination MAC on, and the offload state that travels with it, so
 * that a GSO or partially checksummed frame stays one from input to output.
 */
export interface Packet {
  readonly data: Uint8Array;
  /** virtio_net_hdr members (VIRTIO 1.2, 5.1.6); all zero for a plain frame. */
  readonly offload: Offload;
}

/** `flags` VIRTIO_NET_HDR_F_*, `gsoType` VIRTIO_NET_HDR_GSO_*; lengths and offsets in bytes from the frame's start. */
export interface Offload {
  readonly flags: number;
  readonly gsoType: number;
  readonly headerLength: number;
  readonly gsoSize: number;
  readonly csumStart: number;
  readonly csumOffset: number;
}

/** The offload state of a plain frame. */
export const noOffload: Offload = { flags: 0, gsoType: 0, headerLength: 0, gsoSize: 0, csumStart: 0, csumOffset: 0 };
