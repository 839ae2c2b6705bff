import { errno } from "./interpreted-map.js";
import type { Callee } from "./machine.js";
import { Skb } from "./skb.js";

const EFAULT = 14;
const EALREADY = 114;
const ENOTSUPP = 524;

/** Where the room is: behind the network header or before it (BPF_ADJ_ROOM_NET, BPF_ADJ_ROOM_MAC). */
const mode = { network: 0, mac: 1 } as const;

/** BPF_F_ADJ_ROOM_* */
const FIXED_GSO = 1n << 0n;
const ENCAP_IPV4 = 1n << 1n;
const ENCAP_IPV6 = 1n << 2n;
const ENCAP_GRE = 1n << 3n;
const ENCAP_UDP = 1n << 4n;
const NO_CHECKSUM_RESET = 1n << 5n;
const ENCAP_ETHERNET = 1n << 6n;
const DECAP_IPV4 = 1n << 7n;
const DECAP_IPV6 = 1n << 8n;
const INNER_LENGTH = 0xffn << 56n;
const ENCAP = ENCAP_IPV4 | ENCAP_IPV6;
const DECAP = DECAP_IPV4 | DECAP_IPV6;
const KNOWN = FIXED_GSO | ENCAP | ENCAP_GRE | ENCAP_UDP | NO_CHECKSUM_RESET | ENCAP_ETHERNET | DECAP | INNER_LENGTH;

const IPV4 = 0x0800;
const IPV6 = 0x86dd;
const headerLength: Readonly<Record<number, number>> = { [IPV4]: 20, [IPV6]: 40 };
const ETHERNET = 14;

/** What forbids to put a header in front of a packet that goes into a tunnel; 0 for nothing. */
function encapFault(skb: Skb, flags: bigint, count: number): number {
  const innerLength = Number((flags & INNER_LENGTH) >> 56n);
  if ((flags & ENCAP) === ENCAP || (flags & (ENCAP_GRE | ENCAP_UDP)) === (ENCAP_GRE | ENCAP_UDP)) return -errno.EINVAL;
  if (skb.isEncapsulated) return -EALREADY;
  if (innerLength > count || ((flags & ENCAP_ETHERNET) !== 0n && innerLength < ETHERNET)) return -errno.EINVAL;
  return 0;
}

function grow(skb: Skb, at: number, count: number, flags: bigint): number {
  const isTunnel = (flags & ENCAP) !== 0n;
  const fault = isTunnel ? encapFault(skb, flags, count) : 0;
  if (fault !== 0) return fault;
  skb.packet.splice(at, count);
  if (isTunnel) {
    skb.isEncapsulated = true;
    skb.protocol = (flags & ENCAP_IPV6) !== 0n ? IPV6 : IPV4;
    skb.transportOffset = skb.networkOffset + headerLength[skb.protocol]!;
  }
  return 0;
}

function shrink(skb: Skb, at: number, count: number, flags: bigint): number {
  if ((flags & ~(FIXED_GSO | NO_CHECKSUM_RESET | DECAP)) !== 0n) return -errno.EINVAL;
  if (at + count > skb.bytes.length) return -12;
  skb.packet.splice(at, -count);
  if ((flags & DECAP) !== 0n) skb.protocol = (flags & DECAP_IPV6) !== 0n ? IPV6 : IPV4;
  return 0;
}

/** bpf_skb_adjust_room: bytes go in or out behind the Ethernet header, or behind the fixed part of the IP header. */
export const adjustRoom: Callee = (machine) => {
  const skb = machine.context(Skb);
  const change = Number(BigInt.asIntN(32, machine.argument(2)));
  const place = machine.argument32(3);
  const flags = machine.argument(4);
  if ((flags & ~KNOWN) !== 0n) return BigInt(-errno.EINVAL);
  if (Math.abs(change) > 0xfff) return BigInt(-EFAULT);
  const network = headerLength[skb.protocol];
  if (network === undefined || (place !== mode.network && place !== mode.mac)) return BigInt(-ENOTSUPP);
  const isShrinking = change < 0;
  if ((flags & DECAP) !== 0n && (!isShrinking || (flags & DECAP) === DECAP)) return BigInt(-errno.EINVAL);
  const least = (flags & DECAP) === 0n ? network : (flags & DECAP_IPV6) !== 0n ? 40 : 20;
  const rest = skb.bytes.length - skb.networkOffset + change;
  if (isShrinking && (rest <= 0 || rest < least)) return BigInt(-ENOTSUPP);
  const at = skb.networkOffset + (place === mode.network ? network : 0);
  return BigInt(isShrinking ? shrink(skb, at, -change, flags) : grow(skb, at, change, flags));
};
