/** An Ethernet address as a number below 2^48: exact in a double, cheap as a Map key. */
export type MacNumber = number;

/** The all-ones address. */
export const BROADCAST_MAC: MacNumber = 0xffffffffffff;

/** True for group addresses, broadcast included. */
export function isMulticastMac(mac: MacNumber): boolean {
  return Math.floor(mac / 2 ** 40) % 2 === 1;
}

/** The six bytes at `at` as a number. */
export function macNumber(bytes: Uint8Array, at = 0): MacNumber {
  let n = 0;
  for (let i = 0; i < 6; i++) n = n * 256 + (bytes[at + i] ?? 0);
  return n;
}

/** `xx:xx:xx:xx:xx:xx`. */
export function formatMacNumber(mac: MacNumber): string {
  const hex = mac.toString(16).padStart(12, "0");
  return hex.replace(/..(?=.)/g, "$&:");
}
