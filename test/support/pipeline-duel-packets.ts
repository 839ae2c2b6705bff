import { composeFrame } from "#flow/compose.js";
import { parseMatch } from "#openflow/match-parse.js";
import { hex } from "#util/hex.js";

const ether = "dl_src=00:00:00:00:00:01,dl_dst=00:00:00:00:00:02";
const v4 = `${ether},nw_src=10.0.0.1,nw_dst=10.0.0.2,nw_ttl=64`;
const v6 = `${ether},ipv6_src=fd00::1,ipv6_dst=fd00::2,nw_ttl=64`;
const ports = (protocol: string): string => `${protocol}_src=1000,${protocol}_dst=80`;

/** Packets by name, as flows in the words of ovs-ofctl. */
const packets: Readonly<Record<string, string>> = {
  eth: `${ether},dl_type=0x1234`,
  ip: `ip,${v4},nw_proto=99`,
  tcp: `tcp,${v4},${ports("tcp")}`,
  udp: `udp,${v4},${ports("udp")}`,
  sctp: `sctp,${v4},${ports("sctp")}`,
  icmp: `icmp,${v4},icmp_type=8,icmp_code=0`,
  arp: `arp,dl_src=00:00:00:00:00:01,dl_dst=ff:ff:ff:ff:ff:ff,arp_op=1,arp_spa=10.0.0.1,arp_tpa=10.0.0.2,arp_sha=00:00:00:00:00:01`,
  ipv6: `ipv6,${v6},nw_proto=99`,
  tcp6: `tcp6,${v6},${ports("tcp")}`,
  udp6: `udp6,${v6},${ports("udp")}`,
  sctp6: `sctp6,${v6},${ports("sctp")}`,
  icmp6: `icmp6,${v6},icmpv6_type=128,icmpv6_code=0`,
  ns: `icmp6,${v6.replace("nw_ttl=64", "nw_ttl=255")},icmpv6_type=135,icmpv6_code=0,nd_target=fd00::2,nd_sll=00:00:00:00:00:01`,
  na: `icmp6,${v6.replace("nw_ttl=64", "nw_ttl=255")},icmpv6_type=136,icmpv6_code=0,nd_target=fd00::1,nd_tll=00:00:00:00:00:01`,
  mpls: `dl_type=0x8847,${ether},mpls_label=100,mpls_tc=3,mpls_ttl=64,mpls_bos=1`,
};

const mirrored: Readonly<Record<string, string>> = {
  dl_src: "dl_dst",
  nw_src: "nw_dst",
  ipv6_src: "ipv6_dst",
  tcp_src: "tcp_dst",
  udp_src: "udp_dst",
  sctp_src: "sctp_dst",
};

/**
 * Replaces `$NAME` by that packet's flow, `$NAME~` by that of its answer. Fields that follow (`$tcp,tp_dst=443`) take the place of the
 * packet's own.
 */
export function expandPackets(line: string): string {
  return line.replace(/\$(\w+)(~?)((?:,[^\s']+)?)/g, (_, name: string, answer: string, more: string) => {
    const packet = packets[name];
    if (packet === undefined) throw new Error(`no packet ${name}`);
    const fields = new Map<string, string | undefined>();
    for (const field of packet.split(",")) fields.set(...keyAndValue(field));
    if (answer !== "") for (const [a, b] of Object.entries(mirrored)) swap(fields, a, b);
    for (const field of more.split(",").filter((f) => f !== "")) fields.set(...keyAndValue(field));
    return [...fields].map(([key, value]) => (value === undefined ? key : `${key}=${value}`)).join(",");
  });
}

function keyAndValue(field: string): [string, string | undefined] {
  const at = field.indexOf("=");
  return at < 0 ? [field, undefined] : [field.slice(0, at), field.slice(at + 1)];
}

function swap(fields: Map<string, string | undefined>, a: string, b: string): void {
  const [x, y] = [fields.get(a), fields.get(b)];
  if (!fields.has(a) && !fields.has(b)) return;
  fields.set(a, y);
  fields.set(b, x);
}

/** The hex digits of a frame, of which a flow in the words of ovs-ofctl is told. */
export function frameOf(flow: string, length: number | undefined): string {
  const { key } = parseMatch(flow);
  return hex(composeFrame(key, length === undefined ? {} : { length }));
}
