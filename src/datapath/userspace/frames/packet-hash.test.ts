import { describe, expect, it } from "vitest";
import { parseOdpKey } from "#flow/odp-parse.js";
import { packetHash } from "./packet-hash.js";

const v4 = (protocol: number, rest: string): string =>
  `eth_type(0x0800),ipv4(src=10.0.0.1,dst=10.0.0.2,proto=${protocol},tos=0,ttl=64,frag=no)${rest}`;
const v6 = (protocol: number, rest: string): string =>
  `eth_type(0x86dd),ipv6(src=fe80::1,dst=fe80::2:3,label=0,proto=${protocol},tclass=0,hlimit=64,frag=no)${rest}`;
const arp = "eth_type(0x0806),arp(sip=1.2.3.4,tip=1.2.3.5,op=1,sha=00:00:00:00:00:01,tha=00:00:00:00:00:00)";
const tagged = "eth_type(0x8100),vlan(vid=5,pcp=3),encap(eth_type(0x1234))";

/** What Open vSwitch 3.1.0 made of packets, by algorithm and basis. */
const recorded: readonly (readonly [text: string, algorithm: number, basis: number, hash: number])[] = [
  [v4(6, ",tcp(src=5,dst=4)"), 0, 0, 0x8002f303],
  [v4(6, ",tcp(src=5,dst=4)"), 0, 1, 0xc909b05d],
  [v4(17, ",udp(src=5,dst=4)"), 0, 1, 0x62c0714b],
  [v4(1, ",icmp(type=8,code=0)"), 0, 0, 0x32631211],
  [v6(17, ",udp(src=5,dst=4)"), 0, 1, 0xa354716d],
  ["eth_type(0x1234)", 0, 1, 0x9886a7cb],
  [arp, 0, 1, 0x2cd2f0d8],
  [v4(6, ",tcp(src=5,dst=4)"), 1, 0, 0x15497361],
  [v4(6, ",tcp(src=5,dst=4)"), 1, 7, 0x2ceae054],
  [v4(6, ",tcp(src=4,dst=5)"), 1, 7, 0x2ceae054],
  [v4(17, ",udp(src=5,dst=4)"), 1, 7, 0x3c595efd],
  [v4(132, ",sctp(src=5,dst=4)"), 1, 0, 0x8065be5c],
  [v4(1, ",icmp(type=8,code=0)"), 1, 7, 0xf6b35491],
  [v6(17, ",udp(src=5,dst=4)"), 1, 7, 0x4b51753d],
  [v6(6, ",tcp(src=5,dst=4)"), 1, 0, 0xa68ac11c],
  ["eth_type(0x1234)", 1, 7, 0xf240e98a],
  [tagged, 1, 0, 0x3d751935],
  [arp, 1, 7, 0xb3ff0da9],
];

describe("dp_hash", () => {
  it.each(recorded)("of %s, algorithm %d, basis %d", (text, algorithm, basis, hash) => {
    const { key } = parseOdpKey(`in_port(6),eth(src=00:00:00:00:00:01,dst=00:00:00:00:00:02),${text}`);
    expect(packetHash(key, algorithm, basis)).toBe(hash);
  });
});
