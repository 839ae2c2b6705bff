import { u16 } from "#util/big-endian.js";

/** Bytes of the two addresses; the type follows, after any VLAN tags. */
export const ETHERNET_ADDRESSES = 12;
/** Bytes of an untagged header. */
export const ETHERNET_HEADER = 14;

/** Ethernet types, IEEE 802 numbers. */
export const EtherType = {
  ipv4: 0x0800,
  arp: 0x0806,
  teb: 0x6558,
  rarp: 0x8035,
  vlan: 0x8100,
  ipv6: 0x86dd,
  mpls: 0x8847,
  mplsMulticast: 0x8848,
  qinq: 0x88a8,
  nsh: 0x894f,
} as const;

/** Below this a type field is a length (IEEE 802.3). */
export const ETHERTYPE_MIN = 0x0600;

const LLC_SNAP = 8;

/** True of the types of a VLAN tag. */
export function isVlanType(type: number): boolean {
  return type === EtherType.vlan || type === EtherType.qinq;
}

/**
 * True where, at `at` (just after a length field), `end` limiting, there are an LLC header for SNAP (aa aa 03), the OUI
 * 00:00:00 and an Ethernet type: RFC 1042. The type is the two bytes at `at + 6`.
 */
export function isSnapEthernet(b: Uint8Array, at: number, end: number): boolean {
  return (
    end - at >= LLC_SNAP &&
    b[at] === 0xaa &&
    b[at + 1] === 0xaa &&
    b[at + 2] === 0x03 &&
    (b[at + 3]! | b[at + 4]! | b[at + 5]!) === 0 &&
    u16(b, at + 6) >= ETHERTYPE_MIN
  );
}
