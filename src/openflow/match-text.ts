import { field } from "#flow/fields/table.js";
import { type FlowKey, type FlowMask, newKey } from "#flow/key.js";
import { MAX_MPLS, MAX_VLANS, VLAN_PRESENT, W } from "#flow/layout.js";
import type { Match } from "#flow/match.js";
import { packetMask } from "#flow/packet-mask.js";
import type { TlvMap } from "#flow/tlv-map.js";
import { EtherType } from "#wire/ethernet.js";
import { IpProtocol } from "#wire/ip-protocol.js";
import { type FieldPrinter, fieldPrinter, type PortName, printTunMetadata } from "./match-field-text.js";
import { hexText } from "./number-text.js";
import { formatOfport } from "./port-number.js";

/** How a match is written. */
export interface MatchTextOptions {
  /** The name to show for a port; its number where this gives none. */
  readonly portName?: ((ofport: number) => string | undefined) | undefined;
  /** Where tunnel metadata are, for matches that do not say so themselves. */
  readonly tlvs?: TlvMap | undefined;
}

/** A match as `ovs-ofctl dump-flows` and `ofproto/trace` write it, e.g. `tcp,in_port=1,nw_dst=10.0.0.0/8`; empty for every packet. */
export function formatMatch({ key, mask, tlvs }: Match, options: MatchTextOptions = {}): string {
  const { portName } = options;
  const text = matchText(
    key,
    mask,
    portName === undefined ? formatOfport : (port) => portName(port) ?? formatOfport(port),
    tlvs ?? options.tlvs,
  );
  return text === "" ? "" : text.slice(1);
}

/** Keys are costly to make. */
const scratch: FlowMask = newKey();

/** A packet's key as `ofproto/trace` writes it: what its headers have, and the metadata that is not 0. */
export function formatFlow(key: FlowKey, options: MatchTextOptions = {}): string {
  const mask = packetMask(key, scratch.fill(0));
  // That it is a frame is said of packets that were recirculated.
  if (key[W.recircId] !== 0) mask[W.packetType] = 0xffffffff;
  return formatMatch({ key, mask }, options);
}

/** Names that are printed instead of a field's own. */
const printedNames: Readonly<Record<string, string>> = {
  in_port_oxm: "in_port",
  eth_src: "dl_src",
  eth_dst: "dl_dst",
  ip_src: "nw_src",
  ip_dst: "nw_dst",
  ip_frag: "nw_frag",
  tcp_src: "tp_src",
  tcp_dst: "tp_dst",
  tun_gtpu_flags: "gtpu_flags",
  tun_gtpu_msgtype: "gtpu_msgtype",
};

/** A field's printer, and the words that it looks at: most are 0 in a mask, and tell so without a call. */
interface Entry {
  readonly word: number;
  readonly words: number;
  readonly print: FieldPrinter;
}

function entry(name: string): Entry {
  const f = field(name);
  return { word: f.word, words: f.words, print: fieldPrinter(f, printedNames[name] ?? name) };
}

const list = (names: string): readonly Entry[] => names.split(/\s+/).map(entry);

const before = list(
  `pkt_mark recirc_id dp_hash conj_id skb_priority actset_output ct_state ct_zone ct_mark ct_label
   ct_nw_src ct_nw_dst ct_ipv6_src ct_ipv6_dst ct_nw_proto ct_tp_src ct_tp_dst`,
);
const registers = list(Array.from({ length: 16 }, (_, i) => `reg${i}`).join(" "));
const tunnel = list(
  `tun_id tun_src tun_dst tun_ipv6_src tun_ipv6_dst tun_gbp_id tun_gbp_flags tun_tos tun_ttl
   tun_erspan_ver tun_erspan_idx tun_erspan_dir tun_erspan_hwid tun_gtpu_flags tun_gtpu_msgtype`,
);
const metadataAndPort = list("metadata in_port_oxm");
const ethernet = list("eth_src eth_dst");
const nsh = list("nsh_flags nsh_ttl nsh_mdtype nsh_np nsh_spi nsh_si");
const nshContext = list("nsh_c1 nsh_c2 nsh_c3 nsh_c4");
const ipv4 = list("ip_src ip_dst");
const ipv6 = list("ipv6_src ipv6_dst");
const arp = list("arp_spa arp_tpa");
const arpRest = list("arp_op arp_sha arp_tha");
const ecnAndTtl = list("nw_ecn nw_ttl");
const mpls = list("mpls_label mpls_tc mpls_ttl mpls_bos");
const ports = list("tcp_src tcp_dst");
const nd = list("nd_target nd_sll nd_tll nd_reserved nd_options_type");
const [packetType, nwProto, ipFrag, tcpFlags] = list("packet_type nw_proto ip_frag tcp_flags").map((e) => e.print) as [
  FieldPrinter,
  FieldPrinter,
  FieldPrinter,
  FieldPrinter,
];

/** Short names of a type, and of a type with a protocol. */
const shorthands: Readonly<Record<number, { name: string; protocols: Readonly<Record<number, string>> }>> = {
  [EtherType.ipv4]: {
    name: "ip",
    protocols: {
      [IpProtocol.icmp]: "icmp",
      [IpProtocol.tcp]: "tcp",
      [IpProtocol.udp]: "udp",
      [IpProtocol.sctp]: "sctp",
    },
  },
  [EtherType.ipv6]: {
    name: "ipv6",
    protocols: {
      [IpProtocol.icmpv6]: "icmp6",
      [IpProtocol.tcp]: "tcp6",
      [IpProtocol.udp]: "udp6",
      [IpProtocol.sctp]: "sctp6",
    },
  },
  [EtherType.arp]: { name: "arp", protocols: {} },
  [EtherType.rarp]: { name: "rarp", protocols: {} },
  [EtherType.mpls]: { name: "mpls", protocols: {} },
  [EtherType.mplsMulticast]: { name: "mplsm", protocols: {} },
};

/** Every part with a comma before it. */
function matchText(key: FlowKey, mask: FlowMask, portName: PortName, tlvs: TlvMap | undefined): string {
  const fields = (entries: readonly Entry[]): string => {
    let text = "";
    for (let i = 0; i < entries.length; i++) {
      const { word, words, print } = entries[i]!;
      let any = mask[word]!;
      for (let k = 1; k < words; k++) any |= mask[word + k]!;
      if (any !== 0) text += print(key, mask, portName);
    }
    return text;
  };
  const typeIs = mask[W.ethType] === 0xffff;
  const type = typeIs ? key[W.ethType]! : key[W.packetType]! >>> 16 === 1 ? key[W.packetType]! & 0xffff : 0;
  const known = typeIs ? shorthands[type] : undefined;
  const protocol = (mask[W.nw]! & 0xff) === 0xff ? key[W.nw]! & 0xff : -1;
  const short = known?.protocols[protocol] ?? known?.name;
  let text = any(mask, 0, W.eth) ? fields(before) : "";
  if (mask[W.packetType] !== 0) {
    // That a packet is a frame is said of megaflows only, which are known by their recirc_id.
    if (key[W.packetType] !== 0) text += packetType(key, mask, portName);
    else if (mask[W.recircId] !== 0) text += ",eth";
  }
  if (short !== undefined) text += `,${short}`;
  if (any(mask, W.reg, W.reg + 16)) text += fields(registers);
  if (any(mask, 0, W.metadata)) text += fields(tunnel) + tunnelFlags(key, mask) + tunMetadata(key, mask, tlvs);
  text += fields(metadataAndPort);
  text += vlans(key, mask);
  if ((mask[W.eth]! | mask[W.eth + 1]! | mask[W.eth + 2]!) !== 0) text += fields(ethernet);
  if (typeIs && known === undefined) text += `,dl_type=${hexPadded(type, 4)}`;
  if (any(mask, W.nsh, W.nshContext + 4)) text += fields(nsh) + (isFirstMdType(key) ? fields(nshContext) : "");
  const isArp = type === EtherType.arp || type === EtherType.rarp;
  if (type === EtherType.ipv6) text += fields(ipv6) + ipv6Label(key, mask);
  else if (isArp) text += fields(arp) + fields(arpRest);
  else if (type !== EtherType.nsh && (mask[W.nwSrc]! | mask[W.nwDst]!) !== 0) text += fields(ipv4);
  if (!isArp && known?.protocols[protocol] === undefined) text += nwProto(key, mask, portName);
  if ((mask[W.nw]! & 0x3ffff00) !== 0) {
    if ((mask[W.nw]! & 0xfc0000) !== 0) text += `,nw_tos=${(key[W.nw]! >>> 16) & 0xfc}`;
    text += fields(ecnAndTtl);
  }
  if (mask[W.mpls] !== 0) text += fields(mpls) + innerMpls(key, mask);
  text += ipFrag(key, mask, portName);
  if ((mask[W.tp]! | mask[W.l4]! | mask[W.ndTarget]! | mask[W.ndTarget + 3]!) === 0 && !any(mask, W.ndTarget, W.nsh)) {
    return text;
  }
  const isIcmpv6 = type === EtherType.ipv6 && protocol === IpProtocol.icmpv6;
  if (isIcmpv6 || (type === EtherType.ipv4 && protocol === IpProtocol.icmp)) {
    text += icmp("icmp_type", key[W.tp]! >>> 16, mask[W.tp]! >>> 16);
    text += icmp("icmp_code", key[W.tp]! & 0xffff, mask[W.tp]! & 0xffff);
    return isIcmpv6 ? text + fields(nd) : text;
  }
  return text + fields(ports) + tcpFlags(key, mask, portName);
}

/** A network service header with a context of fixed length. */
const isFirstMdType = (key: FlowKey): boolean => ((key[W.nsh]! >>> 8) & 0xff) === 1;

function any(mask: FlowMask, from: number, to: number): boolean {
  for (let i = from; i < to; i++) if (mask[i] !== 0) return true;
  return false;
}

/** Fields of 8 bits that are 16 in the key; matches of OpenFlow 1.0 may use all of them. */
function icmp(name: string, key: number, mask: number): string {
  if (mask === 0) return "";
  const value = key & mask;
  return `,${name}=${mask === 0xff || mask === 0xffff ? value : `${hexText(value)}/${hexText(mask)}`}`;
}

const tunnelFlagNames: readonly string[] = ["oam", "df", "csum", "key"];

function tunnelFlags(key: FlowKey, mask: FlowMask): string {
  const bits = mask[W.tunMeta]! & 0xffff;
  const value = key[W.tunMeta]! & bits;
  if (bits === 0) return "";
  if (bits === 0xffff) {
    return `,tun_flags=${tunnelFlagNames.filter((_, i) => ((value >>> i) & 1) !== 0).join("|") || "0"}`;
  }
  const signed = tunnelFlagNames.map((name, i) =>
    ((bits >>> i) & 1) === 0 ? "" : (((value >>> i) & 1) !== 0 ? "+" : "-") + name,
  );
  return `,tun_flags=${signed.join("")}`;
}

function tunMetadata(key: FlowKey, mask: FlowMask, tlvs: TlvMap | undefined): string {
  if (tlvs === undefined || (mask[W.tunMetadataPresent]! | mask[W.tunMetadataPresent + 1]!) === 0) return "";
  return tlvs.mappings.map(({ index }) => printTunMetadata(key, mask, tlvs, index)).join("");
}

function vlans(key: FlowKey, masks: FlowMask): string {
  let text = "";
  for (let i = 0; i < MAX_VLANS; i++) {
    const mask = masks[W.vlan0 + i]! & 0xffff;
    if (mask === 0) continue;
    const suffix = i === 0 ? "" : String(i);
    const tci = key[W.vlan0 + i]! & 0xffff;
    const vid = mask & 0xfff;
    const pcp = mask >>> 13;
    const present = (mask & tci & VLAN_PRESENT) !== 0;
    if (present && (vid === 0 || vid === 0xfff) && (pcp === 0 || pcp === 7) && vid + pcp !== 0) {
      if (vid !== 0) text += `,dl_vlan${suffix}=${tci & 0xfff}`;
      if (pcp !== 0) text += `,dl_vlan_pcp${suffix}=${tci >>> 13}`;
    } else {
      text += `,vlan_tci${suffix}=${hexPadded(tci, 4)}${mask === 0xffff ? "" : `/${hexPadded(mask, 4)}`}`;
    }
  }
  return text;
}

function ipv6Label(key: FlowKey, masks: FlowMask): string {
  const mask = masks[W.ipv6Label]!;
  if (mask === 0) return "";
  return `,ipv6_label=${hexPadded(key[W.ipv6Label]!, 5)}${mask === 0xfffff ? "" : `/${hexPadded(mask, 5)}`}`;
}

function innerMpls(key: FlowKey, mask: FlowMask): string {
  let text = "";
  for (let i = 1; i < MAX_MPLS; i++) {
    const [value, bits] = [key[W.mpls + i]!, mask[W.mpls + i]!];
    if (bits === 0) continue;
    text += `,mpls_lse${i}=${bits === 0xffffffff ? value : `${hexPadded(value, 8)}/${hexPadded(bits, 8)}`}`;
  }
  return text;
}

function hexPadded(number: number, digits: number): string {
  return `0x${number.toString(16).padStart(digits, "0")}`;
}
