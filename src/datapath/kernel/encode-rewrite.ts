import { operationHead, setWord } from "#bpf/forward/layout.js";
import { FRAG_ANY, FRAG_LATER, W } from "#flow/layout.js";
import { EtherType } from "#wire/ethernet.js";
import { IpProtocol } from "#wire/ip-protocol.js";
import type { Rewrite, RewriteLayer } from "../userspace/frames/rewrite.js";
import { type ForwardMatch, knownBits } from "./encode-match.js";
import type { KnownNeighbour } from "./known-neighbour.js";

/** Flags of `bpf_l4_csum_replace`: how many bytes change, that they are the pseudo header's, and that a sum of 0 is none (UDP). */
const TWO_BYTES = 2;
const PSEUDO_HEADER = 0x10;
const ZERO_IS_NONE = 0x20;
/** A flag of `bpf_skb_store_bytes`: a sum that the device made over the whole packet follows. */
const RECOMPUTE = 1;
/** Where addresses begin. */
const IPV4_ADDRESSES = 12;
const IPV6_ADDRESSES = 8;

/** What `setWord.base` says. */
const Base = { network: 0, transport: 4, frame: 8 } as const;

/** Where in a transport header its checksum lies, and flags of its own. */
interface Sum {
  readonly at: number;
  readonly flags: number;
}

const sums: Readonly<Record<number, Sum>> = {
  [IpProtocol.tcp]: { at: 16, flags: 0 },
  [IpProtocol.udp]: { at: 6, flags: ZERO_IS_NONE },
  [IpProtocol.icmp]: { at: 2, flags: 0 },
  [IpProtocol.icmpv6]: { at: 2, flags: 0 },
};

const transports: Partial<Record<RewriteLayer, number>> = {
  tcp: IpProtocol.tcp,
  udp: IpProtocol.udp,
  icmp: IpProtocol.icmp,
  icmpv6: IpProtocol.icmpv6,
};

/**
 * Whether a change is right only where the checksum that is still to be computed, if one is, is that of the outer transport header: one of UDP may be about a tunnel's
 * inside, while its own is there already.
 */
export function isGuarded({ layer, words }: Rewrite, match: ForwardMatch): boolean {
  if (layer === "udp") return true;
  const addresses = layer === "ipv4" ? IPV4_ADDRESSES : layer === "ipv6" ? IPV6_ADDRESSES : Number.POSITIVE_INFINITY;
  return transportOf(match) === IpProtocol.udp && triples(words).some(([offset]) => offset >= addresses);
}

/** The operations, code left out, that change a header, or why there are none. `neighbour` is asked for neighbour messages only. */
export function encodeRewrite(
  change: Rewrite,
  match: ForwardMatch,
  neighbour: () => KnownNeighbour,
): Uint8Array[] | string {
  const { layer, words } = change;
  const type = knownBits(match, W.ethType, 0xffff);
  const isUnknown = `sets fields of ${layer}, it is not known whether they are there`;
  switch (layer) {
    case "eth":
      return triples(words).map((triple) => encodeWord(triple, { base: Base.frame }));
    case "arp":
      if (type !== EtherType.arp && type !== EtherType.rarp) return isUnknown;
      return triples(words).map((triple) => encodeWord(triple, { base: Base.network }));
    case "ipv4":
      return type === EtherType.ipv4 ? encodeNetwork(words, match, IPV4_ADDRESSES, true) : isUnknown;
    case "ipv6":
      return type === EtherType.ipv6 ? encodeNetwork(words, match, IPV6_ADDRESSES, false) : isUnknown;
    case "nd_target":
    case "nd_sll":
    case "nd_tll": {
      const protocol = transportOf(match);
      if (protocol === -1) return [];
      if (type !== EtherType.ipv6 || protocol !== IpProtocol.icmpv6) return isUnknown;
      const place = neighbour().placeOf(change);
      if (place === undefined) return isUnknown;
      if (place === "nowhere") return [];
      return triples(words).map(([offset, ...bits]) => encodeWord([place + offset, ...bits], inTransport(protocol)));
    }
    default: {
      const protocol = transports[layer];
      if (protocol === undefined) return `sets fields of ${layer}`;
      if (type !== EtherType.ipv4 && type !== EtherType.ipv6) return isUnknown;
      const transport = transportOf(match);
      if (transport === undefined || (transport !== protocol && transport !== -1)) return isUnknown;
      // Later fragments have none: nothing is changed.
      if (transport === -1) return [];
      if ((protocol === IpProtocol.icmp) !== (type === EtherType.ipv4) && isIcmp(protocol)) return [];
      return triples(words).map((triple) => encodeWord(triple, inTransport(protocol)));
    }
  }
}

function inTransport(protocol: number): WordChange {
  const { at, flags } = sums[protocol]!;
  return { base: Base.transport, checksum: at, flags: TWO_BYTES | flags };
}

function isIcmp(protocol: number): boolean {
  return protocol === IpProtocol.icmp || protocol === IpProtocol.icmpv6;
}

function encodeNetwork(
  words: Uint16Array,
  match: ForwardMatch,
  addresses: number,
  isIpv4: boolean,
): Uint8Array[] | string {
  const changes = triples(words);
  let sum: Sum | undefined;
  if (changes.some(([offset]) => offset >= addresses)) {
    const protocol = transportOf(match);
    if (protocol === undefined) return "sets addresses, it is not known of what";
    // ICMP's checksum is over no addresses.
    sum = protocol === IpProtocol.icmp || (isIpv4 && protocol === IpProtocol.icmpv6) ? undefined : sums[protocol];
  }
  return changes.map((triple) => {
    const follows = triple[0] >= addresses ? sum : undefined;
    const flags = PSEUDO_HEADER | TWO_BYTES | (follows?.flags ?? 0);
    return encodeWord(triple, { base: Base.network, isIpv4, checksum: follows?.at ?? 0, flags });
  });
}

/** The protocol of the transport header that all packets of a match have; -1 where they have none, undefined where that is not known. */
function transportOf(match: ForwardMatch): number | undefined {
  const protocol = knownBits(match, W.nw, 0xff);
  const fragment = knownBits(match, W.nw, (FRAG_ANY | FRAG_LATER) << 24);
  if (fragment !== undefined && ((fragment >>> 24) & FRAG_LATER) !== 0) return -1;
  return fragment === undefined ? undefined : protocol;
}

type Triple = readonly [offset: number, value: number, mask: number];

function triples(words: Uint16Array): Triple[] {
  return Array.from({ length: words.length / 3 }, (_, i) => [words[3 * i]!, words[3 * i + 1]!, words[3 * i + 2]!]);
}

/** How a word is changed: an IPv4 header's own checksum follows, or a transport's at an offset (0: none). */
interface WordChange {
  readonly base: number;
  readonly isIpv4?: boolean;
  readonly checksum?: number;
  readonly flags?: number;
}

/**
 * Whether a device's sum over the packet has to be told of a change. It begins behind the Ethernet header, and stays as it is where a checksum within it makes up for the change. For the pseudo header's part
 * of a transport's checksum the kernel takes the checksum's change off the sum, since IPv4's own checksum makes up for that of the address; IPv6 has none.
 */
function changesSum({ base, isIpv4 = false, checksum = 0, flags = 0 }: WordChange): boolean {
  if (base === Base.frame || isIpv4) return false;
  return checksum === 0 || (flags & PSEUDO_HEADER) !== 0;
}

function encodeWord([offset, value, mask]: Triple, how: WordChange): Uint8Array {
  const { base, isIpv4 = false, checksum = 0, flags = 0 } = how;
  const bytes = new Uint8Array(operationHead.size);
  const view = new DataView(bytes.buffer);
  view.setUint16(setWord.value, value);
  view.setUint16(setWord.keep, ~mask & 0xffff);
  bytes[setWord.base] = base;
  bytes[setWord.offset] = offset;
  bytes[setWord.ipv4] = isIpv4 ? 1 : 0;
  bytes[setWord.checksum] = checksum;
  view.setUint16(setWord.flags, flags, true);
  bytes[setWord.storeFlags] = changesSum(how) ? RECOMPUTE : 0;
  return bytes;
}
