import { EtherType } from "#wire/ethernet.js";
import { IpProtocol } from "#wire/ip-protocol.js";
import { NEIGHBOUR_ADVERT, NEIGHBOUR_SOLICIT } from "#wire/nd.js";
import { TCP_FLAG_NAMES } from "#wire/transport.js";
import type { Bits } from "./access.js";
import { field } from "./fields/table.js";
import type { FlowKey } from "./key.js";
import { FRAG_LATER, W } from "./layout.js";

/** How a value is written: `hex` writes 0 as `0`, `hexFull` as `0x0`. */
type OdpStyle = "dec" | "hex" | "hexFull" | "mac" | "ipv4" | "ipv6" | "frag" | "port";

/** A named value within an attribute; the only one of an attribute may have no name. */
export interface OdpPart {
  readonly name: string;
  readonly at: Bits;
  readonly style: OdpStyle;
}

/** One `name(…)` of a datapath flow that is a plain list of values. */
export interface OdpAttribute {
  readonly name: string;
  readonly parts: readonly OdpPart[];
  /** Whether a packet of this key has it. */
  readonly applies: (key: FlowKey) => boolean;
}

/** One `name(…)` that is a set of flags. `names[i]` is bit i. */
export interface OdpFlags {
  readonly name: string;
  readonly at: Bits;
  readonly names: readonly string[];
}

const always = (): boolean => true;

function bits(word: number, shift: number, width: number): Bits {
  return { word, words: Math.ceil((width + shift) / 32), shift, bits: width };
}

function part(name: string, of: string | Bits, style: OdpStyle): OdpPart {
  return { name, at: typeof of === "string" ? field(of) : of, style };
}

function single(name: string, of: string, style: OdpStyle): OdpAttribute {
  return { name, parts: [part("", of, style)], applies: always };
}

const ethType = (type: number) => (key: FlowKey) => key[W.ethType] === type;

function hasTransport(key: FlowKey): boolean {
  const type = key[W.ethType];
  return (type === EtherType.ipv4 || type === EtherType.ipv6) && ((key[W.nw]! >>> 24) & FRAG_LATER) === 0;
}

const transport = (proto: number) => (key: FlowKey) => hasTransport(key) && (key[W.nw]! & 0xff) === proto;

const isIcmp = (key: FlowKey) => key[W.ethType] === EtherType.ipv4 && transport(IpProtocol.icmp)(key);
const isIcmpv6 = (key: FlowKey) => key[W.ethType] === EtherType.ipv6 && transport(IpProtocol.icmpv6)(key);
const isNd = (key: FlowKey) =>
  isIcmpv6(key) && (key[W.tp] === NEIGHBOUR_SOLICIT << 16 || key[W.tp] === NEIGHBOUR_ADVERT << 16);

const ports = [part("src", bits(W.tp, 16, 16), "dec"), part("dst", bits(W.tp, 0, 16), "dec")];
const typeAndCode = [part("type", "icmp_type", "dec"), part("code", "icmp_code", "dec")];

export const skbPriority: OdpAttribute = single("skb_priority", "skb_priority", "hex");

/** What stands between the tunnel and ct_state, and from there to the Ethernet header. */
export const skbMark: OdpAttribute = single("skb_mark", "pkt_mark", "hex");
export const ctState: OdpFlags = {
  name: "ct_state",
  at: field("ct_state"),
  names: ["new", "est", "rel", "rpl", "inv", "trk", "snat", "dnat"],
};
export const metadataAttributes: readonly OdpAttribute[] = [
  single("ct_zone", "ct_zone", "hex"),
  single("ct_mark", "ct_mark", "hex"),
  single("ct_label", "ct_label", "hex"),
  {
    name: "ct_tuple4",
    parts: [
      part("src", "ct_nw_src", "ipv4"),
      part("dst", "ct_nw_dst", "ipv4"),
      part("proto", "ct_nw_proto", "dec"),
      part("tp_src", "ct_tp_src", "dec"),
      part("tp_dst", "ct_tp_dst", "dec"),
    ],
    applies: (key) => key[W.ctZone]! >>> 16 !== 0 && key[W.ethType] === EtherType.ipv4,
  },
  {
    name: "ct_tuple6",
    parts: [
      part("src", "ct_ipv6_src", "ipv6"),
      part("dst", "ct_ipv6_dst", "ipv6"),
      part("proto", "ct_nw_proto", "dec"),
      part("src_port", "ct_tp_src", "dec"),
      part("dst_port", "ct_tp_dst", "dec"),
    ],
    applies: (key) => key[W.ctZone]! >>> 16 !== 0 && key[W.ethType] === EtherType.ipv6,
  },
  single("recirc_id", "recirc_id", "hex"),
  single("dp_hash", "dp_hash", "hex"),
  single("in_port", "in_port_oxm", "port"),
];

export const packetTypeAttribute: OdpAttribute = {
  name: "packet_type",
  parts: [part("ns", bits(W.packetType, 16, 16), "dec"), part("id", bits(W.packetType, 0, 16), "hex")],
  applies: always,
};

export const ethAttribute: OdpAttribute = {
  name: "eth",
  parts: [part("src", "eth_src", "mac"), part("dst", "eth_dst", "mac")],
  applies: (key) => key[W.packetType] === 0,
};

/** What follows the Ethernet type, except MPLS. */
export const networkAttributes: readonly OdpAttribute[] = [
  {
    name: "ipv4",
    parts: [
      part("src", "ip_src", "ipv4"),
      part("dst", "ip_dst", "ipv4"),
      part("proto", "nw_proto", "dec"),
      part("tos", "nw_tos", "hex"),
      part("ttl", "nw_ttl", "dec"),
      part("frag", "ip_frag", "frag"),
    ],
    applies: ethType(EtherType.ipv4),
  },
  {
    name: "ipv6",
    parts: [
      part("src", "ipv6_src", "ipv6"),
      part("dst", "ipv6_dst", "ipv6"),
      part("label", "ipv6_label", "hex"),
      part("proto", "nw_proto", "dec"),
      part("tclass", "nw_tos", "hex"),
      part("hlimit", "nw_ttl", "dec"),
      part("frag", "ip_frag", "frag"),
    ],
    applies: ethType(EtherType.ipv6),
  },
  {
    name: "arp",
    parts: [
      part("sip", "arp_spa", "ipv4"),
      part("tip", "arp_tpa", "ipv4"),
      part("op", "arp_op", "dec"),
      part("sha", "arp_sha", "mac"),
      part("tha", "arp_tha", "mac"),
    ],
    applies: (key) => key[W.ethType] === EtherType.arp || key[W.ethType] === EtherType.rarp,
  },
  {
    name: "nsh",
    parts: [
      part("flags", "nsh_flags", "dec"),
      part("ttl", "nsh_ttl", "dec"),
      part("mdtype", "nsh_mdtype", "dec"),
      part("np", "nsh_np", "dec"),
      part("spi", "nsh_spi", "hexFull"),
      part("si", "nsh_si", "dec"),
      part("c1", "nsh_c1", "hexFull"),
      part("c2", "nsh_c2", "hexFull"),
      part("c3", "nsh_c3", "hexFull"),
      part("c4", "nsh_c4", "hexFull"),
    ],
    applies: ethType(EtherType.nsh),
  },
];

/** Transport headers; `tcpFlags` follows `tcp`. */
export const transportAttributes: readonly OdpAttribute[] = [
  { name: "tcp", parts: ports, applies: transport(IpProtocol.tcp) },
  { name: "udp", parts: ports, applies: transport(IpProtocol.udp) },
  { name: "sctp", parts: ports, applies: transport(IpProtocol.sctp) },
  { name: "icmp", parts: typeAndCode, applies: isIcmp },
  { name: "icmpv6", parts: typeAndCode, applies: isIcmpv6 },
  {
    name: "nd",
    parts: [part("target", "nd_target", "ipv6"), part("sll", "nd_sll", "mac"), part("tll", "nd_tll", "mac")],
    applies: isNd,
  },
];

export const tcpFlags: OdpFlags = { name: "tcp_flags", at: field("tcp_flags"), names: TCP_FLAG_NAMES };
export const tcpFlagsApply: (key: FlowKey) => boolean = transport(IpProtocol.tcp);

/** The outer header; values that are 0 are left out of the text, but for ttl. */
export const tunnelParts: readonly OdpPart[] = [
  part("tun_id", "tun_id", "hex"),
  part("src", "tun_src", "ipv4"),
  part("dst", "tun_dst", "ipv4"),
  part("ipv6_src", "tun_ipv6_src", "ipv6"),
  part("ipv6_dst", "tun_ipv6_dst", "ipv6"),
  part("tos", "tun_tos", "hex"),
  part("ttl", "tun_ttl", "dec"),
  part("tp_src", bits(W.tunTp, 16, 16), "dec"),
  part("tp_dst", bits(W.tunTp, 0, 16), "dec"),
];

/** Parts in parentheses of their own within the tunnel's. */
export const tunnelNested: readonly { readonly name: string; readonly parts: readonly OdpPart[] }[] = [
  { name: "vxlan(gbp", parts: [part("id", "tun_gbp_id", "dec"), part("flags", "tun_gbp_flags", "hex")] },
  {
    name: "erspan",
    parts: [
      part("ver", "tun_erspan_ver", "dec"),
      part("idx", "tun_erspan_idx", "hex"),
      part("dir", "tun_erspan_dir", "dec"),
      part("hwid", "tun_erspan_hwid", "hex"),
    ],
  },
  { name: "gtpu", parts: [part("flags", "tun_gtpu_flags", "hex"), part("msgtype", "tun_gtpu_msgtype", "dec")] },
];

export const tunnelFlags: OdpFlags = {
  name: "flags",
  at: bits(W.tunMeta, 0, 4),
  names: ["oam", "df", "csum", "key"],
};
