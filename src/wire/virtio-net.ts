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
