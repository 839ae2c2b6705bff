import { u16, u32 } from "#util/big-endian.js";

/** Bytes of an ARP or RARP message for IPv4 over Ethernet. */
const ARP_ETHERNET = 28;

/** 0 where a whole message for IPv4 over Ethernet lies within [at, end); 1 too short, 2 other hardware or protocol. */
export function arpFault(b: Uint8Array, at: number, end: number): number {
  if (end - at < ARP_ETHERNET) return 1;
  return u32(b, at) === 0x00010800 && u16(b, at + 4) === 0x0604 ? 0 : 2;
}
