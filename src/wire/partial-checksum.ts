import { u16 } from "#util/big-endian.js";
import { foldSum, pseudoSum4, pseudoSum6 } from "./checksum.js";
import { type Offload, VNET_NEEDS_CSUM } from "./virtio-net.js";

const ETH_P_IP = 0x0800;
const ETH_P_IPV6 = 0x86dd;
const ETH_P_8021Q = 0x8100;
const ETH_P_8021AD = 0x88a8;
const IPPROTO_TCP = 6;
const IPPROTO_UDP = 17;
const TCP_CHECKSUM = 16;
const UDP_CHECKSUM = 6;
/** More fragments, or an offset. */
const FRAGMENT = 0x3fff;

/**
 * Finds out whether the TCP or UDP checksum of the plain frame of `length` bytes at `at` has only been begun: its field then holds the sum of
 * the pseudo-header. If so, says so in `offload`. A finished checksum has that value once in 65,536 times; finishing it once more gives the same.
 */
export function restorePartialChecksum(b: Uint8Array, at: number, length: number, offload: Offload): void {
  let type = at + 12;
  let protocol = u16(b, type);
  while ((protocol === ETH_P_8021Q || protocol === ETH_P_8021AD) && type + 6 < at + length) {
    type += 4;
    protocol = u16(b, type);
  }
  const ip = type + 2;
  const end = at + length;
  if (protocol === ETH_P_IP) {
    if (ip + 20 > end || (u16(b, ip + 6) & FRAGMENT) !== 0) return;
    const headers = (b[ip]! & 0x0f) << 2;
    if (headers < 20) return;
    const size = u16(b, ip + 2) - headers;
    compare(b, at, ip, ip + headers, size, end, b[ip + 9]!, pseudoSum4, offload);
  } else if (protocol === ETH_P_IPV6 && ip + 40 <= end) {
    compare(b, at, ip, ip + 40, u16(b, ip + 4), end, b[ip + 6]!, pseudoSum6, offload);
  }
}

function compare(
  b: Uint8Array,
  at: number,
  ip: number,
  transport: number,
  size: number,
  end: number,
  protocol: number,
  pseudoSum: typeof pseudoSum4,
  offload: Offload,
): void {
  const place = protocol === IPPROTO_TCP ? TCP_CHECKSUM : protocol === IPPROTO_UDP ? UDP_CHECKSUM : -1;
  if (place < 0 || size < place + 2 || transport + size > end) return;
  if (u16(b, transport + place) !== foldSum(pseudoSum(b, ip, protocol, size))) return;
  offload.flags = VNET_NEEDS_CSUM;
  offload.csumStart = transport - at;
  offload.csumOffset = place;
}
