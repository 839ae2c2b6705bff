import type { PipelineScenarios } from "./scenarios.js";

/** Packets that go to controllers, in every format and for every reason, and those that come from them. */
export const packetIns: PipelineScenarios = {
  "formats of OpenFlow 1.0": `
    mon a br0 65534 -P standard
    mon b br0 65534 -P nxt_packet_in
    mon c br0 65534 -P nxt_packet_in2
    + cookie=0x77,in_port=1,actions=set_field:5->reg0,set_field:9->metadata,controller
    in p1 $tcp
    heard a
    heard b
    heard c
  `,
  "formats of each version": `
    mon a 10 br0 65534
    mon b 11 br0 65534
    mon c 12 br0 65534
    mon d 13 br0 65534
    mon e 14 br0 65534
    mon f 15 br0 65534
    + cookie=0x77,table=3,tcp,actions=set_field:5->reg0,set_field:9->metadata,set_field:3->pkt_mark,controller
    + in_port=1,actions=resubmit(,3)
    in p1 $tcp
  `,
  "misses of each version": `
    mon a 10 br0 65534
    mon b 13 br0 65534
    mon c 14 br0 65534
    in p1 $tcp
    dp
  `,
  "a miss with OpenFlow 1.0 alone": `
    bare
    bridge br0 1 2 protocols=OpenFlow10
    mon a 10 br0 128
    in p1 $tcp
    in p2 $tcp
    dp
    trace in_port=1,$tcp
  `,
  "a miss of a port without packet-ins": `
    bare
    bridge br0 1 2 protocols=OpenFlow10
    of mod-port br0 p2 no-packet-in
    mon a 10 br0 128
    in p1 $tcp
    in p2 $tcp
    dp
  `,
  "a table-miss flow": `
    mon b 13 br0 65534
    mon c 14 br0 65534
    mon d 10 br0 65534
    of13 add-flow br0 priority=0,actions=controller
    in p1 $tcp
    dp
    flows
  `,
  "how much of a packet is sent": `
    mon a 10 br0 65534
    mon b 13 br0 100
    + in_port=1,actions=controller:20
    + in_port=2,actions=controller:65535
    + in_port=3,actions=controller:0
    in p1 $tcp 200
    in p2 $tcp 200
    in p3 $tcp 200
  `,
  "miss_send_len 0 and others": `
    mon a 13 br0 0
    mon b 13 br0 64
    + in_port=1,actions=controller
    + in_port=2,actions=controller(max_len=77)
    in p1 $tcp 200
    in p2 $tcp 200
  `,
  reasons: `
    mon a 14 br0 65534
    mon b 12 br0 65534 invalid_ttl
    g group_id=1,type=all,bucket=controller
    + in_port=1,actions=controller
    + in_port=2,actions=group:1
    + in_port=3,actions=write_actions(controller)
    + in_port=4,ip,actions=controller(reason=no_match),dec_ttl,controller(reason=invalid_ttl)
    in p1 $tcp
    in p2 $tcp
    in p3 $tcp
    in p4 $tcp
    in p4 $tcp,nw_ttl=1
  `,
  "controller ids": `
    mon a br0 65534
    + in_port=1,actions=controller(id=5)
    + in_port=2,actions=controller(id=0)
    in p1 $tcp
    in p2 $tcp
    heard a
    send a 010400180000000900002320000000140000000000000005
    in p1 $udp
    in p2 $udp
  `,
  userdata: `
    mon a 13 br0 65534 -P nxt_packet_in2
    mon b 13 br0 65534 -P standard
    + in_port=1,actions=controller(userdata=00.11.22.33.44.55.66.77.88)
    in p1 $tcp
  `,
  "metadata of every kind": `
    mon a 13 br0 65534 -P nxt_packet_in2
    + in_port=1,ip,actions=set_field:1->reg0,set_field:2->reg7,set_field:0x1234567890abcdef->xreg4,set_field:3->pkt_mark,set_field:5->tun_id,ct(table=1,zone=7)
    + table=1,actions=controller
    in p1 $tcp
    in p1 $arp
  `,
  "a packet that has been changed": `
    mon a br0 65534
    + in_port=1,tcp,actions=push_vlan:0x8100,set_field:4101->vlan_vid,mod_nw_src:7.7.7.7,mod_tp_dst:99,controller,2
    in p1 $tcp
    in p1 $tcp,dl_vlan=9
    sent p2
  `,
  "a packet of MPLS, of IPv6, of ARP": `
    mon a br0 65534
    + in_port=1,ip,actions=push_mpls:0x8847,set_field:9->mpls_label,controller
    + in_port=1,priority=1,actions=controller
    in p1 $tcp
    in p1 $tcp6
    in p1 $arp
    in p1 $ns
    in p1 $sctp
  `,
  "many packets of one flow": `
    mon a br0 65534
    + in_port=1,actions=controller:30,2
    in p1 $tcp
    in p1 $tcp,tcp_dst=81
    in p1 $tcp,tcp_dst=82
    dp
    purge
    flows
  `,
  "packet-out": `
    mon a br0 65534
    + in_port=3,actions=4
    of packet-out br0 "in_port=1 packet=000000000002000000000001123400 actions=2"
    of packet-out br0 "in_port=3 packet=00000000000200000000000112345678 actions=table"
    of packet-out br0 "in_port=controller packet=00000000000200000000000112345678 actions=mod_dl_src:00:00:00:00:00:77,2,controller"
    of packet-out br0 "in_port=none packet=00000000000200000000000112345678 actions=push_vlan:0x8100,mod_vlan_vid:7,output:2"
    of packet-out br0 "in_port=1 packet=0000000000020000000000010800 actions=in_port,local"
    sent p1
    sent p2
    sent p4
    flows
    ports
  `,
  "packet-out: refusals": `
    of13 packet-out br0 "in_port=99 packet=00000000000200000000000112345678 actions=2"
    of13 packet-out br0 "in_port=1 packet=00 actions=2"
    of13 packet-out br0 "in_port=1 packet=00000000000200000000000112345678 actions=group:7"
    of13 packet-out br0 "in_port=65530 packet=00000000000200000000000112345678 actions=2"
    of13 packet-out br0 "in_port=1 packet=00000000000200000000000112345678 actions=goto_table:1"
    of13 packet-out br0 "in_port=1 packet=00000000000200000000000112345678 actions=output:77"
    of10 packet-out br0 1 2 00000000000200000000000112345678
    ports
  `,
  "packet-out: resubmit, learn, groups, metadata": `
    g group_id=1,type=all,bucket=output:2,bucket=output:3
    + table=5,reg0=7,actions=4
    of15 packet-out br0 "in_port=1 packet=00000000000200000000000112345678 actions=group:1"
    of15 packet-out br0 "in_port=1,reg0=7 packet=00000000000200000000000112345678 actions=resubmit(,5)"
    of15 packet-out br0 "in_port=1 packet=00000000000200000000000112345678 actions=set_field:7->reg0,resubmit(,5)"
    of15 packet-out br0 "in_port=1 packet=00000000000200000000000112345678 actions=learn(table=9,NXM_OF_ETH_DST[]=NXM_OF_ETH_SRC[],load:1->NXM_NX_REG0[])"
    flows
    gstats
    ports
  `,
  "packet-out to NORMAL and FLOOD": `
    unordered
    + actions=normal
    of packet-out br0 "in_port=1 packet=00000000000200000000000112345678 actions=normal"
    app fdb/show br0
    of packet-out br0 "in_port=2 packet=00000000000200000000000112345678 actions=flood"
    of packet-out br0 "in_port=none packet=00000000000200000000000112345678 actions=all"
    ports
  `,
  "pause and resume": `
    mon a 13 br0 resume -P nxt_packet_in2
    + in_port=1,ip,actions=set_field:5->reg0,push:NXM_NX_REG0[],mod_nw_src:9.9.9.9,controller(pause,userdata=01.02),pop:NXM_NX_REG1[],resubmit(,1)
    + table=1,reg1=5,ip,actions=dec_ttl,2
    in p1 $tcp
    heard a
    sent p2
    dp
    purge
    flows
  `,
  "pause and resume of OpenFlow 1.0, in a second table": `
    mon a 10 br0 resume -P nxt_packet_in2
    + in_port=1,actions=resubmit(,1),3
    + table=1,actions=set_field:9->metadata,controller(pause),resubmit(,2),4
    + table=2,metadata=9,actions=2
    in p1 $tcp
    heard a
    ports
    flows
  `,
  "pause with an action set and after a patch port": `
    bridge br0 1 2
    bridge br1 5 6
    patch br0:10 br1:11
    mon a 13 br1 resume -P nxt_packet_in2
    + in_port=1,actions=10,2
    of13 add-flow br1 in_port=11,actions=controller(pause),write_actions(output:5),goto_table:1
    of13 add-flow br1 table=1,actions=output:6
    in p1 $tcp
    heard a
    of dump-ports br0
    of dump-ports br1
  `,
  "pause without anybody to resume": `
    mon a 13 br0 65534 -P nxt_packet_in2
    + in_port=1,actions=controller(pause),2
    in p1 $tcp
    heard a
    ports
    dp
    trace in_port=1,$tcp
  `,
  "pause after conntrack": `
    mon a 13 br0 resume -P nxt_packet_in2
    + in_port=1,ip,actions=ct(table=1,zone=5)
    + table=1,ip,ct_state=+trk,actions=controller(pause),ct(commit,zone=5),2
    in p1 $tcp
    heard a
    app dpctl/dump-conntrack
    ports
  `,
};
