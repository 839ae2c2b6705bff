import type { PipelineScenarios } from "./scenarios.js";

/** Packets that go through the datapath more than once, and what is kept of them meanwhile. */
export const recirculation: PipelineScenarios = {
  "conntrack, one table after the other": `
    + in_port=1,ip,actions=set_field:5->reg1,push:NXM_OF_IP_SRC[],ct(table=1,zone=3)
    + table=1,ip,ct_state=+new+trk,actions=pop:NXM_NX_REG2[],ct(commit,zone=3,exec(set_field:5->ct_mark)),2
    + table=1,ip,ct_state=+est+trk,actions=pop:NXM_NX_REG2[],3
    in p1 $tcp
    in p1 $tcp
    dp
    sent p2
    purge
    flows
  `,
  "one state for the flows of many packets": `
    + in_port=1,ip,actions=set_field:5->reg1,ct(table=1,zone=3)
    + in_port=1,priority=40000,tcp,tcp_dst=81,actions=set_field:5->reg1,ct(table=1,zone=3)
    + in_port=1,priority=40000,tcp,tcp_dst=82,actions=set_field:6->reg1,ct(table=1,zone=3)
    + table=1,ip,actions=2
    in p1 $tcp
    in p1 $tcp,tcp_dst=81
    in p1 $tcp,tcp_dst=82
    dp
    purge
    flows
  `,
  "labels taken off": `
    + in_port=1,mpls,actions=pop_mpls:0x0800,dec_ttl,2
    + in_port=1,priority=40000,mpls,mpls_label=101,actions=pop_mpls:0x0800,resubmit(,1),3
    + table=1,ip,nw_dst=10.0.0.2,actions=dec_ttl,4
    in p1 00000000000200000000000188470006414045000028000000004006668e0a0000010a00000203e8005000000000000000005002000000000000
    in p1 00000000000200000000000188470006514045000028000000004006668e0a0000010a00000203e8005000000000000000005002000000000000
    in p1 00000000000200000000000188470006514045000028000000004006668e0a0000010a00000203e8005000000000000000005002000000000000
    dp
    sent p2
    sent p4
    sent p3
    purge
    flows
  `,
  "a state whose flows change": `
    + in_port=1,ip,actions=ct(table=1,zone=3)
    + table=1,ip,actions=2
    in p1 $tcp
    dp
    + table=1,ip,actions=3
    wait
    dp
    in p1 $tcp
    + in_port=1,ip,actions=ct(table=1,zone=4)
    wait
    in p1 $tcp
    in p1 $tcp
    wait
    dp
    sent p2
    sent p3
    flows
  `,
  "copies to controllers, of many kinds": `
    mon a 13 br0 65534 -P nxt_packet_in2
    + in_port=1,ip,cookie=0x7,actions=set_field:1->reg0,controller(userdata=01),set_field:2->reg0,dec_ttl,controller(userdata=02,max_len=60),2
    in p1 $tcp
    heard a
    dp
  `,
  length: `
    + in_port=1,ip,actions=check_pkt_larger(200)->reg0[0],resubmit(,1)
    + table=1,reg0=1,actions=2
    + table=1,reg0=0,actions=3
    in p1 $tcp 100
    in p1 $tcp 400
    in p1 $tcp 214
    in p1 $tcp 215
    dp
    sent p2
    sent p3
  `,
  "service headers": `
    + in_port=1,ip,actions=encap(nsh),set_field:0x1234->nsh_spi,encap(ethernet),set_field:11:22:33:44:55:66->eth_dst,2
    + in_port=2,dl_type=0x894f,actions=decap(),decap(),resubmit(,1)
    + table=1,ip,actions=3
    in p1 $tcp
    dp
    sent p2
  `,
  "conntrack in another bridge": `
    bridge br0 1 2
    bridge br1 5 6
    patch br0:10 br1:11
    + in_port=1,actions=10,2
    of13 add-flow br1 in_port=11,ip,actions=set_field:9->reg3,ct(table=1,zone=2)
    of13 add-flow br1 table=1,reg3=9,ip,actions=6
    in p1 $tcp
    dp
    sent p2
    sent p6
    ports
  `,
  "debug_recirc and debug_slow": `
    + in_port=1,ip,cookie=7,actions=set_field:5->reg0,resubmit(,1),3
    + table=1,ip,cookie=8,actions=debug_recirc,dec_ttl,2
    + in_port=2,actions=debug_slow,4
    in p1 $tcp
    in p1 $tcp
    in p2 $tcp
    in p2 $tcp
    dp
    sent p2
    sent p3
    sent p4
    purge
    flows
  `,
  "debug_recirc, then a packet for controllers": `
    mon a 13 br0 65534 -P nxt_packet_in2
    + in_port=1,ip,cookie=7,actions=set_field:5->reg0,resubmit(,1),3
    + table=1,ip,cookie=8,actions=debug_recirc,controller,2
    in p1 $tcp
    heard a
    dp
  `,
};
