import { describe, expect, it } from "vitest";
import { parseFlowMatch } from "../match-parse.js";
import { formatProtocols, protocolsOfVersions } from "../protocol.js";
import { OF13 } from "../version.js";
import { type ActionLimits, checkActions } from "./check.js";
import { parseActions } from "./parse.js";
import { actionProtocols } from "./protocols.js";

const check = (match: string, actions: string, limits: ActionLimits = {}): string => {
  const list = parseActions(actions);
  const protocols = limits.protocols ?? actionProtocols(list);
  return formatProtocols(checkActions(list, parseFlowMatch(match), { ...limits, protocols }));
};

// As ovs-ofctl 3.1.0 prints them, but for what the match itself adds.
describe("actions beside their match", () => {
  it.each([
    ["", "output:1,mod_dl_src:00:00:00:00:00:01,group:5", "any"],
    ["", "mod_nw_src:1.2.3.4", "OpenFlow10,NXM"],
    ["ip", "mod_nw_src:1.2.3.4", "any"],
    ["ip", "push_mpls:0x8847,dec_ttl", "OpenFlow10,NXM"],
    ["mpls", "pop_mpls:0x800,dec_ttl", "any"],
    ["ip", "clone(push_mpls:0x8847),dec_ttl", "any"],
    ["dl_vlan=5", "strip_vlan,strip_vlan", "OpenFlow10,NXM"],
    ["", "mod_vlan_vid:5,set_field:5->vlan_vid", "any"],
    ["packet_type=(1,0x800)", "load:1->ip_src[],dec_ttl", "any"],
    ["", "encap(nsh),set_field:5->nsh_ttl", "OXM-OpenFlow13,OXM-OpenFlow14,OXM-OpenFlow15"],
    ["", "push_vlan:0x8100", "OXM,OpenFlow11"],
    ["", "push_vlan:0x8100,clone(1)", "any"],
    ["ip,ct_state=+trk+est", "resubmit(,2,ct)", "any"],
    ["", "learn(table=1,eth_type=0x800,ip_dst=1.2.3.4)", "any"],
  ])("%s may have %s in %s", (match, actions, protocols) => {
    expect(check(match, actions)).toBe(protocols);
  });

  it.each([
    ["", "load:1->ip_src[]", "OFPBAC_MATCH_INCONSISTENT"],
    ["ip", "push_mpls:0x8847,load:1->ip_src[]", "OFPBAC_MATCH_INCONSISTENT"],
    ["", "ct", "OFPBAC_MATCH_INCONSISTENT"],
    ["udp", "ct(alg=ftp)", "OFPBAC_MATCH_INCONSISTENT"],
    ["ipv6", "ct(commit,nat(src=1.2.3.4))", "OFPBAC_MATCH_INCONSISTENT"],
    ["ip", "encap(nsh),dec_ttl", "OFPBAC_MATCH_INCONSISTENT"],
    ["ip", "resubmit(,2,ct)", "OFPBAC_MATCH_INCONSISTENT"],
    ["", "learn(table=1,ip_dst=1.2.3.4)", "OFPBAC_MATCH_INCONSISTENT"],
    ["", "none", "OFPBAC_BAD_OUT_PORT"],
    ["", "output:65280", "OFPBAC_BAD_OUT_PORT"],
    ["", "enqueue:NORMAL:1", "OFPBAC_BAD_OUT_PORT"],
    ["", "write_actions(output:none)", "OFPBAC_BAD_OUT_PORT"],
    ["", "push_vlan:0x8100,push_vlan:0x8100,push_vlan:0x8100", "OFPBAC_BAD_TAG"],
    ["", "pop:eth_type[]", "OFPBAC_BAD_SET_ARGUMENT"],
    ["", "delete_field:reg0", "OFPBAC_BAD_ARGUMENT"],
    ["", "meter:0", "OFPMMFC_INVALID_METER"],
  ])("%s may not have %s", (match, actions, error) => {
    expect(() => check(match, actions)).toThrow(error);
  });

  it("keep a switch's limits", () => {
    expect(() => check("", "output:9", { maxPorts: 9 })).toThrow("OFPBAC_BAD_OUT_PORT");
    expect(check("", "output:8", { maxPorts: 9 })).toBe("any");
    expect(() => check("", "goto_table:1", { tableId: 1 })).toThrow("OFPBIC_BAD_TABLE_ID");
    expect(() => check("", "goto_table:9", { tableId: 1, tableCount: 9 })).toThrow("OFPBIC_BAD_TABLE_ID");
    expect(check("", "goto_table:8", { tableId: 1, tableCount: 9 })).toBe("any");
    expect(() => check("", "dec_ttl", { protocols: protocolsOfVersions(OF13, OF13) })).toThrow("INCONSISTENT");
  });
});
