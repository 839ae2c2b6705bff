import { unwildcard } from "#flow/access.js";
import { field } from "#flow/fields/table.js";
import { type FlowKey, type FlowMask, newKey } from "#flow/key.js";
import { FRAG_LATER, VLAN_PRESENT, W } from "#flow/layout.js";
import { EtherType } from "#wire/ethernet.js";
import { IpProtocol } from "#wire/ip-protocol.js";

/** The fields a packet of this key has: what is worth showing of it. Metadata only where it is not 0. */
export function flowMask(key: FlowKey): FlowMask {
  const mask = newKey();
  for (let i = 0; i < W.eth; i++) if (key[i] !== 0 && i !== W.packetType) mask[i] = 0xffffffff;
  mask[W.inPort] = 0xffffffff;
  mask[W.eth] = mask[W.eth + 1] = mask[W.eth + 2] = 0xffffffff;
  mask[W.ethType] = 0xffff;
  mask[W.vlan0] = 0xffffffff;
  if ((key[W.vlan0]! & VLAN_PRESENT) !== 0) mask[W.vlan1] = 0xffffffff;
  for (const name of networkFields(key)) unwildcard(mask, field(name));
  return mask;
}

function networkFields(key: FlowKey): string[] {
  switch (key[W.ethType]) {
    case EtherType.ipv4:
      return ["ip_src", "ip_dst", "nw_proto", "nw_tos", "nw_ttl", "ip_frag", ...transportFields(key, IpProtocol.icmp)];
    case EtherType.ipv6:
      return [
        "ipv6_src",
        "ipv6_dst",
        "ipv6_label",
        "nw_proto",
        "nw_tos",
        "nw_ttl",
        "ip_frag",
        ...transportFields(key, IpProtocol.icmpv6),
      ];
    case EtherType.arp:
    case EtherType.rarp:
      return ["arp_spa", "arp_tpa", "arp_op", "arp_sha", "arp_tha"];
    case EtherType.mpls:
    case EtherType.mplsMulticast:
      return ["mpls_label", "mpls_tc", "mpls_ttl", "mpls_bos"];
    default:
      return [];
  }
}

function transportFields(key: FlowKey, icmp: number): string[] {
  if (((key[W.nw]! >>> 24) & FRAG_LATER) !== 0) return [];
  const proto = key[W.nw]! & 0xff;
  if (proto === IpProtocol.tcp) return ["tcp_src", "tcp_dst", "tcp_flags"];
  const hasPorts = proto === IpProtocol.udp || proto === IpProtocol.sctp || proto === icmp;
  return hasPorts ? ["udp_src", "udp_dst"] : [];
}
