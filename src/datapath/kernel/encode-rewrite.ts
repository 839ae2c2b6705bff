import { operationHead, setWord } from "#bpf/forward/layout.js";
import { FRAG_ANY, FRAG_LATER, W } from "#flow/layout.js";
import { EtherType } from "#wire/ethernet.js";
import { IpProtocol } from "#wire/ip-protocol.js";
import type { Rewrite } from "../userspace/frames/rewrite.js";
import type { ForwardMatch } from "./encode-match.js";

/** Flags of `bpf_l4_csum_replace`: how many bytes change, and that they are the pseudo header's. */
const TWO_BYTES = 2;
const PSEUDO_HEADER = 0x10;
/** A flag of `bpf_skb_store_bytes`: a sum that the device made over the whole packet follows. */
const RECOMPUTE = 1;
/** Where addresses begin. */
const IPV4_ADDRESSES = 12;
const IPV6_ADDRESSES = 8;

const checksums: Readonly<Record<number, number>> = { [IpProtocol.tcp]: 16, [IpProtocol.icmpv6]: 2 };

/** The operations, code left out, that change a header behind Ethernet's, or why there are none. */
export function encodeRewrite({ layer, words }: Rewrite, match: ForwardMatch): Uint8Array[] | string {
  const type = known(match, W.ethType, 0xffff);
  switch (layer) {
    case "ipv4": {
      if (type !== EtherType.ipv4) return "sets fields of ipv4, it is not known whether they are there";
      return encodeNetwork(words, match, { addresses: IPV4_ADDRESSES, isIpv4: true });
    }
    case "ipv6": {
      if (type !== EtherType.ipv6) return "sets fields of ipv6, it is not known whether they are there";
      return encodeNetwork(words, match, { addresses: IPV6_ADDRESSES, isIpv4: false });
    }
    case "tcp": {
      if (type !== EtherType.ipv4 && type !== EtherType.ipv6) return "sets fields of tcp, it is not known where";
      if (transportOf(match) !== IpProtocol.tcp) return "sets fields of tcp, it is not known whether they are there";
      return triples(words).map((triple) => encodeWord(triple, { base: 4, ipv4: 0, checksum: 16, flags: TWO_BYTES }));
    }
    default:
      return `sets fields of ${layer}`;
  }
}

function encodeNetwork(
  words: Uint16Array,
  match: ForwardMatch,
  { addresses, isIpv4 }: { readonly addresses: number; readonly isIpv4: boolean },
): Uint8Array[] | string {
  const changes = triples(words);
  let checksum = 0;
  if (changes.some(([offset]) => offset >= addresses)) {
    const protocol = transportOf(match);
    if (protocol === undefined) return "sets addresses, it is not known of what";
    // Its checksum may be the outer one of a large segment whose inner one is still to be computed.
    if (protocol === IpProtocol.udp) return "sets addresses of UDP";
    checksum = isIpv4 && protocol === IpProtocol.icmpv6 ? 0 : (checksums[protocol] ?? 0);
  }
  return changes.map((triple) => {
    const follows = triple[0] >= addresses ? checksum : 0;
    return encodeWord(triple, { base: 0, ipv4: isIpv4 ? 1 : 0, checksum: follows, flags: PSEUDO_HEADER | TWO_BYTES });
  });
}

/** The protocol of the transport header that all packets of a match have; -1 where they have none, undefined where that is not known. */
function transportOf(match: ForwardMatch): number | undefined {
  const protocol = known(match, W.nw, 0xff);
  const fragment = known(match, W.nw, (FRAG_ANY | FRAG_LATER) << 24);
  if (fragment !== undefined && ((fragment >>> 24) & FRAG_LATER) !== 0) return -1;
  return fragment === undefined ? undefined : protocol;
}

/** These bits of a key's word where all packets of a match have the same. */
function known({ words }: ForwardMatch, index: number, bits: number): number | undefined {
  const found = words.find(({ word }) => word === index);
  return found !== undefined && (found.bits & bits) >>> 0 === bits >>> 0 ? (found.value & bits) >>> 0 : undefined;
}

type Triple = readonly [offset: number, value: number, mask: number];

function triples(words: Uint16Array): Triple[] {
  return Array.from({ length: words.length / 3 }, (_, i) => [words[3 * i]!, words[3 * i + 1]!, words[3 * i + 2]!]);
}

function encodeWord(
  [offset, value, mask]: Triple,
  how: { readonly base: number; readonly ipv4: number; readonly checksum: number; readonly flags: number },
): Uint8Array {
  const bytes = new Uint8Array(operationHead.size);
  const view = new DataView(bytes.buffer);
  view.setUint16(setWord.value, value);
  view.setUint16(setWord.keep, ~mask & 0xffff);
  bytes[setWord.base] = how.base;
  bytes[setWord.offset] = offset;
  bytes[setWord.ipv4] = how.ipv4;
  bytes[setWord.checksum] = how.checksum;
  view.setUint16(setWord.flags, how.flags, true);
  // Where one checksum follows another change, the sum over both stays.
  bytes[setWord.storeFlags] = how.ipv4 === 0 && how.checksum === 0 ? RECOMPUTE : 0;
  return bytes;
}
