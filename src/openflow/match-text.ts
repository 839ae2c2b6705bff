import { getField, getFieldBig, isFieldExact, isFieldZero } from "#flow/access.js";
import type { Field } from "#flow/fields/field.js";
import { field } from "#flow/fields/table.js";
import { VLAN_PRESENT, W } from "#flow/layout.js";
import type { Match } from "#flow/match.js";
import { formatIpv4, formatIpv6, prefixLength } from "#util/ip.js";
import { formatMacNumber } from "#util/mac-number.js";
import { EtherType } from "#wire/ethernet.js";
import { IpProtocol } from "#wire/ip-protocol.js";
import { TCP_FLAG_NAMES } from "#wire/transport.js";
import { formatOfport } from "./port-number.js";

/** How a match is written. */
export interface MatchTextOptions {
  /** The name to show for a port; its number where this gives none. */
  readonly portName?: (ofport: number) => string | undefined;
}

/** A match as `ovs-ofctl dump-flows` writes it, without priority; empty for every packet. */
export function formatMatch(match: Match, options: MatchTextOptions = {}): string {
  const text = new Text(match, options);
  text.metadata();
  text.protocol();
  text.origin();
  text.vlan(W.vlan0, "");
  text.vlan(W.vlan1, "1");
  text.ethernet();
  text.network();
  text.transport();
  return text.parts.join(",");
}

const first = ["actset_output", "pkt_mark", "recirc_id", "dp_hash", "conj_id", "skb_priority"];
const tracking = [
  "ct_zone",
  "ct_mark",
  "ct_label",
  "ct_nw_src",
  "ct_nw_dst",
  "ct_ipv6_src",
  "ct_ipv6_dst",
  "ct_nw_proto",
];
const registers = Array.from({ length: 16 }, (_, i) => `reg${i}`);
const tunnel = ["tun_id", "tun_src", "tun_dst", "tun_ipv6_src", "tun_ipv6_dst", "tun_tos", "tun_ttl", "metadata"];

/** Names of whole protocols: [Ethernet type, IP protocol, name]. */
const protocols: readonly (readonly [number, number | undefined, string])[] = [
  [EtherType.ipv4, IpProtocol.icmp, "icmp"],
  [EtherType.ipv4, IpProtocol.igmp, "igmp"],
  [EtherType.ipv4, IpProtocol.tcp, "tcp"],
  [EtherType.ipv4, IpProtocol.udp, "udp"],
  [EtherType.ipv4, IpProtocol.sctp, "sctp"],
  [EtherType.ipv4, undefined, "ip"],
  [EtherType.ipv6, IpProtocol.icmpv6, "icmp6"],
  [EtherType.ipv6, IpProtocol.tcp, "tcp6"],
  [EtherType.ipv6, IpProtocol.udp, "udp6"],
  [EtherType.ipv6, IpProtocol.sctp, "sctp6"],
  [EtherType.ipv6, undefined, "ipv6"],
  [EtherType.arp, undefined, "arp"],
  [EtherType.rarp, undefined, "rarp"],
  [EtherType.mpls, undefined, "mpls"],
  [EtherType.mplsMulticast, undefined, "mplsm"],
];

class Text {
  readonly parts: string[] = [];
  readonly #match: Match;
  readonly #options: MatchTextOptions;
  /** The protocol's name says its Ethernet type, or that and its IP protocol. */
  #says: "nothing" | "type" | "proto" = "nothing";

  constructor(match: Match, options: MatchTextOptions) {
    this.#match = match;
    this.#options = options;
  }

  metadata(): void {
    for (const name of first) this.#field(name);
    this.#field("ct_state");
    for (const name of tracking) this.#field(name);
  }

  protocol(): void {
    const { key, mask } = this.#match;
    if (mask[W.packetType] === 0xffffffff && key[W.packetType] === 0) this.parts.push("eth");
    if (!isFieldExact(mask, field("eth_type"))) return;
    const proto = isFieldExact(mask, field("nw_proto")) ? key[W.nw]! & 0xff : undefined;
    const named = protocols.find(([type, p]) => type === key[W.ethType] && (p === undefined || p === proto));
    if (!named) return;
    this.parts.push(named[2]);
    this.#says = named[1] === undefined ? "type" : "proto";
  }

  origin(): void {
    for (const name of registers) this.#field(name);
    for (const name of tunnel) this.#field(name);
    const { key, mask } = this.#match;
    if (isFieldZero(mask, field("in_port"))) return;
    const port = getField(key, field("in_port"));
    this.parts.push(`in_port=${this.#options.portName?.(port) ?? formatOfport(port)}`);
  }

  vlan(word: number, suffix: string): void {
    const mask = this.#match.mask[word]! & 0xffff;
    const tci = this.#match.key[word]! & mask;
    if (mask === 0) return;
    if ((tci & VLAN_PRESENT) === 0 || (mask & ~0xe000) !== 0x1fff) {
      this.parts.push(`vlan_tci${suffix}=${hex4(tci)}${mask === 0xffff ? "" : `/${hex4(mask)}`}`);
      return;
    }
    this.parts.push(`dl_vlan${suffix}=${tci & 0xfff}`);
    if (mask >>> 13 === 7) this.parts.push(`dl_vlan_pcp${suffix}=${tci >>> 13}`);
  }

  ethernet(): void {
    this.#field("eth_src", "dl_src");
    this.#field("eth_dst", "dl_dst");
    if (this.#says !== "nothing" || isFieldZero(this.#match.mask, field("eth_type"))) return;
    this.parts.push(`dl_type=${hex4(this.#match.key[W.ethType]!)}`);
  }

  network(): void {
    const type = this.#match.key[W.ethType];
    if (type === EtherType.arp || type === EtherType.rarp) {
      for (const name of ["arp_spa", "arp_tpa", "arp_op", "arp_sha", "arp_tha"]) this.#field(name);
      return;
    }
    if (type === EtherType.mpls || type === EtherType.mplsMulticast) {
      for (const name of ["mpls_label", "mpls_tc", "mpls_ttl", "mpls_bos"]) this.#field(name);
      return;
    }
    if (type !== EtherType.ipv4 && type !== EtherType.ipv6) return;
    if (type === EtherType.ipv4) {
      this.#field("ip_src", "nw_src");
      this.#field("ip_dst", "nw_dst");
    } else {
      this.#field("ipv6_src");
      this.#field("ipv6_dst");
      const label = field("ipv6_label");
      if (!isFieldZero(this.#match.mask, label)) {
        this.parts.push(`ipv6_label=0x${getField(this.#match.key, label).toString(16).padStart(5, "0")}`);
      }
    }
    if (this.#says !== "proto") this.#field("nw_proto");
    const dscp = field("ip_dscp");
    // nw_tos is the DSCP where it is in the byte.
    if (!isFieldZero(this.#match.mask, dscp)) this.parts.push(`nw_tos=${getField(this.#match.key, dscp) * 4}`);
    this.#field("nw_ecn");
    this.#field("nw_ttl");
    const frag = field("ip_frag");
    if (isFieldZero(this.#match.mask, frag)) return;
    const value = getField(this.#match.key, frag);
    this.parts.push(`nw_frag=${value === 0 ? "no" : value === 1 ? "first" : "later"}`);
  }

  transport(): void {
    if (this.#says !== "proto") return;
    const proto = this.#match.key[W.nw]! & 0xff;
    if (proto === IpProtocol.icmp) this.#pair("icmp_type", "icmp_code", "icmp_type", "icmp_code");
    else if (proto === IpProtocol.icmpv6) this.#pair("icmpv6_type", "icmpv6_code", "icmp_type", "icmp_code");
    else if (proto === IpProtocol.tcp) this.#pair("tcp_src", "tcp_dst", "tp_src", "tp_dst");
    else if (proto === IpProtocol.udp) this.#pair("udp_src", "udp_dst", "tp_src", "tp_dst");
    else if (proto === IpProtocol.sctp) this.#pair("sctp_src", "sctp_dst", "tp_src", "tp_dst");
    if (proto === IpProtocol.tcp) this.#field("tcp_flags");
  }

  #pair(a: string, b: string, aName: string, bName: string): void {
    this.#field(a, aName);
    this.#field(b, bName);
  }

  #field(name: string, shown: string = name): void {
    const f = field(name);
    if (!isFieldZero(this.#match.mask, f)) this.parts.push(`${shown}=${formatField(this.#match, f)}`);
  }
}

/** A field's value, with its mask where that is not full. */
function formatField({ key, mask }: Match, f: Field): string {
  const exact = isFieldExact(mask, f);
  switch (f.format) {
    case "ethernet": {
      const value = formatMacNumber(getField(key, f));
      return exact ? value : `${value}/${formatMacNumber(getField(mask, f))}`;
    }
    case "ipv4": {
      const bits = getField(mask, f);
      const prefix = prefixLength([bits]);
      return formatIpv4(getField(key, f)) + (exact ? "" : `/${prefix ?? formatIpv4(bits)}`);
    }
    case "ipv6": {
      const [value, bits] = [words(key, f), words(mask, f)];
      const prefix = prefixLength(bits);
      return formatIpv6(...value) + (exact ? "" : `/${prefix ?? formatIpv6(...bits)}`);
    }
    case "tcpFlags":
      return formatFlags(key, mask, f, TCP_FLAG_NAMES);
    case "ctState":
      return formatFlags(key, mask, f, ["new", "est", "rel", "rpl", "inv", "trk", "snat", "dnat"]);
    default:
      return formatNumber(getFieldBig(key, f), f) + (exact ? "" : `/0x${getFieldBig(mask, f).toString(16)}`);
  }
}

function formatNumber(value: bigint, f: Field): string {
  return f.format === "hexadecimal" && value !== 0n ? `0x${value.toString(16)}` : value.toString();
}

function formatFlags(key: Uint32Array, mask: Uint32Array, f: Field, names: readonly string[]): string {
  const value = getField(key, f);
  const bits = getField(mask, f);
  if (isFieldExact(mask, f) && f.format === "tcpFlags") {
    return names.filter((_, i) => ((value >>> i) & 1) !== 0).join("|") || "0";
  }
  return names.map((n, i) => (((bits >>> i) & 1) === 0 ? "" : (((value >>> i) & 1) !== 0 ? "+" : "-") + n)).join("");
}

function words(key: Uint32Array, f: Field): [number, number, number, number] {
  return [key[f.word]!, key[f.word + 1]!, key[f.word + 2]!, key[f.word + 3]!];
}

function hex4(value: number): string {
  return `0x${value.toString(16).padStart(4, "0")}`;
}
