import { describe, expect, it } from "vitest";
import { parseDatapathActions } from "./action-parse.js";
import { formatDatapathActions } from "./action-text.js";

/** What `dpctl/parse-actions` of Open vSwitch 3.1 answered; a lone text was answered unchanged. */
const answered: readonly (string | readonly [given: string, answer: string])[] = [
  "1",
  "1,2,3",
  "drop",
  ["", "drop"],
  "push_vlan(vid=5,pcp=3)",
  "push_vlan(tpid=0x88a8,vid=5,pcp=0)",
  ["push_vlan(tpid=0x8100,vid=5,pcp=0)", "push_vlan(vid=5,pcp=0)"],
  ["push_vlan(vid=0x5,pcp=0x3)", "push_vlan(vid=5,pcp=3)"],
  "pop_vlan",
  "set(eth(src=00:11:22:33:44:55))",
  "set(eth(src=00:11:22:33:44:55,dst=00:11:22:33:44:66))",
  "set(eth(src=00:11:22:33:44:55/ff:ff:ff:00:00:00))",
  ["set(eth(src=00:11:22:33:44:55/ff:ff:ff:ff:ff:ff))", "set(eth(src=00:11:22:33:44:55))"],
  "set(ipv4(src=1.2.3.4,dst=5.6.7.8,proto=6,tos=0,ttl=64,frag=no))",
  "set(ipv4(src=1.2.3.4))",
  "set(ipv4(src=1.2.3.4/255.255.0.0,ttl=5))",
  "set(ipv4(tos=0x10/0xfc))",
  "set(ipv6(src=2001::1,dst=2001::2,label=0x12345,proto=6,tclass=0,hlimit=3,frag=no))",
  "set(ipv6(label=0x5/0xff))",
  "set(tcp(src=1,dst=2))",
  "set(tcp(src=1/0xff))",
  ["set(tcp(src=5/0xffff))", "set(tcp(src=5))"],
  "set(udp(src=1,dst=2))",
  "set(sctp(src=1,dst=2))",
  "set(icmp(type=1,code=2))",
  "set(icmpv6(type=1,code=2))",
  "set(arp(sip=1.2.3.4,tip=5.6.7.8,op=1,sha=00:11:22:33:44:55,tha=00:11:22:33:44:66))",
  "set(arp(sip=1.2.3.4))",
  "set(nd(target=::1,sll=00:11:22:33:44:55,tll=00:11:22:33:44:66))",
  "set(nd(target=::1))",
  "set(mpls(label=10,tc=3,ttl=64,bos=1))",
  "set(vlan(vid=5,pcp=1))",
  ["set(skb_priority(5))", "set(skb_priority(0x5))"],
  "set(skb_mark(0x5/0xff))",
  "set(skb_mark(0x5))",
  ["set(dp_hash(5))", "set(dp_hash(0x5))"],
  "set(tunnel(tun_id=0x1,dst=2.2.2.2,ttl=64,tp_dst=4789,flags(df|csum|key)))",
  ["recirc(10)", "recirc(0xa)"],
  "sample(sample=9.7%,actions(1,2,3,push_vlan(vid=1,pcp=2)))",
  "sample(sample=100.0%,actions(userspace(pid=0,sFlow(vid=0,pcp=0,output=2))))",
  [
    "sample(sample=50%,actions(userspace(pid=4294967295,slow_path(action))))",
    "sample(sample=50.0%,actions(userspace(pid=4294967295,slow_path(action))))",
  ],
  ["sample(sample=0.05%,actions(1))", "sample(sample=0.1%,actions(1))"],
  ["sample(sample=0%,actions())", "sample(sample=0.0%,actions(drop))"],
  "clone(1,push_vlan(vid=12,pcp=0),2)",
  "clone(clone(1),2),3",
  ["clone()", "clone(drop)"],
  "trunc(100),2",
  "meter(3)",
  "check_pkt_len(size=200,gt(4),le(5))",
  "check_pkt_len(size=200,gt(drop),le(drop))",
  ["check_pkt_len(size=200,gt(),le())", "check_pkt_len(size=200,gt(drop),le(drop))"],
  "check_pkt_len(size=200,gt(set(eth(src=00:11:22:33:44:55)),4),le(5,check_pkt_len(size=5,gt(1),le(2))))",
  "userspace(pid=9765,slow_path(0))",
  ["userspace(pid=9765,slow_path())", "userspace(pid=9765,slow_path(0))"],
  ["userspace(pid=9765,slow_path(bfd|stp))", "userspace(pid=9765,slow_path(bfd,stp))"],
  ["userspace(pid=1,slow_path(0x1))", "userspace(pid=1,slow_path(cfm))"],
  "userspace(pid=1,slow_path(match))",
  "userspace(pid=1,slow_path(cfm),tunnel_out_port=4)",
  "userspace(pid=9765,sFlow(vid=9,pcp=7,output=10))",
  ["userspace(pid=9765)", `userspace(pid=9765,userdata(${"00".repeat(48)}))`],
  "userspace(pid=9765,userdata(0102030405060708090a0b0c0d0e0f))",
  "userspace(pid=9765,flow_sample(probability=123,collector_set_id=1234,obs_domain_id=2345,obs_point_id=3456,output_port=10))",
  "userspace(pid=9765,flow_sample(probability=123,collector_set_id=1234,obs_domain_id=2345,obs_point_id=3456,output_port=10,egress))",
  "userspace(pid=9765,ipfix(output_port=10),tunnel_out_port=10)",
  "userspace(pid=9765,controller(reason=1,dont_send=1,continuation=1,recirc_id=1,rule_cookie=0x5,controller_id=3,max_len=128))",
  "userspace(pid=6633,slow_path(0)),1",
  ["1 2", "1,2"],
  ["1, 2", "1,2"],
  [" 1", "1"],
  ["1,,2", "1,2"],
  "4294967295",
];

const refused = [
  "drop(3)",
  "drop,1",
  "1,drop",
  "push_vlan(vid=4096,pcp=0)",
  "push_vlan(vid=5)",
  "push_vlan(vid=5,pcp=9)",
  "userspace(pid=9765,slow_path(cfm,match))",
  "userspace(pid=9765,slow_path(controller))",
  "userspace(pid=1,slow_path(255))",
  "userspace()",
  "sample(sample=200%,actions(1))",
  "check_pkt_len(size=200,gt(4))",
  "trunc()",
  "recirc()",
  "meter()",
  "pop_vlan2",
  "p1",
  "nosuch",
  "set(garbage)",
  "set()",
  "set(ipv4(src=1.2.3.4)",
  "set(eth(src=zz))",
  "set(eth(src=00:11:22:33:44:55),ipv4(ttl=3))",
];

describe("datapath actions read from text", () => {
  it.each(answered.map((a) => (typeof a === "string" ? [a, a] : [...a])))("%s", (given, answer) => {
    expect(formatDatapathActions(parseDatapathActions(given!))).toBe(answer);
  });

  it.each(refused)("refuses %s", (text) => {
    expect(() => parseDatapathActions(text)).toThrow("Invalid argument");
  });

  it("reads what it writes of actions upstream writes but does not read", () => {
    for (const text of [
      "push_mpls(label=10,tc=3,ttl=64,bos=1,eth_type=0x8847)",
      "add_mpls(label=10,tc=3,ttl=64,bos=1,eth_type=0x8847)",
      "push_eth(src=02:00:00:00:00:01,dst=02:00:00:00:00:02)",
      "pop_eth",
      "push_nsh(flags=2,ttl=6,mdtype=1,np=3,spi=0x1234,si=255,c1=0x1,c2=0x0,c3=0x3,c4=0x4)",
      "push_nsh(flags=0,ttl=63,mdtype=2,np=3,spi=0x1234,si=255,md2=0x10000a041234567820001408fedcba9876543210)",
      "pop_nsh()",
      "meter(3)",
      "userspace(pid=5,userdata(0102030405060708),actions)",
      "userspace(pid=5,userdata(0102030405060708),actions,tunnel_out_port=4)",
      "pop_mpls(eth_type=0x800)",
      "hash(l4(0)),recirc(0x2)",
    ]) {
      expect(formatDatapathActions(parseDatapathActions(text))).toBe(text);
    }
  });
});
