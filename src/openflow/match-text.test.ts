import { describe, expect, it } from "vitest";
import { parseFlowMatch, parseMatch } from "./match-parse.js";
import { formatMatch } from "./match-text.js";

const again = (text: string): string => formatMatch(parseMatch(text));

describe("a match as text", () => {
  it.each([
    "",
    "in_port=1",
    "in_port=LOCAL",
    "reg0=0x1",
    "recirc_id=0",
    "ip,nw_src=10.0.0.0/8,nw_dst=10.1.2.3",
    "tcp,in_port=3,dl_src=02:00:00:00:00:01,nw_tos=0,nw_ttl=64,nw_frag=no,tp_src=1,tp_dst=80,tcp_flags=syn|ack",
    "icmp,icmp_type=8,icmp_code=0",
    "icmp6",
    "udp6,ipv6_src=2001:db8::/32,tp_dst=53",
    "arp,dl_dst=ff:ff:ff:ff:ff:ff,arp_spa=1.2.3.4,arp_tpa=1.2.3.5,arp_op=1",
    "mpls,mpls_label=3",
    "dl_vlan=5,dl_type=0x1234",
    "dl_dst=01:00:00:00:00:00/01:00:00:00:00:00",
    "reg1=0x10/0xf0,metadata=0x5",
  ])("%s", (text) => {
    expect(formatMatch(parseFlowMatch(text))).toBe(text);
    if (/[/]|udp6/.test(text)) return;
    expect(again(text)).toBe(text);
  });

  it("is read with newer names, and names of ports", () => {
    expect(again("eth_dst=02:00:00:00:00:01 tcp,tcp_dst=80")).toBe("tcp,dl_dst=02:00:00:00:00:01,tp_dst=80");
    expect(again("packet_type=(1,0x800),nw_src=1.2.3.4")).toContain("nw_src=1.2.3.4");
    expect(formatMatch(parseMatch("in_port=p1", { portNumber: () => 4 }), { portName: () => "p1" })).toBe("in_port=p1");
  });

  it.each([
    ["in_prt=1", "unknown field in_prt"],
    ["tp_dst=80", "prerequisites not met for setting tp_dst"],
    ["tp_dst=80,tcp", "prerequisites not met for setting tp_dst"],
    ["udp,tp_dst=80", "prerequisites not met for setting tp_dst"],
    ["arp,nw_src=1.2.3.4", "prerequisites not met for setting nw_src"],
    ["tcp,ip", "Ethernet type set multiple times"],
    ["tcp,nw_proto=17", "field nw_proto set multiple times"],
    ["reg0=1,xreg0=2", "field xreg0 set multiple times"],
    ["reg0[0..3]=1", "unknown field reg0[0..3]"],
    ["in_port", "bad value for in_port (: invalid or unknown port for in_port)"],
    ["reg0=5/3", "bad value for reg0 (5/3: wildcards not allowed here)"],
    ["dl_src=zz", "zz: invalid Ethernet address"],
    ["reg0=0x100000000", "0x100000000: value too large for 4-byte field reg0"],
  ])("refuses %s", (text, message) => {
    expect(() => parseMatch(text)).toThrow(message);
  });
});
