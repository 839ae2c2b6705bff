import { u16, u32 } from "#util/big-endian.js";

const ETH_P_IP = 0x0800;
const ETH_P_IPV6 = 0x86dd;
const IPV4 = 14;
const FRAGMENT = 0x3fff;

/** Bytes of a frame that are looked at: Ethernet, the longest IPv4 header, ports. */
export const FLOW_HEADERS = 78;

/**
 * A number that is the same for all frames of a flow in one direction, from the first `length` bytes of one: of its addresses, and of its ports
 * where they follow. What fragments have in common is their addresses.
 */
export function flowHash(b: Uint8Array, length: number): number {
  if (length < IPV4) return 0;
  const type = u16(b, 12);
  let hash = 0;
  let ports = length;
  if (type === ETH_P_IP && length >= IPV4 + 20) {
    hash = u32(b, IPV4 + 12) ^ u32(b, IPV4 + 16);
    if ((u16(b, IPV4 + 6) & FRAGMENT) === 0) ports = IPV4 + ((b[IPV4]! & 0x0f) << 2);
  } else if (type === ETH_P_IPV6 && length >= IPV4 + 40) {
    for (let i = IPV4 + 8; i < IPV4 + 40; i += 4) hash ^= u32(b, i);
    ports = IPV4 + 40;
  } else hash = u32(b, 2) ^ u32(b, 8);
  if (ports + 4 <= length) hash ^= Math.imul(u32(b, ports), 0x9e3779b1);
  hash = Math.imul(hash ^ (hash >>> 16), 0x45d9f3b);
  hash = Math.imul(hash ^ (hash >>> 16), 0x45d9f3b);
  return (hash ^ (hash >>> 16)) >>> 0;
}
