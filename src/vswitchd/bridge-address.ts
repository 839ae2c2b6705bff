import { formatMac } from "#util/mac.js";

/** An interface or port that might lend the bridge its address. */
export interface AddressCandidate {
  readonly mac: Uint8Array;
}

/** True for addresses that identify no hardware: multicast, locally administered, zero, or reserved for link protocols. */
function unfit(mac: Uint8Array): boolean {
  const first = mac[0] ?? 0;
  if (first & 3) return true;
  return mac.every((b) => b === 0);
}

function compareMacs(a: Uint8Array, b: Uint8Array): number {
  for (let i = 0; i < 6; i++) {
    const d = (a[i] ?? 0) - (b[i] ?? 0);
    if (d !== 0) return d;
  }
  return 0;
}

/**
 * A bridge's address where nothing else gives one: made from its row's UUID, so that it stays the same from run to run. The
 * first two 32-bit words are taken in little-endian byte order, and the address is marked locally administered unicast.
 */
export function defaultBridgeAddress(uuid: string): Uint8Array {
  const hex = uuid.replaceAll("-", "");
  const byte = (i: number): number => Number.parseInt(hex.slice(2 * i, 2 * i + 2), 16);
  const mac = Uint8Array.of(byte(3), byte(2), byte(1), byte(0), byte(7), byte(6));
  mac[0] = ((mac[0] ?? 0) & ~1) | 2;
  return mac;
}

/** Why other_config:hwaddr cannot be a bridge's address, in Open vSwitch's words; undefined where it can. */
export function addressFault(hwaddr: Uint8Array): string | undefined {
  if ((hwaddr[0] ?? 0) & 1) return `cannot set MAC address to multicast address ${formatMac(hwaddr)}`;
  return hwaddr.every((b) => b === 0) ? "cannot set MAC address to zero" : undefined;
}

/**
 * Chooses a bridge's Ethernet address: other_config:hwaddr where usable, else the lowest hardware address among its ports, else
 * the default.
 */
export function chooseBridgeAddress(
  hwaddr: Uint8Array | undefined,
  candidates: readonly AddressCandidate[],
  fallback: Uint8Array,
): Uint8Array {
  if (hwaddr && addressFault(hwaddr) === undefined) return hwaddr;
  let best: Uint8Array | undefined;
  for (const { mac } of candidates) {
    if (!unfit(mac) && (best === undefined || compareMacs(mac, best) < 0)) best = mac;
  }
  return best ?? fallback;
}

/** The datapath id that goes with an Ethernet address: its 48 bits, zero-extended. */
export function datapathIdOf(mac: Uint8Array): bigint {
  return mac.reduce((id, b) => (id << 8n) | BigInt(b), 0n);
}

/** Reads other_config:datapath-id: exactly 16 hexadecimal digits, or up to 16 behind `0x`; undefined where malformed or zero. */
export function parseDatapathId(text: string): bigint | undefined {
  const digits = text.match(/^(?:0x(?=[0-9a-f]{1,16}$)|(?=.{16}$))([0-9a-f]+)$/i)?.[1];
  if (digits === undefined) return undefined;
  const id = BigInt(`0x${digits}`);
  return id === 0n ? undefined : id;
}

/** A datapath id as Bridge:datapath_id holds it. */
export function formatDatapathId(id: bigint): string {
  return id.toString(16).padStart(16, "0");
}
