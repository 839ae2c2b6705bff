import type { PipelineScenarios } from "./scenarios.js";

/** Flow-mods of every command, and what they leave in the tables. */
export const flowMods: PipelineScenarios = {
  "add replaces an identical match and priority": `
    + in_port=1,actions=2
    in p1 $tcp
    purge
    + in_port=1,actions=3
    flows
  `,
  "add with reset_counts": `
    + in_port=1,actions=2
    in p1 $tcp
    purge
    + reset_counts,in_port=1,actions=3
    flows
  `,
  "add of OpenFlow 1.0 keeps no counters": `
    of10 add-flow br0 in_port=1,actions=2
    in p1 $tcp
    purge
    of10 add-flow br0 in_port=1,actions=3
    of10 dump-flows br0
  `,
  "add of OpenFlow 1.3 with and without reset_counts": `
    of13 add-flow br0 in_port=1,actions=2
    in p1 $tcp
    purge
    of13 add-flow br0 in_port=1,actions=3
    of13 dump-flows br0
    of13 add-flow br0 reset_counts,in_port=1,actions=3
    of13 dump-flows br0
  `,
  "the same match in two priorities and two tables": `
    + priority=1,in_port=1,actions=2
    + priority=2,in_port=1,actions=3
    + table=3,priority=1,in_port=1,actions=4
    flows
    trace in_port=1,$tcp
    of del-flows --strict br0 priority=2,in_port=1
    trace in_port=1,$tcp
  `,
  "modify changes actions and keeps what else there is": `
    + cookie=0x5,idle_timeout=30,hard_timeout=90,importance=7,in_port=1,actions=2
    + cookie=0x6,in_port=2,actions=1
    in p1 $tcp
    purge
    warp 5000
    of15 mod-flows br0 actions=3
    flows
    warp 2000
    flows
  `,
  "modify with a cookie changes those and their cookie": `
    + cookie=0x5,in_port=1,actions=2
    + cookie=0x6,in_port=2,actions=1
    of15 mod-flows br0 cookie=0x5/-1,actions=3
    flows
    of15 mod-flows br0 cookie=0x9,cookie=0x6/-1,actions=4
    flows
    of15 mod-flows br0 cookie=0x11,in_port=1,actions=drop
    flows
  `,
  "modify strict": `
    + priority=5,tcp,actions=2
    + priority=6,tcp,actions=2
    + priority=5,tcp,tp_dst=80,actions=2
    of15 --strict mod-flows br0 priority=5,tcp,actions=3
    flows
    of15 --strict mod-flows br0 priority=7,tcp,actions=3
    flows
  `,
  "modify adds where nothing matches, per version": `
    of10 mod-flows br0 in_port=1,actions=2
    of11 mod-flows br0 in_port=2,actions=2
    of13 mod-flows br0 in_port=3,actions=2
    of15 mod-flows br0 in_port=4,actions=2
    flows
    of10 --strict mod-flows br0 priority=3,in_port=1,actions=2
    of13 --strict mod-flows br0 priority=3,in_port=3,actions=2
    flows
    of10 mod-flows br0 cookie=1/-1,in_port=5,actions=2
    flows
  `,
  "modify with reset_counts": `
    + in_port=1,actions=2
    in p1 $tcp
    purge
    of15 mod-flows br0 reset_counts,in_port=1,actions=3
    flows
    of13 mod-flows br0 in_port=1,actions=4
    flows
  `,
  "delete loose by every kind of match": `
    + tcp,nw_src=10.0.0.1,actions=2
    + tcp,nw_src=10.0.0.2,actions=2
    + udp,nw_src=10.0.0.1,actions=2
    + arp,actions=3
    + ipv6,ipv6_src=fd00::/16,actions=3
    of del-flows br0 ip,nw_src=10.0.0.1
    flows
    of del-flows br0 ipv6
    flows
    of del-flows br0
    flows
  `,
  "delete strict wants priority and match alike": `
    + priority=5,tcp,actions=2
    + priority=5,tcp,tp_dst=80,actions=2
    of --strict del-flows br0 tcp
    flows
    of --strict del-flows br0 priority=5,tcp
    flows
  `,
  "delete by cookie and mask": `
    + cookie=0x10,in_port=1,actions=2
    + cookie=0x11,in_port=2,actions=2
    + cookie=0x20,in_port=3,actions=2
    of del-flows br0 cookie=0x10/0xf0
    flows
    of del-flows br0 cookie=0x20/-1,in_port=1
    flows
    of15 del-flows br0 cookie=0x20/-1
    flows
  `,
  "delete by out_port and out_group": `
    g group_id=5,type=all,bucket=output:3
    + in_port=1,actions=2
    + in_port=2,actions=3,2
    + in_port=3,actions=group:5
    + in_port=4,actions=write_actions(output:2)
    of15 del-flows br0 out_port=2
    flows
    of15 del-flows br0 out_group=6
    flows
    of15 del-flows br0 out_group=5
    flows
  `,
  "delete in one table or in all": `
    + table=0,actions=2
    + table=1,actions=2
    + table=2,actions=2
    of del-flows br0 table=1
    flows
    of13 del-flows br0 table=255
    flows
  `,
  "dump by table, match, cookie, and ports": `
    g group_id=5,type=all,bucket=output:3
    + table=0,cookie=1,in_port=1,actions=2
    + table=0,cookie=2,in_port=2,tcp,actions=group:5
    + table=1,cookie=2,tcp,tp_dst=80,actions=3
    flows br0 table=1
    flows br0 tcp
    flows br0 cookie=2/-1
    flows br0 out_port=2
    flows br0 out_group=5
    flows br0 in_port=2
    of --strict dump-flows br0 tcp
    of10 dump-flows br0 table=0
    of13 dump-aggregate br0
    of13 dump-aggregate br0 tcp
    of10 dump-aggregate br0 table=1
  `,
  check_overlap: `
    + priority=5,tcp,actions=2
    + check_overlap,priority=5,nw_src=10.0.0.1,ip,actions=3
    + check_overlap,priority=6,nw_src=10.0.0.1,ip,actions=3
    + check_overlap,priority=5,udp,actions=3
    + check_overlap,priority=5,tcp,actions=4
    flows
  `,
  "check_overlap of OpenFlow 1.0": `
    of10 add-flow br0 priority=5,tcp,actions=2
    of10 add-flow br0 check_overlap,priority=5,ip,actions=3
    of10 add-flow br0 check_overlap,priority=5,arp,actions=3
    of10 dump-flows br0
  `,
  "match prerequisites and impossible values are refused": `
    of add-flow br0 tp_dst=80,actions=2
    of add-flow br0 dl_type=0x800,nw_proto=6,tp_dst=80,actions=2
    of13 add-flow br0 in_port=0,actions=2
    of13 add-flow br0 in_port=70000,actions=2
    of13 add-flow br0 tcp,tp_dst=0x1f/0x0f,actions=2
    flows
  `,
  "actions that are refused": `
    of13 add-flow br0 actions=output:70000
    of10 add-flow br0 actions=output:65535
    of13 add-flow br0 actions=goto_table:0
    of13 add-flow br0 table=5,actions=goto_table:4
    of13 add-flow br0 actions=goto_table:255
    of13 add-flow br0 actions=group:99
    of13 add-flow br0 actions=meter:99,output:1
    of13 add-flow br0 actions=set_field:80->tcp_dst,output:1
    of13 add-flow br0 udp,actions=set_field:80->tcp_dst,output:1
    of13 add-flow br0 actions=resubmit(,255)
    of10 add-flow br0 actions=resubmit:65280
    of13 add-flow br0 actions=pop_vlan,output:1
    of10 add-flow br0 actions=strip_vlan,output:1
    of13 add-flow br0 actions=ct(commit)
    of13 add-flow br0 actions=learn(table=255,NXM_OF_ETH_DST[]=NXM_OF_ETH_SRC[])
    flows
  `,
  "actions that contradict the match, per version": `
    of10 add-flow br0 actions=mod_nw_src:1.2.3.4,output:1
    of10 add-flow br0 in_port=1,actions=mod_tp_dst:80,output:1
    of11 add-flow br0 actions=mod_nw_src:1.2.3.4,output:1
    of12 add-flow br0 actions=set_field:1.2.3.4->ip_src,output:1
    of13 add-flow br0 dl_vlan=5,actions=set_field:4102->vlan_vid,output:1
    of13 add-flow br0 dl_vlan=0xffff,actions=set_field:4102->vlan_vid,output:1
    of13 add-flow br0 ip,actions=push_mpls:0x8847,dec_ttl,output:1
    of13 add-flow br0 ip,actions=push_mpls:0x8847,dec_mpls_ttl,output:1
    flows
  `,
  "cookies of adds": `
    + cookie=0xffffffffffffffff,in_port=1,actions=2
    + cookie=0xfedcba9876543210,in_port=2,actions=2
    of10 add-flow br0 cookie=0x1,in_port=1,actions=2
    of13 add-flow br0 cookie=0x2,in_port=2,actions=2
    flows
  `,
  "send_flow_rem, no_packet_counts, no_byte_counts": `
    of13 add-flow br0 send_flow_rem,no_packet_counts,no_byte_counts,in_port=1,actions=2
    of10 add-flow br0 send_flow_rem,check_overlap,in_port=2,actions=2
    of14 add-flow br0 importance=5,in_port=3,actions=2
    of13 dump-flows br0
    of14 dump-flows br0
    of15 dump-flows br0
    of10 dump-flows br0
    in p1 $tcp
    purge
    flows
  `,
  "replace-flows and diff-flows": `
    + in_port=1,actions=2
    + in_port=2,actions=2
    + in_port=3,actions=2
    of15 replace-flows br0 -
    | in_port=1,actions=2
    | in_port=2,actions=4
    | in_port=4,actions=3
    flows
    of15 diff-flows br0 -
    | in_port=1,actions=2
    | in_port=2,actions=3
  `,
  "a flow of every instruction": `
    m meter=1,pktps,band=type=drop,rate=1000
    + in_port=1,actions=meter:1,2,clear_actions,write_actions(output:3),write_metadata:0x5/0xff,goto_table:2
    + table=2,metadata=5,actions=write_actions(set_field:00:00:00:00:00:09->eth_dst)
    flows
    of11 dump-flows br0
    of13 dump-flows br0
    of10 dump-flows br0
    trace in_port=1,$tcp
  `,
  "matches as each version shows them": `
    + priority=9,tcp6,ipv6_src=fd00::/64,tcp_flags=+syn-ack,actions=2
    + priority=8,ip,nw_tos=32,nw_ecn=1,nw_ttl=64,ip_frag=later,actions=2
    + priority=7,dl_vlan=5,dl_vlan_pcp=3,actions=2
    + priority=6,vlan_tci=0x1000/0x1000,actions=2
    + priority=5,mpls,mpls_label=5,mpls_bos=1,actions=2
    + priority=4,metadata=0x12/0xff,reg0=5,xreg2=7,pkt_mark=3,actions=2
    + priority=3,ct_state=+trk+est,ct_mark=5,ct_zone=1,ct_label=3,ip,actions=2
    + priority=2,arp,arp_op=2,arp_spa=10.0.0.0/24,arp_sha=00:00:00:00:00:01,actions=2
    + priority=1,icmp6,icmp_type=135,nd_target=fd00::1,actions=2
    flows
    of10 dump-flows br0
    of11 dump-flows br0
    of12 dump-flows br0
    of13 dump-flows br0
    of14 dump-flows br0
  `,
  "hidden flows are shown by bridge/dump-flows only": `
    + in_port=1,actions=2
    flows
    app bridge/dump-flows br0
    of del-flows br0
    app bridge/dump-flows br0
  `,
  "table 254 belongs to the switch": `
    of13 add-flow br0 table=254,actions=2
    of13 mod-flows br0 table=254,actions=2
    of13 del-flows br0 table=254
    of13 dump-flows br0 table=254
    of10 add-flow br0 table=255,actions=2
    app bridge/dump-flows br0
  `,
  "add-flow without a table, flow_mod_table_id off": `
    of10 -F OpenFlow10-table_id add-flow br0 table=4,actions=2
    of10 -F OpenFlow10 add-flow br0 actions=3
    of10 -F NXM add-flow br0 priority=7,actions=3
    flows
  `,
  "a thousand flows of a few masks": `
    + in_port=1,tcp,tp_dst=0x0/0xfff0,actions=2
    + in_port=1,tcp,tp_dst=0x50/0xfff0,actions=3
    + in_port=1,tcp,tp_dst=80,nw_src=10.0.0.0/8,actions=4
    + priority=1,in_port=1,nw_dst=10.0.0.0/24,ip,actions=2,3
    + priority=65535,dl_src=00:00:00:00:00:01,dl_dst=01:00:00:00:00:00/01:00:00:00:00:00,actions=drop
    trace in_port=1,$tcp
    trace in_port=1,$tcp,tcp_dst=5
    trace in_port=1,$tcp,tcp_dst=84
    trace in_port=1,$tcp,tcp_dst=255
    trace in_port=1,$tcp,tcp_dst=255,dl_dst=01:00:5e:00:00:01
    trace in_port=2,$tcp
  `,
};
