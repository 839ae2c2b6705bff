/**
 * Where everything is in a flow key: indexes of 32-bit words. Within a word, fields are written most significant first,
 * `a:16 | b:16` meaning that a is in the upper half. Multi-word values are most significant word first. A word of a
 * header the packet lacks is 0.
 */
export const W = {
  // Stage 0: where the packet came from and what is remembered of it.
  /** Tunnel source and destination, IPv4; 0 for an IPv6 or no tunnel. */
  tunSrc: 0,
  tunDst: 1,
  /** 4 words each; 0 for an IPv4 or no tunnel. */
  tunIpv6Src: 2,
  tunIpv6Dst: 6,
  /** 2 words. */
  tunId: 10,
  /** tos:8 | ttl:8 | flags:16 (`TunnelFlag`). */
  tunMeta: 12,
  /** tp_src:16 | tp_dst:16. */
  tunTp: 13,
  /** gbp_id:16 | gbp_flags:8 | erspan_ver:8. */
  tunGbp: 14,
  /** erspan hwid:8 | dir:4 | idx:20. */
  tunErspan: 15,
  /** 0:16 | gtpu_flags:8 | gtpu_msgtype:8. */
  tunGtpu: 16,
  /** 2 words: bit i (from the least significant) set where tun_metadata<i> is present. */
  tunMetadataPresent: 17,
  /** 2 words. */
  metadata: 19,
  /** reg0 … reg15, a word each; xreg and xxreg are the same words. */
  reg: 21,
  /** The port the packet came in by: the datapath's number in the datapath, the OpenFlow number (16 bits) in ofproto. */
  inPort: 37,
  recircId: 38,
  dpHash: 39,
  skbPriority: 40,
  pktMark: 41,
  /** namespace:16 | type:16; 0 is Ethernet. */
  packetType: 42,
  actsetOutput: 43,
  conjId: 44,
  ctState: 45,
  /** 0:8 | original nw_proto:8 | zone:16. */
  ctZone: 46,
  ctMark: 47,
  /** 4 words. */
  ctLabel: 48,
  /** The connection's original direction tuple. */
  ctNwSrc: 52,
  ctNwDst: 53,
  /** tp_src:16 | tp_dst:16. */
  ctTp: 54,
  ctIpv6Src: 55,
  ctIpv6Dst: 59,

  // Stage 1: layer 2.
  /** 3 words: destination:48 | source:48, as in the frame. */
  eth: 64,
  /** 0:16 | ethertype:16; 0x05ff for a frame that has none. */
  ethType: 67,
  /** Outermost 802.1Q header: tpid:16 | pcp:3 present:1 vid:12; 0 without one. */
  vlan0: 68,
  /** The next header inward, same form. */
  vlan1: 69,
  /** Up to 3 label stack entries as on the wire, label:20 | tc:3 | bos:1 | ttl:8, outermost first. */
  mpls: 70,

  // Stage 2: layer 3.
  /** IPv4 addresses; of ARP and RARP the protocol addresses spa and tpa. */
  nwSrc: 73,
  nwDst: 74,
  ipv6Src: 75,
  ipv6Dst: 79,
  /** 0:12 | flow label:20. */
  ipv6Label: 83,
  /** frag:8 | tos:8 | ttl:8 | proto:8; of ARP and RARP, proto is the operation where it is below 256. */
  nw: 84,

  // Stage 3: layer 4.
  /** 4 words: target address of a neighbour solicitation or advertisement. */
  ndTarget: 85,
  /** 3 words: sha:48 | tha:48 of ARP and RARP, sll:48 | tll:48 of neighbour discovery. */
  arpHw: 89,
  /** 0:8 | nd_options_type:8 | 0:4 tcp_flags:12. */
  l4: 92,
  /** src:16 | dst:16 of TCP, UDP, SCTP; of ICMP type | code; of IGMP type | code. */
  tp: 93,
  /** IGMP group address; of neighbour discovery the reserved word. */
  igmpGroup: 94,
  /** flags:8 | ttl:8 | mdtype:8 | np:8. */
  nsh: 95,
  /** spi:24 | si:8. */
  nshPath: 96,
  /** c1 … c4. */
  nshContext: 97,

  // Tail, of stage 0: tunnel metadata values, placed by the bridge's TLV map (64 words, 256 bytes).
  tunMetadata: 101,
} as const;

/** Words of a key. */
export const KEY_WORDS = 165;

/** Words before the tunnel metadata values: all there is to look at where no tunnel metadata is in use. */
export const CORE_WORDS = 101;

/** First word that the packet itself determines; `extractKey` writes [PACKET_START, CORE_WORDS) whole. */
export const PACKET_START = 64;

/** Stage boundaries, for staged lookup: stage s is words [STAGES[s], STAGES[s + 1]); the tail counts as stage 0. */
export const STAGES: readonly number[] = [0, 64, 73, 85, 101];

/** The stage of a word: 0 metadata, 1 layer 2, 2 layer 3, 3 layer 4. */
export function stageOf(word: number): number {
  if (word < 64 || word >= CORE_WORDS) return 0;
  return word < 73 ? 1 : word < 85 ? 2 : 3;
}

/** Number of VLAN headers a key holds (Open_vSwitch:other_config:vlan-limit may lower it). */
export const MAX_VLANS = 2;

/** Number of MPLS label stack entries a key holds. */
export const MAX_MPLS = 3;

/** The bit of a VLAN's TCI that says that the header is there (in a frame, this bit is CFI or DEI). */
export const VLAN_PRESENT = 0x1000;

/** dl_type of a frame without an Ethernet type. */
export const ETH_TYPE_NONE = 0x05ff;

/** Bits of ip_frag: any fragment; not the first one. */
export const FRAG_ANY = 1;
export const FRAG_LATER = 2;

/** Bits of `tunMeta`'s flags. Only `oam` is visible as the field tun_flags. */
export const TunnelFlag = {
  oam: 1,
  dontFragment: 2,
  checksum: 4,
  key: 8,
} as const;

/** Bits of ct_state, as OpenFlow and the datapath number them. */
export const CtState = {
  new: 1,
  est: 2,
  rel: 4,
  rpl: 8,
  inv: 0x10,
  trk: 0x20,
  snat: 0x40,
  dnat: 0x80,
} as const;

/** Packet type namespaces (OpenFlow 1.5): 0 with type 0 is Ethernet, 1 is an Ethernet type. */
export const PacketNamespace = { onf: 0, ethertype: 1 } as const;
