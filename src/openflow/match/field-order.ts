import type { Field } from "#flow/fields/field.js";
import { field } from "#flow/fields/table.js";

const list = (names: string): readonly Field[] => names.split(/\s+/).map(field);

/** Fields before the registers, in the order that a match's TLVs are written. VLAN fields are written by rules of their own, after eth_type. */
export const beforeVlan: readonly Field[] = list("packet_type dp_hash recirc_id conj_id");
export const layer2: readonly Field[] = list("eth_src eth_dst eth_type");
export const behindVlan: readonly Field[] = list(
  `mpls_tc mpls_bos mpls_ttl mpls_label
   nsh_flags nsh_ttl nsh_mdtype nsh_np nsh_spi nsh_si nsh_c1 nsh_c2 nsh_c3 nsh_c4`,
);
export const ipv4Addresses: readonly Field[] = list("ip_src ip_dst");
export const ipv6Addresses: readonly Field[] = list("ipv6_src ipv6_dst ipv6_label");
export const ipHeader: readonly Field[] = list("ip_frag ip_dscp nw_ecn nw_ttl nw_proto");
export const arp: readonly Field[] = list("arp_op arp_spa arp_tpa arp_sha arp_tha");
/** By IP protocol. */
export const transport: Readonly<Record<number, readonly Field[]>> = {
  6: list("tcp_src tcp_dst tcp_flags"),
  17: list("udp_src udp_dst"),
  132: list("sctp_src sctp_dst"),
};
export const icmp: readonly Field[] = list("icmp_type icmp_code");
export const icmpv6: readonly Field[] = list(
  "icmpv6_type icmpv6_code nd_reserved nd_target nd_options_type nd_sll nd_tll",
);
export const tunnel: readonly Field[] = list(
  `tun_id tun_flags tun_src tun_dst tun_ipv6_src tun_ipv6_dst tun_gbp_id tun_gbp_flags
   tun_erspan_idx tun_erspan_ver tun_erspan_dir tun_erspan_hwid tun_gtpu_flags tun_gtpu_msgtype`,
);
export const behindRegisters: readonly Field[] = list(
  `pkt_mark ct_state ct_zone ct_mark ct_label ct_nw_src ct_nw_dst ct_ipv6_src ct_ipv6_dst ct_nw_proto ct_tp_src ct_tp_dst
   metadata`,
);
