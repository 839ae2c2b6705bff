import { describe, expect, it } from "vitest";
import { unhex } from "#util/hex.js";
import { formatPacket } from "./packet-text.js";

const packet = (hex: string): Uint8Array => unhex(hex.replaceAll(" ", ""))!;
const ethernet = "aabbccddeeff112233445566";
const addresses = "dl_src=11:22:33:44:55:66,dl_dst=aa:bb:cc:dd:ee:ff";
const ipv4 = "0a0000010a000002";

// The texts are those of ovs-ofctl 3.1.0.
describe("packets as text", () => {
  it.each([
    [
      "TCP",
      `${ethernet} 0800 450000280000000040060000${ipv4} 03e80050000000010000000250120064 05fd 0000`,
      `tcp,vlan_tci=0x0000,${addresses},nw_src=10.0.0.1,nw_dst=10.0.0.2,nw_tos=0,nw_ecn=0,nw_ttl=64,nw_frag=no,tp_src=1000,tp_dst=80,tcp_flags=syn|ack tcp_csum:5fd`,
    ],
    [
      "a later fragment, whose payload is taken for a header",
      `${ethernet} 0800 450000280000200540060000${ipv4} 03e80050000000010000000250120064 1234 0000`,
      `tcp,vlan_tci=0x0000,${addresses},nw_src=10.0.0.1,nw_dst=10.0.0.2,nw_tos=0,nw_ecn=0,nw_ttl=64,nw_frag=later tcp_csum:1234`,
    ],
    [
      "tagged UDP, padded",
      `${ethernet} 8100 6005 0800 4500001c0000000040110000${ipv4} 03e800350008abcd 000000`,
      `udp,dl_vlan=5,dl_vlan_pcp=3,vlan_tci1=0x0000,${addresses},nw_src=10.0.0.1,nw_dst=10.0.0.2,nw_tos=0,nw_ecn=0,nw_ttl=64,nw_frag=no,tp_src=1000,tp_dst=53 udp_csum:abcd`,
    ],
    [
      "ARP",
      `${ethernet} 0806 0001080006040001 010203040506 0a000001 000000000000 0a000002`,
      `arp,vlan_tci=0x0000,${addresses},arp_spa=10.0.0.1,arp_tpa=10.0.0.2,arp_op=1,arp_sha=01:02:03:04:05:06,arp_tha=00:00:00:00:00:00`,
    ],
    [
      "an MPLS stack",
      `${ethernet} 8847 00010040 00020f3f 45`,
      `mpls,vlan_tci=0x0000,${addresses},mpls_label=16,mpls_tc=0,mpls_ttl=64,mpls_bos=0,mpls_lse1=134975`,
    ],
    ["an unknown type", `${ethernet} 1234 68`, `vlan_tci=0x0000,${addresses},dl_type=0x1234`],
    ["too few bytes", "0102", "vlan_tci=0x0000,dl_src=00:00:00:00:00:00,dl_dst=00:00:00:00:00:00,dl_type=0x0000"],
  ])("%s", (_name, hex, text) => {
    expect(formatPacket(packet(hex))).toBe(text);
  });

  it("without an Ethernet header", () => {
    expect(formatPacket(packet(`45000014000000004011 0000 ${ipv4}`), 0x10800)).toBe(
      "packet_type=(1,0x800),nw_src=10.0.0.1,nw_dst=10.0.0.2,nw_proto=17,nw_tos=0,nw_ecn=0,nw_ttl=64,nw_frag=no,tp_src=0,tp_dst=0",
    );
  });
});
