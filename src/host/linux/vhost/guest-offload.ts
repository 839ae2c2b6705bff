import { finishSum, sumBytes } from "#wire/checksum.js";
import { isEncapsulatedGso } from "#wire/segmentation.js";
import {
  hasFeature,
  VHOST_F_LOG_ALL,
  VIRTIO_F_EVENT_IDX,
  VIRTIO_F_VERSION_1,
  VIRTIO_NET_F_CSUM,
  VIRTIO_NET_F_GUEST_CSUM,
  VIRTIO_NET_F_GUEST_ECN,
  VIRTIO_NET_F_GUEST_TSO4,
  VIRTIO_NET_F_GUEST_TSO6,
  VIRTIO_NET_F_HOST_ECN,
  VIRTIO_NET_F_HOST_TSO4,
  VIRTIO_NET_F_HOST_TSO6,
  VIRTIO_NET_F_MRG_RXBUF,
} from "#wire/vhost-user.js";
import {
  type Offload,
  VNET_GSO_ECN,
  VNET_GSO_TCPV4,
  VNET_GSO_TCPV6,
  VNET_HEADER_LENGTH,
  VNET_NEEDS_CSUM,
} from "#wire/virtio-net.js";

const ETHERNET_HEADER = 14;
const TCP_HEADER = 20;
const TCP_CHECKSUM = 16;
const UDP_CHECKSUM = 6;
/** No device is asked for smaller segments, which would be a way to make much of little. */
const SMALLEST_SEGMENT = 48;

/** What a guest and the switch have agreed on, as the forwarding path asks for it. */
export interface GuestAgreement {
  /** Bytes before each frame. */
  readonly headerLength: number;
  /** A frame to the guest may be spread over several buffers. */
  readonly mayMerge: boolean;
  readonly usesEventIndex: boolean;
  /** What is written to the guest's memory is logged. */
  readonly logs: boolean;
  /** What the guest sends: partial checksums, GSO types. */
  readonly fromChecksum: boolean;
  readonly fromGso: readonly number[];
  /** What the guest takes. */
  readonly toChecksum: boolean;
  readonly toGso: readonly number[];
}

/** GSO types that follow from features: with ECN, the same with its flag. */
function gsoTypes(features: bigint, v4: number, v6: number, ecn: number): number[] {
  const types: number[] = [];
  if (hasFeature(features, v4)) types.push(VNET_GSO_TCPV4);
  if (hasFeature(features, v6)) types.push(VNET_GSO_TCPV6);
  return hasFeature(features, ecn) ? types.flatMap((type) => [type, type | VNET_GSO_ECN]) : types;
}

/** What follows from the features that the guest's driver has agreed to (VIRTIO 1.1, 5.1.3). */
export function guestAgreement(features: bigint): GuestAgreement {
  const mayMerge = hasFeature(features, VIRTIO_NET_F_MRG_RXBUF);
  const fromChecksum = hasFeature(features, VIRTIO_NET_F_CSUM);
  const toChecksum = hasFeature(features, VIRTIO_NET_F_GUEST_CSUM);
  return {
    // The count of merged buffers is there from version 1 on, used or not (5.1.6.1).
    headerLength: VNET_HEADER_LENGTH + (mayMerge || hasFeature(features, VIRTIO_F_VERSION_1) ? 2 : 0),
    mayMerge,
    usesEventIndex: hasFeature(features, VIRTIO_F_EVENT_IDX),
    logs: hasFeature(features, VHOST_F_LOG_ALL),
    fromChecksum,
    fromGso: fromChecksum
      ? gsoTypes(features, VIRTIO_NET_F_HOST_TSO4, VIRTIO_NET_F_HOST_TSO6, VIRTIO_NET_F_HOST_ECN)
      : [],
    toChecksum,
    toGso: toChecksum
      ? gsoTypes(features, VIRTIO_NET_F_GUEST_TSO4, VIRTIO_NET_F_GUEST_TSO6, VIRTIO_NET_F_GUEST_ECN)
      : [],
  };
}

/**
 * Checks what a guest says of its frame of `length` bytes at `at`, and takes out what means nothing. False where the frame cannot be what it
 * says.
 */
export function admitGuestOffload(
  offload: Offload,
  memory: Uint8Array,
  at: number,
  length: number,
  agreement: GuestAgreement,
): boolean {
  // That a checksum was found right is not for a driver to say.
  offload.flags &= VNET_NEEDS_CSUM;
  if (offload.headerLength > length) offload.headerLength = 0;
  if (offload.flags === 0) {
    if (offload.gsoType !== 0) return false;
    offload.headerLength = 0;
    offload.gsoSize = 0;
    offload.csumStart = 0;
    offload.csumOffset = 0;
    return true;
  }
  const { csumStart, csumOffset } = offload;
  if (!agreement.fromChecksum || csumStart < ETHERNET_HEADER || csumStart + csumOffset + 2 > length) return false;
  if (offload.gsoType === 0) {
    offload.gsoSize = 0;
    return true;
  }
  return (
    agreement.fromGso.includes(offload.gsoType) &&
    offload.gsoSize >= SMALLEST_SEGMENT &&
    csumOffset === TCP_CHECKSUM &&
    csumStart + TCP_HEADER <= length &&
    !isEncapsulatedGso(memory, at, offload)
  );
}

/** Fills in the partial checksum of the frame of `length` bytes at `at`, whose field holds its pseudo-header's sum. */
export function completeChecksum(memory: Uint8Array, at: number, length: number, offload: Readonly<Offload>): void {
  const { csumStart, csumOffset } = offload;
  const field = at + csumStart + csumOffset;
  if (csumStart + csumOffset + 2 > length) return;
  const sum = finishSum(sumBytes(memory, at + csumStart, at + length));
  const value = sum === 0 && csumOffset === UDP_CHECKSUM ? 0xffff : sum;
  memory[field] = value >>> 8;
  memory[field + 1] = value;
}
