import { CAPTURE_RESUMED, CAPTURE_TAGGED, captureRecord, resumeRecord } from "#bpf/capture-program.js";
import {
  type Offload,
  VNET_DATA_VALID,
  VNET_GSO_ECN,
  VNET_GSO_TCPV4,
  VNET_GSO_TCPV6,
  VNET_GSO_UDP_L4,
  VNET_NEEDS_CSUM,
} from "#wire/virtio-net.js";

/** Values of skb->ip_summed. */
const CHECKSUM_UNNECESSARY = 1;
const CHECKSUM_PARTIAL = 3;
/** Where the checksum is, from the start of its header: tells TCP from UDP. */
const TCP_CHECKSUM = 16;
const UDP_CHECKSUM = 6;

const ETH_P_IPV6 = 0x86dd;
const ETH_P_8021Q = 0x8100;
const ETH_P_8021AD = 0x88a8;
const TCP_FLAG_CWR = 0x80;

/** True where the frame at `at` is IPv6 behind any VLAN tags. */
function isIpv6(bytes: Uint8Array, at: number): boolean {
  for (let type = at + 12; ; type += 4) {
    const value = (bytes[type]! << 8) | bytes[type + 1]!;
    if (value !== ETH_P_8021Q && value !== ETH_P_8021AD) return value === ETH_P_IPV6;
  }
}

/** Fills in the segmentation of a GSO frame at `at`; false where its kind cannot be said in a virtio_net_hdr. */
function readSegmentation(bytes: Uint8Array, at: number, gsoSize: number, offload: Offload): boolean {
  const transport = at + offload.csumStart;
  offload.gsoSize = gsoSize;
  if (offload.csumOffset === TCP_CHECKSUM) {
    offload.gsoType = isIpv6(bytes, at) ? VNET_GSO_TCPV6 : VNET_GSO_TCPV4;
    if ((bytes[transport + 13]! & TCP_FLAG_CWR) !== 0) offload.gsoType |= VNET_GSO_ECN;
    offload.headerLength = offload.csumStart + ((bytes[transport + 12]! >> 4) << 2);
    return true;
  }
  offload.gsoType = VNET_GSO_UDP_L4;
  offload.headerLength = offload.csumStart + 8;
  return offload.csumOffset === UDP_CHECKSUM;
}

/** Where in a record its frame begins, by what `captureRecord.tagged` says. */
export function frameOf(tagged: number): number {
  return (tagged & CAPTURE_RESUMED) === 0 ? captureRecord.size : captureRecord.size + resumeRecord.size;
}

/**
 * Reads the offload state of the capture record at `at` of `bytes` (`words` being the same memory). False where the frame is of no use:
 * its segmentation cannot be expressed.
 */
export function readCaptureOffload(bytes: Uint8Array, words: Uint32Array, at: number, offload: Offload): boolean {
  const checksum = bytes[at + captureRecord.checksum]!;
  const gsoSize = words[(at + captureRecord.gsoSize) >> 2]! & 0xffff;
  offload.gsoType = 0;
  offload.gsoSize = 0;
  offload.headerLength = 0;
  if (checksum !== CHECKSUM_PARTIAL) {
    offload.flags = checksum === CHECKSUM_UNNECESSARY ? VNET_DATA_VALID : 0;
    offload.csumStart = 0;
    offload.csumOffset = 0;
    return gsoSize === 0;
  }
  const place = words[(at + captureRecord.csumStart) >> 2]!;
  offload.flags = VNET_NEEDS_CSUM;
  const tagged = bytes[at + captureRecord.tagged]!;
  offload.csumStart = (place & 0xffff) + ((tagged & CAPTURE_TAGGED) !== 0 ? 4 : 0);
  offload.csumOffset = place >>> 16;
  return gsoSize === 0 || readSegmentation(bytes, at + frameOf(tagged), gsoSize, offload);
}
