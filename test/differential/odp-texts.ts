const ip = "eth(),eth_type(0x0800),ipv4(frag=no)";
const ip6 = "in_port(1),eth(),eth_type(0x86dd),";
const outer = "src=1.2.3.4,dst=5.6.7.8,ttl=64,";
const inPort = "in_port(1),";

/** Datapath flow keys with masks, as they can be given to `dpctl/add-flow`: each is read and written back, short and long. */
export const odpTexts: readonly string[] = [
  "recirc_id(0),in_port(1),eth(src=50:54:00:00:00:01,dst=50:54:00:00:00:02),eth_type(0x1234)",
  "in_port(1),eth(src=50:54:00:00:00:01/ff:ff:ff:00:00:00),eth_type(0x0800),ipv4(src=10.0.0.1/255.0.0.0,tos=0x8/0xfc,frag=first)",
  "in_port(p1),packet_type(ns=0,id=0),eth(src=00:00:00:00:00:01/00:00:00:00:00:00),eth_type(0x1234)",
  `tunnel(tun_id=0x1,ipv6_src=::1,ipv6_dst=fe80::1,ttl=64,flags(df)),in_port(1),${ip}`,
  `tunnel(tun_id=0x1/0xff,src=1.2.3.4/255.0.0.0,dst=5.6.7.8,tos=1/0xf,ttl=64/0xff,tp_src=5/0xff,tp_dst=6,flags(-df+csum+key)),in_port(1),${ip}`,
  `tunnel(tun_id=0x123456789abcdef0,src=1.2.3.4,dst=5.6.7.8,ttl=0,flags(df|csum|key)),in_port(1),${ip}`,
  `tunnel(${outer}flags(+oam)),in_port(1),${ip}`,
  `tunnel(${outer}gtpu(flags=0x30,msgtype=1),flags(+df)),in_port(1),${ip}`,
  `tunnel(${outer}vxlan(gbp(id=3/0xff,flags=0x40)),flags(+df)),in_port(1),${ip}`,
  `ct_state(+trk+est-new),ct_zone(5),ct_mark(0x1/0xff),ct_label(0x1),ct_tuple4(src=1.2.3.4,dst=5.6.7.8,proto=6,tp_src=5,tp_dst=7),recirc_id(0x5),in_port(1),eth(),eth_type(0x0800),ipv4(proto=6,frag=no),tcp(src=1/0xff,dst=5),tcp_flags(+syn-ack)`,
  `ct_state(0),in_port(1),${ip}`,
  `ct_state(new|trk),ct_label(0x1/0x3),ct_zone(0x5/0xff),in_port(1),${ip}`,
  `ct_state(0x21/0x21),in_port(1),${ip}`,
  `ct_label(0x123456789abcdef0123456789abcdef0),in_port(1),${ip}`,
  `ct_label(0x12340000000000000/0xf0000000000000000),in_port(1),${ip}`,
  `ct_tuple4(src=1.2.3.4/255.0.0.0,dst=5.6.7.8/0.0.0.0,proto=6/0,tp_src=5/0,tp_dst=7/0),in_port(1),${ip}`,
  `ct_tuple4(proto=6),in_port(1),${ip}`,
  `${ip6}ct_tuple6(src=::1/ffff::,dst=::2/ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff,proto=17,tp_src=5,tp_dst=7/0xff),ipv6(frag=no)`,
  `skb_priority(0x5/0xf),skb_mark(5),dp_hash(0x7),in_port(1),${ip}`,
  `skb_priority(3),skb_mark(0x5/0xf),dp_hash(0x1/0xf),in_port(7),${ip}`,
  `${inPort}recirc_id(0x12ab),${ip}`,
  `${inPort}eth(),eth_type(0x8100),vlan(vid=5,pcp=3),encap(eth_type(0x0800),ipv4(proto=17,frag=no),udp(src=5,dst=6))`,
  `${inPort}eth(),eth_type(0x8100),vlan(vid=5/0xf,pcp=2/0x6),encap(eth_type(0x0800),ipv4(frag=no))`,
  `${inPort}eth(),eth_type(0x8100),vlan(vid=5/0,pcp=0/0),encap(eth_type(0x0800),ipv4(frag=no))`,
  `${inPort}eth(),eth_type(0x8100),vlan(vid=0,pcp=3),encap(eth_type(0x0806),arp(op=1))`,
  `${inPort}eth(),eth_type(0x88a8),vlan(vid=5,pcp=3),encap(eth_type(0x8100),vlan(vid=7/0xff,pcp=0/0),encap(eth_type(0x0806),arp(sip=1.2.3.4,tip=5.6.7.8/255.0.0.0,op=1,sha=01:02:03:04:05:06,tha=00:00:00:00:00:00)))`,
  `${inPort}eth(),eth_type(0x8847),mpls(label=100,tc=3,ttl=64,bos=1)`,
  `${inPort}eth(),eth_type(0x8847),mpls(label=100/0xff,tc=3/1,ttl=64/0,bos=0,label=5,tc=1,ttl=2,bos=1)`,
  `${inPort}eth(),eth_type(0x8847),mpls(label=100,tc=3,ttl=64,bos=0,label=4,tc=0,ttl=2,bos=1)`,
  `${inPort}eth(),eth_type(0x8847),mpls(label=100/0x0,tc=3/0,ttl=64/0,bos=1/0)`,
  `${inPort}packet_type(ns=1,id=0x0800),eth_type(0x0800),ipv4(frag=no)`,
  `${inPort}packet_type(ns=1/0xff,id=0x800),eth_type(0x0800),ipv4(frag=no)`,
  `${inPort}packet_type(ns=1,id=0x6558),eth_type(0x6558)`,
  `${inPort}eth(),eth_type(0x0800),ipv4(proto=1,frag=no),icmp(type=8,code=0/0xf)`,
  `${inPort}eth(),eth_type(0x0800),ipv4(proto=2,frag=no)`,
  `${inPort}eth(),eth_type(0x0800),ipv4(proto=132,frag=no),sctp(src=5,dst=6)`,
  `${inPort}eth(),eth_type(0x0800),ipv4(src=1.2.3.4/255.255.0.255,frag=no)`,
  `${inPort}eth(),eth_type(0x0800),ipv4(proto=6,tos=0x3,ttl=3/0x3,frag=no),tcp(src=80,dst=1/0xff)`,
  `${inPort}eth(),eth_type(0x0800),ipv4(proto=17,frag=first),udp(src=1,dst=5/0xfff0)`,
  `${inPort}eth(),eth_type(0x0800),ipv4(proto=17,frag=later)`,
  `${ip6}ipv6(src=::1/ffff::,frag=no)`,
  `${ip6}ipv6(label=0x1/0xff,frag=no)`,
  `${ip6}ipv6(tclass=0x20,hlimit=64,frag=later)`,
  `${ip6}ipv6(tclass=0x20/0xf0,hlimit=64/0xf0,label=0x5)`,
  `${ip6}ipv6(dst=fe80::/ffff:ffff:ffff:ffff::)`,
  `${ip6}ipv6(proto=6),tcp_flags(0/0xfff),tcp()`,
  ...["syn|ack", "syn", "0x12/0xff", "0xfff", "+syn", "-syn-ack+[800]", "ns", "+ns"].map(
    (flags) => `${ip6}ipv6(proto=6,frag=no),tcp(src=5),tcp_flags(${flags})`,
  ),
  `${ip6}ipv6(proto=58),icmpv6(type=1/2,code=0/0xff)`,
  `${ip6}ipv6(proto=58),icmpv6(type=136,code=0),nd(tll=01:02:03:04:05:06/ff:ff:ff:00:00:00)`,
  `${ip6}ipv6(proto=58,frag=no),icmpv6(type=135,code=0),nd(target=fe80::1,sll=01:02:03:04:05:06)`,
  "in_port(1),eth(dst=ff:ff:ff:ff:ff:ff),eth_type(0x0806),arp(op=1/0xff)",
  // What is not well formed: the reading ends with the rest of the text.
  "in_port(1),eth(),eth_type(0x0800),ipv4(src=1.2.3.4/24,frag=no)",
  "in_port(1),eth(),eth_type(0x0800),ipv4(frag=yes)",
  "in_port(1),eth(src=1:2:3:4:5),eth_type(0x0800)",
  "in_port(1),bogus(1)",
  "in_port(1),eth(",
  "in_port(nosuch),eth(),eth_type(0x1234)",
  "in_port(1),eth(),eth_type(0x0800),ipv4(bogus=1)",
  `ct_state(+bogus),in_port(1),${ip}`,
];

const macs = "in_port(1),eth(src=50:54:00:00:00:01,dst=50:54:00:00:00:02)";
const v4 = (proto: number, frag = "no"): string =>
  `${macs},eth_type(0x0800),ipv4(src=10.0.0.1,dst=10.0.0.2,proto=${proto},tos=0x13,ttl=64,frag=${frag})`;
const v6 = (proto: number, frag = "no"): string =>
  `${macs},eth_type(0x86dd),ipv6(src=fe80::1,dst=fe80::2,label=0x12345,proto=${proto},tclass=0x13,hlimit=64,frag=${frag})`;
const arp = "arp(sip=1.2.3.4,tip=5.6.7.8,op=1,sha=01:02:03:04:05:06,tha=00:00:00:00:00:00)";
const nd = (type: number, sll: string, tll: string): string =>
  `${v6(58)},icmpv6(type=${type},code=0),nd(target=fe80::3,sll=${sll},tll=${tll})`;
const [zero, mac] = ["00:00:00:00:00:00", "01:02:03:04:05:06"];
const transports = [
  [6, ",tcp(src=80,dst=443),tcp_flags(syn|ack)"],
  [17, ",udp(src=80,dst=443)"],
  [132, ",sctp(src=80,dst=443)"],
  [47, ""],
] as const;

/** Flows that `netdev-dummy/receive` makes frames of, with the frame's length where one is asked for. */
export const composeTexts: readonly (readonly [text: string, length?: number])[] = [
  [`${macs},eth_type(0x8899)`],
  [`${macs},eth_type(0x1234)`, 100],
  [macs],
  [`${macs},eth_type(0x0806),${arp}`],
  [`${macs},eth_type(0x0806),${arp}`, 60],
  ...transports.flatMap(([proto, header]) => [[v4(proto) + header] as const, [v6(proto) + header] as const]),
  // Not UDP: with a length, 3.1 writes one into the UDP header that is too large.
  ...transports
    .filter(([proto]) => proto !== 17)
    .flatMap(([proto, header]) => [[v4(proto) + header, 90] as const, [v6(proto) + header, 91] as const]),
  [`${v4(6, "first")},tcp(src=80,dst=443),tcp_flags(syn|ack)`],
  [`${v4(17, "first")},udp(src=80,dst=443)`],
  [v4(17, "later")],
  [v4(17, "later"), 70],
  [`${v4(1)},icmp(type=8,code=0)`],
  [`${v4(1)},icmp(type=8,code=0)`, 200],
  [v4(2)],
  [`${v6(58)},icmpv6(type=128,code=0)`],
  [`${v6(58)},icmpv6(type=128,code=0)`, 80],
  [nd(135, mac, zero)],
  [nd(135, zero, zero)],
  [nd(136, zero, mac)],
  [nd(136, mac, mac)],
  [`${macs},eth_type(0x8847),mpls(label=100,tc=3,ttl=64,bos=1)`],
  [`${macs},eth_type(0x8847),mpls(label=100,tc=3,ttl=64,bos=0,label=101,tc=1,ttl=63,bos=1)`],
  [`${macs},eth_type(0x8100),vlan(vid=5,pcp=3),encap(eth_type(0x0806),${arp})`],
  [`${macs},eth_type(0x88a8),vlan(vid=5,pcp=3),encap(eth_type(0x8100),vlan(vid=6,pcp=1),encap(eth_type(0x1234)))`],
  [`${v4(17)},udp(src=1,dst=2)`, 41],
  ["bogus"],
];
