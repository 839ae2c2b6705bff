import { W } from "../layout.js";
import {
  type Codepoint,
  ericOf,
  type FixedMatchSupport,
  nxmNx,
  nxmOf,
  of12,
  of15,
  onf13,
  type Prerequisite,
  type Row,
  row,
} from "./field.js";

type PortRow = readonly [string, string[], Prerequisite, FixedMatchSupport, Codepoint, Codepoint[], number];

const ports: readonly PortRow[] = [
  ["tcp_src", ["tp_src"], "tcp", "exact", of12("TCP_SRC", 13), [nxmOf("TCP_SRC", 9)], 16],
  ["tcp_dst", ["tp_dst"], "tcp", "exact", of12("TCP_DST", 14), [nxmOf("TCP_DST", 10)], 0],
  ["udp_src", [], "udp", "exact", of12("UDP_SRC", 15), [nxmOf("UDP_SRC", 11)], 16],
  ["udp_dst", [], "udp", "exact", of12("UDP_DST", 16), [nxmOf("UDP_DST", 12)], 0],
  ["sctp_src", [], "sctp", "no", of12("SCTP_SRC", 17), [], 16],
  ["sctp_dst", [], "sctp", "no", of12("SCTP_DST", 18), [], 0],
];

type IcmpRow = readonly [string, Prerequisite, FixedMatchSupport, Codepoint, Codepoint, number];

const icmp: readonly IcmpRow[] = [
  ["icmp_type", "icmpv4", "exact", of12("ICMPV4_TYPE", 19), nxmOf("ICMP_TYPE", 13), 16],
  ["icmp_code", "icmpv4", "exact", of12("ICMPV4_CODE", 20), nxmOf("ICMP_CODE", 14), 0],
  ["icmpv6_type", "icmpv6", "no", of12("ICMPV6_TYPE", 29), nxmNx("ICMPV6_TYPE", 21), 16],
  ["icmpv6_code", "icmpv6", "no", of12("ICMPV6_CODE", 30), nxmNx("ICMPV6_CODE", 22), 0],
];

/** Layer 4: TCP, UDP, SCTP, ICMP, ICMPv6, neighbour discovery. */
export const transportFields: readonly Row[] = [
  ...ports.map(([name, aliases, needs, of10, oxm, nxm, shift]) =>
    row({
      name,
      aliases,
      bits: 16,
      needs,
      format: "decimal",
      of10,
      of11: "exact",
      oxm: [oxm],
      nxm,
      at: [W.tp, shift],
    }),
  ),
  row({
    name: "tcp_flags",
    bits: 12,
    bytes: 2,
    writable: false,
    needs: "tcp",
    format: "tcpFlags",
    oxm: [of15("TCP_FLAGS", 42), onf13("TCP_FLAGS", 42)],
    nxm: [nxmNx("TCP_FLAGS", 34)],
    at: [W.l4, 0],
  }),
  ...icmp.map(([name, needs, fixed, oxm, nxm, shift]) =>
    row({
      name,
      bits: 8,
      maskable: false,
      needs,
      format: "decimal",
      of10: fixed,
      of11: fixed,
      oxm: [oxm],
      nxm: [nxm],
      at: [W.tp, shift],
    }),
  ),
  row({
    name: "nd_target",
    bits: 128,
    needs: "nd",
    format: "ipv6",
    oxm: [of12("IPV6_ND_TARGET", 31)],
    nxm: [nxmNx("ND_TARGET", 23)],
    at: [W.ndTarget, 0],
  }),
  row({
    name: "nd_sll",
    bits: 48,
    needs: "ndSolicit",
    format: "ethernet",
    oxm: [of12("IPV6_ND_SLL", 32)],
    nxm: [nxmNx("ND_SLL", 24)],
    at: [W.arpHw, 16],
  }),
  row({
    name: "nd_tll",
    bits: 48,
    needs: "ndAdvert",
    format: "ethernet",
    oxm: [of12("IPV6_ND_TLL", 33)],
    nxm: [nxmNx("ND_TLL", 25)],
    at: [W.arpHw + 1, 0],
  }),
  row({
    name: "nd_reserved",
    bits: 32,
    maskable: false,
    needs: "nd",
    format: "decimal",
    nxm: [ericOf("ICMPV6_ND_RESERVED", 1)],
    at: [W.igmpGroup, 0],
  }),
  row({
    name: "nd_options_type",
    bits: 8,
    maskable: false,
    needs: "nd",
    format: "decimal",
    nxm: [ericOf("ICMPV6_ND_OPTIONS_TYPE", 2)],
    at: [W.l4, 16],
  }),
];
