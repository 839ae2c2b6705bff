import type { MacNumber } from "#util/mac-number.js";

/** Addresses that bridges do not forward, ovs-vswitchd.conf.db(5) "forward-bpdu": [address, mask of bits that matter]. */
const reserved: readonly (readonly [MacNumber, MacNumber])[] = [
  [0x0180c2000000, 0xfffffffffff0],
  [0x00e02b000000, 0xffffffffffff],
  [0x00e02b000004, 0xffffffffffff],
  [0x00e02b000006, 0xffffffffffff],
  [0x01000c000000, 0xffffffffffff],
  [0x01000cccccc0, 0xfffffffffff0],
  [0x01000ccdcdcd, 0xffffffffffff],
];

const exact = new Set(reserved.filter(([, mask]) => mask === 0xffffffffffff).map(([mac]) => mac));
const sixteens = new Set(reserved.filter(([, mask]) => mask !== 0xffffffffffff).map(([mac]) => mac));

/** True for the destination of a control protocol that must not leave its link (STP, LACP, LLDP, CDP, …). */
export function isReservedAddress(mac: MacNumber): boolean {
  return exact.has(mac) || sixteens.has(mac - (mac % 16));
}
