import { expect, it } from "vitest";
import { paintFlow, paintFlowMod, parsePalette } from "./flow-colors.js";

/** Each colour by its name: `{sp|output:}1`. */
const names: Readonly<Record<string, string>> = {
  "1;31": "ac",
  "34": "dr",
  "31": "le",
  "36": "pm",
  "35": "pr",
  "33": "sp",
  "32": "vl",
};
const marked = (text: string): string =>
  text.replaceAll(/\x1b\[([\d;]*)m\x1b\[K(.*?)\x1b\[m\x1b\[K/g, (_, color: string, part: string) => {
    return `{${names[color] ?? color}|${part}}`;
  });
const flow = (text: string): string => marked(paintFlow(text, parsePalette()));

it("shows what a line of dump-flows consists of", () => {
  const line =
    " cookie=0x5, table=1, n_packets=0, send_flow_rem priority=7,tcp,conj_id=3,packet_type=(1,5) actions=drop";
  expect(flow(line)).toBe(
    " {pm|cookie=}0x5, {sp|table=}1, {pm|n_packets=}0, send_flow_rem {sp|priority=}7,{vl|tcp},{pm|conj_id}=3,packet_type=(1,5) {ac|actions=}{dr|drop}",
  );
});

it.each([
  ["output:1,LOCAL,exit", "{sp|output:}1,LOCAL,{sp|exit}"],
  ["output(port=5,max_len=100)", "{sp|output}(port=5,max_len=100)"],
  ["move:NXM_NX_REG0[]->NXM_NX_REG1[]", "{sp|move:}NXM_NX_REG0[]{sp|->}NXM_NX_REG1[]"],
  ["check_pkt_larger(1500)->NXM_NX_REG0[0]", "{pm|check_pkt_larger(}1500)->NXM_NX_REG0[0]"],
  ["dec_ttl,dec_ttl(1,2)", "{pr|dec_ttl},{pr|dec_ttl}{pr|(}1,2{pr|)}"],
  ["bundle(eth_src,0,hrw,ofport,members:4,8)", "{pr|bundle(}eth_src,0,hrw,ofport,{pm|members:}4,8{pr|)}"],
  ["encap(nsh(md_type=1))", "{pr|encap(}nsh{pr|(}md_type=1{pr|)}{pr|)}"],
])("shows %s", (actions, shown) => {
  expect(flow(` actions=${actions}`)).toBe(` {ac|actions=}${shown}`);
});

it("shows a comma behind what a connection's exec does", () => {
  expect(flow(" actions=ct(commit,exec(set_field:0x1->ct_mark))")).toBe(
    " {ac|actions=}{pr|ct(}{vl|commit},{pr|exec(}{sp|set_field:}0x1{sp|->}ct_mark{pr|),}{pr|)}",
  );
});

it("shows learn's fields with their bits, and a priority with the comma before it", () => {
  const learn = "learn(table=1,hard_timeout=5,priority=5,NXM_OF_VLAN_TCI[0..11],NXM_OF_ETH_DST[]=NXM_OF_ETH_SRC[])";
  expect(flow(` actions=${learn}`)).toBe(
    " {ac|actions=}{le|learn(}{sp|table=}1,{pm|hard_timeout=}5{sp|,priority=}5,{pm|NXM_OF_VLAN_TCI[0..11]},{pm|NXM_OF_ETH_DST[]}{pm|=}NXM_OF_ETH_SRC[]{le|)}",
  );
});

it("shows a flow mod's match and actions only", () => {
  const line = "OFPT_FLOW_MOD (OF1.3) (xid=0x1): ADD table:1 ip,tun_metadata0=0x5 cookie:0x5 actions=output:1";
  expect(marked(paintFlowMod(line, parsePalette()))).toBe(
    "OFPT_FLOW_MOD (OF1.3) (xid=0x1): ADD table:1 {vl|ip},tun_metadata0=0x5 cookie:0x5 actions={sp|output:}1",
  );
});

it("takes colours from OVS_COLORS, and leaves the others", () => {
  const palette = parsePalette("ac=35:pm=:vl=x:zz=1:junk");
  expect(palette).toEqual({ ac: "35", dr: "34", le: "31", pm: "", pr: "35", sp: "33", vl: "32" });
});
