const numbered = (stem: string, count: number): string[] => Array.from({ length: count }, (_, i) => `${stem}${i}`);

/** The fields that tables can tell of, in the order in which they are told. */
export const fieldOrder: readonly string[] = [
  ..."dp_hash recirc_id packet_type conj_id tun_id tun_src tun_dst tun_ipv6_src tun_ipv6_dst tun_flags".split(" "),
  ..."tun_gbp_id tun_gbp_flags tun_erspan_idx tun_erspan_ver tun_erspan_dir tun_erspan_hwid".split(" "),
  ..."tun_gtpu_flags tun_gtpu_msgtype".split(" "),
  ...numbered("tun_metadata", 64),
  ..."metadata in_port in_port_oxm actset_output pkt_mark ct_state ct_zone ct_mark ct_label ct_nw_proto".split(" "),
  ..."ct_nw_src ct_nw_dst ct_ipv6_src ct_ipv6_dst ct_tp_src ct_tp_dst".split(" "),
  ...numbered("reg", 16),
  ...numbered("xreg", 8),
  ...numbered("xxreg", 4),
  ..."eth_src eth_dst eth_type vlan_tci vlan_vid vlan_pcp mpls_label mpls_tc mpls_bos mpls_ttl".split(" "),
  ..."ip_src ip_dst ipv6_src ipv6_dst ipv6_label nw_proto nw_tos ip_dscp nw_ecn nw_ttl ip_frag".split(" "),
  ..."arp_op arp_spa arp_tpa arp_sha arp_tha tcp_src tcp_dst tcp_flags udp_src udp_dst sctp_src sctp_dst".split(" "),
  ..."icmp_type icmp_code icmpv6_type icmpv6_code".split(" "),
  ..."nd_target nd_sll nd_tll nd_reserved nd_options_type".split(" "),
  ..."nsh_flags nsh_mdtype nsh_np nsh_spi nsh_si nsh_c1 nsh_c2 nsh_c3 nsh_c4 nsh_ttl".split(" "),
];

/** Names in short: `eth_{src,dst} reg0...reg15`. */
export function formatNames(names: readonly string[], separator = " "): string {
  const parts: string[] = [];
  for (let i = 0; i < names.length; ) {
    const group = groupLength(names, i);
    const sequence = sequenceLength(names, i);
    if (sequence >= 3 && sequence >= group) {
      parts.push(`${names[i]}...${names[i + sequence - 1]}`);
      i += sequence;
    } else if (group > 1) {
      parts.push(formatGroup(names.slice(i, i + group)));
      i += group;
    } else {
      parts.push(names[i]!);
      i++;
    }
  }
  return parts.join(separator);
}

/** What two names share, up to an underscore. */
function sharedPrefix(a: string, b: string): string {
  let same = 0;
  while (same < a.length && same < b.length && a[same] === b[same]) same++;
  return a.slice(0, a.lastIndexOf("_", same - 1) + 1);
}

/** How many names from the one at `from` begin with its first word. */
function groupLength(names: readonly string[], from: number): number {
  const underscore = names[from]!.indexOf("_");
  if (underscore < 0) return 1;
  const word = names[from]!.slice(0, underscore + 1);
  let n = 1;
  while (names[from + n]?.startsWith(word) === true) n++;
  return n;
}

/** How many names from the one at `from` are one stem with numbers that rise by one. */
function sequenceLength(names: readonly string[], from: number): number {
  const [, stem, digits] = /^(.*?)(\d+)$/.exec(names[from]!) ?? [];
  if (stem === undefined) return 1;
  let n = 1;
  while (names[from + n] === `${stem}${Number(digits) + n}`) n++;
  return n;
}

/** A group with what its first two names share before braces. As upstream does, the others lose as many characters, whatever they are. */
function formatGroup(names: readonly string[]): string {
  const prefix = sharedPrefix(names[0]!, names[1]!);
  return `${prefix}{${formatNames(
    names.map((name) => name.slice(prefix.length)),
    ",",
  )}}`;
}
