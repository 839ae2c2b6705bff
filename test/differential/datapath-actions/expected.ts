import type { FlowText } from "./beds.js";

/** A packet of which ours and the installed switch make different ones, on purpose. Random scenes leave such things out. */
export interface ExpectedDifference {
  readonly why: string;
  readonly frame: string;
  readonly flows: readonly FlowText[];
  /** What leaves by port 2, ours and theirs. */
  readonly ours: readonly string[];
  readonly theirs: readonly string[];
}

const ETHERNET = "020000000002020000000001";
const from = (rest: string, recirculation = 0): string =>
  `recirc_id(${recirculation}),in_port(1),packet_type(ns=0,id=0),eth(src=02:00:00:00:00:01,dst=02:00:00:00:00:02),${rest}`;
const OTHER = `${ETHERNET}1234${"aa".repeat(50)}`;
const CUT = OTHER.slice(0, 60);

const routed = (last: string, checksum: string): string =>
  `${ETHERNET}86dd6000000000212b40fc0000000000000000000000000000${last}fc000000000000000000000000000002` +
  `1102000100000000fc000000000000000000000000000003000100150009${checksum}d0`;
const neighbour = (checksum: string, target: string): string =>
  `${ETHERNET}86dd6000000000283afffc000000000000000000000000000001fc0000000000000000000000000000028700${checksum}` +
  `000000000280e17c793f309358be520f352c8db5010149aeb8a2e4fe0201${target}`;
const fragment = (checksum: string, source: string, rest: string): string =>
  `${ETHERNET}08004500001c68550003ff11${checksum}${source}0a0000030001000200${rest}`;

export const expectedDifferences: readonly ExpectedDifference[] = [
  {
    why: "a later fragment has no transport header whose checksum would be adjusted",
    frame: fragment("3f75", "0a000001", "08ebd7"),
    flows: [{ key: from("eth_type(0x0800),ipv4(frag=later)"), actions: "set(ipv4(src=35.20.83.206)),2" }],
    ours: [fragment("d293", "231453ce", "08ebd7")],
    theirs: [fragment("d293", "231453ce", "087ef6")],
  },
  {
    why: "the source address is in the checksum also of a packet with a routing header",
    frame: routed("01", "dcb5"),
    flows: [{ key: from("eth_type(0x86dd),ipv6(frag=no)"), actions: "set(ipv6(src=fc00::99)),2" }],
    ours: [routed("99", "dc1d")],
    theirs: [routed("99", "dcb5")],
  },
  {
    why: "the second of two options of neighbour discovery can be set",
    frame: neighbour("1234", "0513b2c84f21"),
    flows: [
      {
        key: from("eth_type(0x86dd),ipv6(proto=58,frag=no),icmpv6(type=135,code=0),nd()"),
        actions: "set(nd(tll=18:73:f4:dc:77:8d)),2",
      },
    ],
    ours: [neighbour("9453", "1873f4dc778d")],
    theirs: [neighbour("1234", "0513b2c84f21")],
  },
  {
    why: "a packet that goes through the flows again whole is as long as it is",
    frame: OTHER,
    flows: [
      { key: from("eth_type(0x1234)"), actions: "trunc(30),recirc(1),2" },
      { key: from("eth_type(0x1234)", 1), actions: "check_pkt_len(size=40,gt(2),le(3))" },
    ],
    ours: [OTHER, CUT],
    theirs: [CUT],
  },
  {
    why: "what is not under the mask of a set does not change",
    frame: OTHER,
    flows: [{ key: from("eth_type(0x1234)"), actions: "set(eth(src=ff:ff:ff:ff:ff:ff/00:00:00:00:00:ff)),2" }],
    ours: [OTHER.replace("020000000001", "0200000000ff")],
    theirs: [OTHER.replace("020000000001", "ffffffffffff")],
  },
];
