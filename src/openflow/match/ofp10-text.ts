import type { Match } from "#flow/match.js";
import { formatIpv4 } from "#util/ip.js";
import { formatMac } from "#util/mac.js";
import { formatOfport, type PortNames } from "../port-number.js";
import { WireReader } from "../wire-reader.js";
import { WireWriter } from "../wire-writer.js";
import { encodeOfp10Match } from "./ofp10.js";

/** Short names of Ethernet types, and of IP's protocols. */
const types: Readonly<Record<number, string>> = {
  2048: "ip",
  2054: "arp",
  32821: "rarp",
  34887: "mpls",
  34888: "mplsm",
};
const protocols: Readonly<Record<number, string>> = { 1: "icmp", 6: "tcp", 17: "udp", 132: "sctp" };

/** What OpenFlow 1.0's `ofp_match` says of every field, `*` where it does not matter: `tcp,in_port=1,dl_vlan=*,…`. */
export function formatOfp10Match(match: Match, ports: PortNames = {}): string {
  const w = new WireWriter();
  encodeOfp10Match(match, w);
  const r = new WireReader(w.done());
  const wild = r.u32();
  const says = (bit: number): boolean => (wild & (1 << bit)) === 0;
  const inPort = r.u16();
  const [dlSrc, dlDst] = [r.copy(6), r.copy(6)];
  const [vlan, pcp] = [r.u16(), r.u8()];
  r.skip(1);
  const [type, tos, proto] = [r.u16(), r.u8(), r.u8()];
  r.skip(2);
  const [nwSrc, nwDst, tpSrc, tpDst] = [r.u32(), r.u32(), r.u16(), r.u16()];

  const typeName = says(4) ? types[type] : undefined;
  const protocolName = typeName === "ip" && says(5) ? protocols[proto] : undefined;
  const address = (value: number, shift: number): string => {
    const ignored = Math.min((wild >>> shift) & 0x3f, 32);
    return ignored === 32 ? "*" : formatIpv4(value) + (ignored === 0 ? "" : `/${32 - ignored}`);
  };
  const parts: string[] = [];
  const add = (name: string, bit: number, value: string | number): void =>
    void parts.push(`${name}=${says(bit) ? value : "*"}`);
  const short = protocolName ?? typeName;
  if (short !== undefined) parts.push(short);
  add("in_port", 0, formatOfport(inPort, ports));
  add("dl_vlan", 1, vlan);
  add("dl_vlan_pcp", 20, pcp);
  add("dl_src", 2, formatMac(dlSrc));
  add("dl_dst", 3, formatMac(dlDst));
  if (typeName === undefined) add("dl_type", 4, `0x${type.toString(16).padStart(4, "0")}`);
  parts.push(`nw_src=${address(nwSrc, 8)}`, `nw_dst=${address(nwDst, 14)}`);
  const isArp = typeName === "arp" || typeName === "rarp";
  if (protocolName === undefined) add(isArp ? "arp_op" : "nw_proto", 5, proto);
  add("nw_tos", 21, tos);
  const isIcmp = says(5) && proto === 1;
  add(isIcmp ? "icmp_type" : "tp_src", 6, tpSrc);
  add(isIcmp ? "icmp_code" : "tp_dst", 7, tpDst);
  return parts.join(",");
}
