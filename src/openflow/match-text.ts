import { isFieldExact, isFieldZero } from "#flow/access.js";
import type { Field } from "#flow/fields/field.js";
import { field } from "#flow/fields/table.js";
import { type FormatOptions, formatFieldValue } from "#flow/format.js";
import type { FlowKey, FlowMask } from "#flow/key.js";
import { MAX_MPLS, MAX_VLANS, VLAN_PRESENT, W } from "#flow/layout.js";
import type { Match } from "#flow/match.js";
import { packetMask } from "#flow/packet-mask.js";
import { EtherType } from "#wire/ethernet.js";
import { IpProtocol } from "#wire/ip-protocol.js";
import { hexText } from "./number-text.js";
import { formatOfport } from "./port-number.js";

/** How a match is written. */
export interface MatchTextOptions {
  /** The name to show for a port; its number where this gives none. */
  readonly portName?: (ofport: number) => string | undefined;
}

/** A match as `ovs-ofctl dump-flows` and `ofproto/trace` write it, e.g. `tcp,in_port=1,nw_dst=10.0.0.0/8`; empty for every packet. */
export function formatMatch(match: Match, options: MatchTextOptions = {}): string {
  const portName = (port: number): string => options.portName?.(port) ?? formatOfport(port);
  const text = new MatchText(match.key, match.mask, { portName });
  text.all();
  return text.parts.join(",");
}

/** A packet's key as `ofproto/trace` writes it: what its headers have, and the metadata that is not 0. */
export function formatFlow(key: FlowKey, options: MatchTextOptions = {}): string {
  return formatMatch({ key, mask: packetMask(key) }, options);
}

const list = (names: string): readonly Field[] => names.split(" ").map(field);

const before = list("pkt_mark recirc_id dp_hash conj_id skb_priority actset_output ct_state ct_zone ct_mark ct_label");
const tuple = list("ct_nw_src ct_nw_dst ct_ipv6_src ct_ipv6_dst ct_nw_proto ct_tp_src ct_tp_dst");
const registers = Array.from({ length: 16 }, (_, i) => field(`reg${i}`));
const tunnel = list("tun_id tun_src tun_dst tun_ipv6_src tun_ipv6_dst tun_gbp_id tun_gbp_flags tun_tos tun_ttl");
const erspan = list("tun_erspan_ver tun_erspan_idx tun_erspan_dir tun_erspan_hwid");
const nsh = list("nsh_flags nsh_ttl nsh_mdtype nsh_np nsh_spi nsh_si nsh_c1 nsh_c2 nsh_c3 nsh_c4");
const nd = list("nd_target nd_sll nd_tll nd_reserved nd_options_type");
const [ethType, nwProto, ipFrag, tpSrc, tpDst] = list("eth_type nw_proto ip_frag tcp_src tcp_dst") as [
  Field,
  Field,
  Field,
  Field,
  Field,
];

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

class MatchText {
  readonly parts: string[] = [];
  readonly #key: FlowKey;
  readonly #mask: FlowMask;
  readonly #options: FormatOptions;

  constructor(key: FlowKey, mask: FlowMask, options: FormatOptions) {
    this.#key = key;
    this.#mask = mask;
    this.#options = options;
  }

  all(): void {
    const key = this.#key;
    const type = this.#typeIs() ? key[W.ethType]! : key[W.packetType]! >>> 16 === 1 ? key[W.packetType]! & 0xffff : 0;
    this.#fields(before);
    this.#fields(tuple);
    const protocolNamed = this.#type();
    this.#fields(registers);
    this.#tunnel();
    this.#fields(list("metadata in_port_oxm"));
    this.#vlans();
    this.#fields(list("eth_src eth_dst"));
    if (this.#typeIs() && shorthands[type] === undefined) this.#add("dl_type", hexPadded(type, 4));
    this.#fields(nsh);
    const isArp = type === EtherType.arp || type === EtherType.rarp;
    if (type === EtherType.ipv6) this.#ipv6();
    else if (type !== EtherType.nsh) this.#fields(list(isArp ? "arp_spa arp_tpa" : "ip_src ip_dst"));
    if (isArp) this.#fields(list("arp_op arp_sha arp_tha"));
    else if (!protocolNamed) this.#field(nwProto);
    this.#ip();
    this.#mpls(type);
    if (!isFieldZero(this.#mask, ipFrag)) this.#field(ipFrag);
    this.#transport(type);
  }

  #typeIs(): boolean {
    return isFieldExact(this.#mask, ethType);
  }

  /** The packet type and the short name; true where that says the protocol too. */
  #type(): boolean {
    if (this.#mask[W.packetType] !== 0) {
      if (this.#key[W.packetType] === 0) this.parts.push("eth");
      else this.#field(field("packet_type"));
    }
    const known = this.#typeIs() ? shorthands[this.#key[W.ethType]!] : undefined;
    if (known === undefined) return false;
    const protocol = isFieldExact(this.#mask, nwProto) ? known.protocols[this.#key[W.nw]! & 0xff] : undefined;
    this.parts.push(protocol ?? known.name);
    return protocol !== undefined;
  }

  #tunnel(): void {
    this.#fields(tunnel);
    this.#fields(erspan);
    this.#fields(list("tun_gtpu_flags tun_gtpu_msgtype"));
    const mask = this.#mask[W.tunMeta]! & 0xffff;
    const value = this.#key[W.tunMeta]! & mask;
    if (mask === 0xffff)
      this.#add("tun_flags", tunnelFlagNames.filter((_, i) => ((value >>> i) & 1) !== 0).join("|") || "0");
    else if (mask !== 0) {
      const signed = tunnelFlagNames.map((n, i) =>
        ((mask >>> i) & 1) === 0 ? "" : (((value >>> i) & 1) !== 0 ? "+" : "-") + n,
      );
      this.#add("tun_flags", signed.join(""));
    }
  }

  #vlans(): void {
    for (let i = 0; i < MAX_VLANS; i++) {
      const suffix = i === 0 ? "" : String(i);
      const mask = this.#mask[W.vlan0 + i]! & 0xffff;
      const tci = this.#key[W.vlan0 + i]! & 0xffff;
      if (mask === 0) continue;
      const vid = mask & 0xfff;
      const pcp = mask >>> 13;
      const present = (mask & tci & VLAN_PRESENT) !== 0;
      if (present && (vid === 0 || vid === 0xfff) && (pcp === 0 || pcp === 7) && vid + pcp !== 0) {
        if (vid !== 0) this.#add(`dl_vlan${suffix}`, String(tci & 0xfff));
        if (pcp !== 0) this.#add(`dl_vlan_pcp${suffix}`, String(tci >>> 13));
      } else {
        this.#add(`vlan_tci${suffix}`, hexPadded(tci, 4) + (mask === 0xffff ? "" : `/${hexPadded(mask, 4)}`));
      }
    }
  }

  #ipv6(): void {
    this.#fields(list("ipv6_src ipv6_dst"));
    const mask = this.#mask[W.ipv6Label]!;
    if (mask === 0) return;
    this.#add("ipv6_label", hexPadded(this.#key[W.ipv6Label]!, 5) + (mask === 0xfffff ? "" : `/${hexPadded(mask, 5)}`));
  }

  #ip(): void {
    const tos = (this.#mask[W.nw]! >>> 16) & 0xfc;
    if (tos !== 0) this.#add("nw_tos", String((this.#key[W.nw]! >>> 16) & 0xfc));
    this.#fields(list("nw_ecn nw_ttl"));
  }

  #mpls(type: number): void {
    if (type !== EtherType.mpls && type !== EtherType.mplsMulticast) return;
    this.#fields(list("mpls_label mpls_tc mpls_ttl mpls_bos"));
    for (let i = 1; i < MAX_MPLS; i++) {
      if (this.#mask[W.mpls + i] !== 0) this.#add(`mpls_lse${i}`, String(this.#key[W.mpls + i]));
    }
  }

  #transport(type: number): void {
    const proto = this.#key[W.nw]! & 0xff;
    const icmp =
      isFieldExact(this.#mask, nwProto) &&
      (type === EtherType.ipv6 ? proto === 58 : proto === 1 && type === EtherType.ipv4);
    if (icmp) {
      this.#icmp("icmp_type", 16);
      this.#icmp("icmp_code", 0);
    } else this.#fields([tpSrc, tpDst]);
    if (icmp && type === EtherType.ipv6) this.#fields(nd);
    else if (!icmp) this.#field(field("tcp_flags"));
  }

  #fields(fs: readonly Field[]): void {
    for (const f of fs) this.#field(f);
  }

  #field(f: Field): void {
    if (isFieldZero(this.#mask, f)) return;
    this.#add(printedNames[f.name] ?? f.name, value(f, this.#key, this.#mask, this.#options));
  }

  /** Fields of 8 bits, that are 16 in the key; matches of OpenFlow 1.0 may use all of them. */
  #icmp(name: string, shift: number): void {
    const bits = (this.#mask[W.tp]! >>> shift) & 0xffff;
    const number = (this.#key[W.tp]! >>> shift) & bits;
    if (bits !== 0)
      this.#add(name, bits === 0xff || bits === 0xffff ? String(number) : `${hexText(number)}/${hexText(bits)}`);
  }

  #add(name: string, text: string): void {
    this.parts.push(`${name}=${text}`);
  }
}

const tunnelFlagNames: readonly string[] = ["oam", "df", "csum", "key"];

/** In matches, recirc_id is hexadecimal and ct_zone and the outer tos are as the peer writes them. */
function value(f: Field, key: FlowKey, mask: FlowMask, options: FormatOptions): string {
  if (f.name === "recirc_id" || f.name === "tun_tos")
    return formatFieldValue({ ...f, format: "hexadecimal" }, key, mask);
  if (/^nsh_(spi|c\d)$/.test(f.name)) return formatFieldValue(f, key, mask).replace(/^0(?=$|\/)/, "0x0");
  if (f.name === "ct_zone") return formatFieldValue({ ...f, format: "decimal" }, key, mask);
  return formatFieldValue(f, key, mask, options);
}

function hexPadded(number: number, digits: number): string {
  return `0x${number.toString(16).padStart(digits, "0")}`;
}
