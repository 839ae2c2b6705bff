/** A frame for the comparison of extraction, as hex digits. `fit` says where an IP header is whose length is to follow cuts. */
export interface TestFrame {
  readonly name: string;
  readonly hex: string;
  readonly fit?: { readonly kind: "ipv4" | "ipv6"; readonly at: number };
}

const macs = "505400000002505400000001";
const h = (value: number, bytes: number): string => value.toString(16).padStart(bytes * 2, "0");
const a6 = (prefix: string, last: number): string => `${prefix}${"00".repeat(13)}${h(last, 1)}`;

interface V4 {
  proto?: number;
  frag?: number;
  options?: string;
  tos?: number;
  total?: number;
  ihl?: number;
}

function ipv4(payload: string, v: V4 = {}): string {
  const options = v.options ?? "";
  const ihl = v.ihl ?? 5 + options.length / 8;
  const total = v.total ?? 20 + options.length / 2 + payload.length / 2;
  return `4${ihl.toString(16)}${h(v.tos ?? 0, 1)}${h(total, 2)}0001${h(v.frag ?? 0, 2)}40${h(v.proto ?? 6, 1)}00000a0000010a000002${options}${payload}`;
}

function ipv6(payload: string, next: number, plen = payload.length / 2): string {
  return `61234567${h(plen, 2)}${h(next, 1)}40${a6("fe80", 1)}${a6("ff02", 2)}${payload}`;
}

const tcp = "0050c0000000000100000002501204000000000068656c6c6f";
const tcpOptions = "0050c000000000010000000260120400000000000101010168656c6c6f";
const udp = "0035d43100100000aabbccddeeff0011";
const sctp = "0007000800000001deadbeef00000000";
const icmp = "0800f7ff00010002";
const igmp = "1600000ae0000105";
const ns = (options: string, reserved = "00000000"): string => `87000000${reserved}${a6("fe80", 9)}${options}`;
const na = (options: string): string => `88000000e0000000${a6("fe80", 9)}${options}`;
const sll = "0101020304050607";
const tll = "0201020304050608";
const arp = (op: number, head = "000108000604"): string => `${head}${h(op, 2)}0102030405060a0000010000000000000a000002`;
const nsh1 = "0fc60103123456ff00000001000000020000000300000004";

const eth = (type: number, payload: string): string => `${macs}${h(type, 2)}${payload}`;
const at = (kind: "ipv4" | "ipv6", n = 14): { kind: "ipv4" | "ipv6"; at: number } => ({ kind, at: n });
const v4 = (name: string, payload: string, v: V4 = {}): TestFrame => ({
  name,
  hex: eth(0x0800, ipv4(payload, v)),
  fit: at("ipv4"),
});
const v6 = (name: string, payload: string, next: number): TestFrame => ({
  name,
  hex: eth(0x86dd, ipv6(payload, next)),
  fit: at("ipv6"),
});

/** Headers of every kind, right and wrong. */
export const testFrames: readonly TestFrame[] = [
  { name: "unknown type", hex: eth(0x8899, "01020304") },
  { name: "length field, no SNAP", hex: eth(0x0010, "42420300000000000000000000000000") },
  { name: "length field, SNAP", hex: eth(0x0020, `aaaa03000000080045000014`) },
  { name: "length field, SNAP with IPv4", hex: eth(0x0024, `aaaa030000000800${ipv4(udp, { proto: 17 })}`) },
  { name: "SNAP with another OUI", hex: eth(0x0024, `aaaa0300000c0800${ipv4(udp, { proto: 17 })}`) },
  { name: "SNAP with a length for a type", hex: eth(0x0024, `aaaa0300000005ff${ipv4(udp, { proto: 17 })}`) },
  { name: "type 0x05ff", hex: eth(0x05ff, "0000") },
  { name: "type 0x0600", hex: eth(0x0600, "0000") },
  { name: "vlan", hex: eth(0x8100, `60050800${ipv4(udp, { proto: 17 })}`) },
  { name: "vlan with CFI", hex: eth(0x8100, `70050800${ipv4(udp, { proto: 17 })}`) },
  { name: "priority tag", hex: eth(0x8100, `20000800${ipv4(udp, { proto: 17 })}`) },
  { name: "qinq", hex: eth(0x88a8, `0064810020050800${ipv4(udp, { proto: 17 })}`) },
  { name: "three tags", hex: eth(0x88a8, `00648100200581000007080045`) },
  { name: "vlan with a length", hex: eth(0x8100, `0005001042420300000000`) },
  { name: "vlan with ARP", hex: eth(0x8100, `00050806${arp(1)}`) },
  { name: "old qinq type", hex: eth(0x9100, `00050806${arp(1)}`) },
  { name: "mpls", hex: eth(0x8847, `00064140${ipv4(udp, { proto: 17 })}`) },
  { name: "mpls multicast", hex: eth(0x8848, `00064f40`) },
  { name: "mpls three", hex: eth(0x8847, `000640400006504000066140`) },
  { name: "mpls four", hex: eth(0x8847, `00064040000650400006604000067140`) },
  { name: "mpls explicit null", hex: eth(0x8847, `00000140`) },
  { name: "vlan and mpls", hex: eth(0x8100, `0005884700064140`) },
  { name: "arp", hex: eth(0x0806, arp(1)) },
  { name: "arp with trailer", hex: eth(0x0806, `${arp(2)}${"00".repeat(18)}`) },
  { name: "arp with a large operation", hex: eth(0x0806, arp(0x101)) },
  { name: "rarp", hex: eth(0x8035, arp(3)) },
  { name: "arp for another hardware", hex: eth(0x0806, arp(1, "000608000604")) },
  { name: "arp for another protocol", hex: eth(0x0806, arp(1, "000186dd0604")) },
  { name: "arp with another length", hex: eth(0x0806, arp(1, "000108000806")) },
  v4("tcp", tcp),
  v4("tcp with options", tcpOptions),
  v4("tcp with reserved flags", tcp.replace("5012", "5fff")),
  v4("tcp data offset 4", tcp.replace("5012", "4012")),
  v4("tcp data offset beyond the end", tcp.replace("5012", "7012")),
  v4("tcp with IP options", tcp, { options: "0101010101010100" }),
  v4("udp", udp, { proto: 17 }),
  v4("sctp", sctp, { proto: 132 }),
  v4("icmp", icmp, { proto: 1 }),
  v4("igmp", igmp, { proto: 2 }),
  v4("icmpv6 in IPv4", icmp, { proto: 58 }),
  v4("gre", "00006558", { proto: 47 }),
  v4("first fragment", udp, { proto: 17, frag: 0x2000 }),
  v4("later fragment", udp, { proto: 17, frag: 0x2010 }),
  v4("last fragment", udp, { proto: 17, frag: 0x0010 }),
  v4("don't fragment", udp, { proto: 17, frag: 0x4000 }),
  v4("reserved flag", udp, { proto: 17, frag: 0x8000 }),
  v4("tos", udp, { proto: 17, tos: 0xb9 }),
  { name: "ipv4 with trailer", hex: eth(0x0800, `${ipv4(udp, { proto: 17 })}${"00".repeat(20)}`) },
  { name: "ipv4 with 300 bytes of trailer", hex: eth(0x0800, `${ipv4(udp, { proto: 17 })}${"00".repeat(300)}`) },
  { name: "ipv4 total length within the header", hex: eth(0x0800, ipv4(udp, { proto: 17, total: 19 })) },
  { name: "ipv4 total length within udp", hex: eth(0x0800, ipv4(udp, { proto: 17, total: 27 })) },
  { name: "ipv4 header length 4", hex: eth(0x0800, ipv4(udp, { proto: 17, ihl: 4 })) },
  { name: "ipv4 header length 15", hex: eth(0x0800, ipv4(udp, { proto: 17, ihl: 15 })) },
  { name: "ipv4 of version 6", hex: eth(0x0800, `6${ipv4(udp, { proto: 17 }).slice(1)}`) },
  v6("tcp6", tcp, 6),
  v6("udp6", udp, 17),
  v6("sctp6", sctp, 132),
  v6("icmp in IPv6", icmp, 1),
  v6("igmp in IPv6", igmp, 2),
  v6("no next header", "", 59),
  v6("hop by hop", `1100000000000000${udp}`, 0),
  v6("routing", `1102000000000000${"00".repeat(16)}${udp}`, 43),
  v6("destination options", `1100000000000000${udp}`, 60),
  v6("several extensions", `3c00000000000000${"3300000000000000"}${"1101000000000000aabbccdd"}${udp}`, 0),
  v6("authentication", `1104000000000000${"00".repeat(16)}${udp}`, 51),
  v6("first fragment 6", `1100000100000001${udp}`, 44),
  v6("later fragment 6", `1100001000000001${udp}`, 44),
  v6("later more fragment 6", `1100001100000001${udp}`, 44),
  v6("atomic fragment", `1100000000000001${udp}`, 44),
  v6("fragment with reserved bits", `1100000600000001${udp}`, 44),
  v6("fragment then options", `3c000001000000011100000000000000${udp}`, 44),
  v6("later fragment then options", `3c000011000000011100000000000000${udp}`, 44),
  v6("options then later fragment", `2c000000000000001100001100000001${udp}`, 0),
  v6("extension too long", `1105000000000000${udp}`, 0),
  v6("echo", "8000000000010002", 58),
  v6("router solicitation", `8500000000000000${sll}`, 58),
  v6("solicit", ns(sll), 58),
  v6("solicit, reserved word", ns(sll, "0000abcd"), 58),
  v6("solicit, both options", ns(sll + tll), 58),
  v6("solicit, none", ns(""), 58),
  v6("solicit twice sll", ns(sll + sll), 58),
  v6("solicit twice tll", ns(tll + tll), 58),
  v6("solicit sll then option length 0", ns(`${sll}0100020304050607`), 58),
  v6("solicit sll then zero sll", ns(`${sll}0101000000000000`), 58),
  v6("advert twice sll", na(sll + sll), 58),
  v6("solicit option length 0", ns("0100020304050607"), 58),
  v6("solicit option too long", ns("0102020304050607"), 58),
  v6("solicit option after unknown", ns(`0e010a0b0c0d0e0f${sll}`), 58),
  v6("solicit long option", ns(`0102${"00".repeat(14)}${sll}`), 58),
  v6("solicit zero address twice", ns(`0101000000000000${sll}`), 58),
  v6("solicit code 1", `87010000${ns(sll).slice(8)}`, 58),
  v6("advert", na(tll), 58),
  v6("advert, both options", na(tll + sll), 58),
  { name: "ipv6 payload too long", hex: eth(0x86dd, ipv6(udp, 17, 100)) },
  { name: "ipv6 with trailer", hex: eth(0x86dd, `${ipv6(udp, 17)}${"00".repeat(20)}`) },
  { name: "ipv6 with 300 bytes of trailer", hex: eth(0x86dd, `${ipv6(udp, 17)}${"00".repeat(300)}`) },
  { name: "ipv6 payload shorter than udp", hex: eth(0x86dd, ipv6(udp, 17, 7)) },
  { name: "ipv6 jumbogram", hex: eth(0x86dd, ipv6(udp, 17, 0)) },
  { name: "ipv6 of version 4", hex: eth(0x86dd, `4${ipv6(udp, 17).slice(1)}`) },
  { name: "vlan with ipv6", hex: eth(0x8100, `600586dd${ipv6(ns(sll), 58)}`), fit: at("ipv6", 18) },
  { name: "nsh", hex: eth(0x894f, nsh1) },
  { name: "nsh with ipv4", hex: eth(0x894f, `0fc60101123456ff${"00000001".repeat(4)}${ipv4(tcp)}`) },
  { name: "nsh type 2", hex: eth(0x894f, "0fc20203123456ff") },
  { name: "nsh type 2 with context", hex: eth(0x894f, "0fc40203123456ff0102030405060708") },
  { name: "nsh flags and ttl", hex: eth(0x894f, `3046${nsh1.slice(4)}`) },
  { name: "nsh version 1", hex: eth(0x894f, `4fc6${nsh1.slice(4)}`) },
  { name: "nsh bad length", hex: eth(0x894f, `0fc5${nsh1.slice(4)}`) },
  { name: "nsh length 1", hex: eth(0x894f, `0fc1${nsh1.slice(4)}`) },
  { name: "nsh type 3", hex: eth(0x894f, `0fc60303${nsh1.slice(8)}`) },
  { name: "nsh type 0", hex: eth(0x894f, `0fc60003${nsh1.slice(8)}`) },
];

/** A frame cut to a length, with its IP length field adjusted where `fitted`. */
export function cutFrame(frame: TestFrame, length: number, fitted: boolean): string {
  const bytes = Buffer.from(frame.hex, "hex").subarray(0, length);
  if (!fitted || frame.fit === undefined) return bytes.toString("hex");
  const { kind, at: ip } = frame.fit;
  const copy = Buffer.from(bytes);
  if (kind === "ipv4" && length >= ip + 4) copy.writeUInt16BE(Math.max(0, length - ip), ip + 2);
  if (kind === "ipv6" && length >= ip + 6) copy.writeUInt16BE(Math.max(0, length - ip - 40), ip + 4);
  return copy.toString("hex");
}
