import { describe, expect, it } from "vitest";
import { parseFlowMatch } from "../match-parse.js";
import { normalizationWarning, normalizeMatch } from "./normalize.js";

describe("normalising a match", () => {
  // Recorded from ovs-ofctl 3.1.0.
  it.each([
    ["tp_src=5", "tp_src=5", ""],
    ["ip,tp_dst=7,nw_ttl=3", "ip,nw_ttl=3,tp_dst=7", "ip,nw_ttl=3"],
    ["nw_src=1.2.3.4,dl_vlan=5", "dl_vlan=5,nw_src=1.2.3.4", "dl_vlan=5"],
    ["nw_proto=6", "nw_proto=6", ""],
    ["ipv6_src=::1", "", ""],
    ["ip,nd_target=::1", "ip", "ip"],
    ["icmp6,nd_target=::1", "icmp6,nd_target=::1", "icmp6"],
  ])("drops what has no prerequisite in %s", (text, before, after) => {
    const match = parseFlowMatch(text);
    expect(normalizationWarning(match, normalizeMatch(match))).toEqual([
      "normalization changed ofp_match, details:",
      ` pre: ${before}`,
      `post: ${after}`,
    ]);
  });

  it.each([
    "",
    "tcp,tp_dst=80,nw_src=1.0.0.0/8",
    "arp,arp_spa=1.2.3.4,arp_op=1",
    "icmp6,icmp_type=135,icmp_code=0,nd_target=::1",
    "mpls,mpls_label=3",
    "in_port=1,dl_vlan=5,metadata=7",
  ])("leaves %s as it is", (text) => {
    const match = parseFlowMatch(text);
    expect(normalizeMatch(match)).toBe(match);
  });
});
