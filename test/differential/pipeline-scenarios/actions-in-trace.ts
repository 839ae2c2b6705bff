import type { PipelineScenarios } from "./scenarios.js";

/** What actions do to a flow, as `ofproto/trace` tells it. */
export const actionsInTrace: PipelineScenarios = {
  "output to ports of every kind": `
    unordered
    + in_port=1,actions=2,3,LOCAL,IN_PORT
    + in_port=2,actions=FLOOD
    + in_port=3,actions=ALL
    + in_port=4,actions=2,2,4,9
    + in_port=LOCAL,actions=1,LOCAL
    trace in_port=1,$tcp
    trace in_port=2,$tcp
    trace in_port=3,$tcp
    trace in_port=4,$tcp
    trace in_port=LOCAL,$tcp
    trace in_port=77,$tcp
  `,
  "output to registers, truncated, ANY and NONE": `
    unordered
    + in_port=1,actions=load:3->NXM_NX_REG0[],output:NXM_NX_REG0[]
    + in_port=2,actions=load:0x30->NXM_NX_REG0[],output:NXM_NX_REG0[4..9]
    + in_port=3,actions=output(port=2,max_len=60),output(port=LOCAL,max_len=100)
    + in_port=4,actions=load:0xfffb->NXM_NX_REG0[],output:NXM_NX_REG0[]
    trace in_port=1,$tcp
    trace in_port=2,$tcp
    trace in_port=3,$tcp
    trace in_port=4,$tcp
  `,
  "enqueue, set_queue, pop_queue": `
    of10 add-flow br0 in_port=1,actions=enqueue:2:5,set_queue:7,output:3,pop_queue,output:4
    of13 add-flow br0 in_port=2,actions=set_queue:1,output:3
    trace in_port=1,$tcp
    trace in_port=2,$tcp
    of10 dump-flows br0
    of13 dump-flows br0
  `,
  "controller in its forms": `
    + in_port=1,actions=controller
    + in_port=2,actions=controller:100,2
    + in_port=3,actions=controller(reason=invalid_ttl,max_len=50,id=7,userdata=01.02.03)
    + in_port=4,actions=controller(pause),2
    + in_port=LOCAL,actions=controller(meter_id=5)
    trace in_port=1,$tcp
    trace in_port=2,$tcp
    trace in_port=3,$tcp
    trace in_port=4,$tcp
    trace in_port=LOCAL,$tcp
    flows
  `,
  "Ethernet addresses": `
    + actions=mod_dl_src:00:00:00:00:00:11,mod_dl_dst:00:00:00:00:00:12,2,set_field:00:00:00:00:00:13->eth_src,3,set_field:01:00:00:00:00:00/01:00:00:00:00:00->eth_dst,4
    trace in_port=1,$tcp
    trace in_port=1,$eth
  `,
  "fields set to what they are": `
    + in_port=1,actions=mod_dl_src:00:00:00:00:00:01,2
    + in_port=2,ip,actions=mod_nw_src:10.0.0.1,mod_nw_tos:0,2
    + in_port=3,tcp,actions=mod_tp_dst:80,2
    trace in_port=1,$tcp
    trace in_port=2,$tcp
    trace in_port=3,$tcp
    trace in_port=3,$tcp,tcp_dst=81
  `,
  "VLAN push, pop, set": `
    + in_port=1,actions=push_vlan:0x8100,set_field:4106->vlan_vid,2
    + in_port=3,actions=push_vlan:0x88a8,set_field:4116->vlan_vid,set_field:5->vlan_pcp,push_vlan:0x8100,set_field:4126->vlan_vid,2
    of10 add-flow br0 in_port=2,actions=strip_vlan,3
    of10 add-flow br0 in_port=4,actions=mod_vlan_vid:7,mod_vlan_pcp:3,output:2,strip_vlan,3
    trace in_port=1,$tcp
    trace in_port=1,$tcp,dl_vlan=9,dl_vlan_pcp=2
    trace in_port=2,$tcp
    trace in_port=2,$tcp,dl_vlan=9,dl_vlan_pcp=2
    trace in_port=3,$tcp
    trace in_port=4,$tcp
    trace in_port=4,$tcp,dl_vlan=9,dl_vlan_pcp=2
  `,
  "three tags where two are kept": `
    + actions=push_vlan:0x8100,set_field:4097->vlan_vid,push_vlan:0x8100,set_field:4098->vlan_vid,resubmit(,1),2
    + table=1,actions=push_vlan:0x8100,set_field:4099->vlan_vid,3
    trace in_port=1,$tcp
    trace in_port=1,$tcp,dl_vlan=9
  `,
  "vlan_tci loads and moves": `
    + in_port=1,actions=load:0x1005->NXM_OF_VLAN_TCI[],2
    + in_port=2,actions=load:0->NXM_OF_VLAN_TCI[12],2
    + in_port=3,actions=move:NXM_OF_VLAN_TCI[0..11]->NXM_NX_REG0[0..11],load:6->NXM_OF_VLAN_TCI[13..15],2
    trace in_port=1,$tcp
    trace in_port=2,$tcp,dl_vlan=9
    trace in_port=3,$tcp,dl_vlan=9,dl_vlan_pcp=1
  `,
  "IPv4 addresses, TOS, ECN, TTL": `
    + ip,actions=mod_nw_src:1.1.1.1,mod_nw_dst:2.2.2.2,2,mod_nw_tos:40,mod_nw_ecn:2,3,mod_nw_ttl:9,4,set_field:0.0.0.5/0.0.0.255->ip_dst,LOCAL
    trace in_port=1,$tcp
    trace in_port=1,$udp
    trace in_port=1,$icmp
    trace in_port=1,$tcp,nw_frag=later
  `,
  "IPv6 addresses, label, traffic class, hop limit": `
    + ipv6,actions=set_field:fd01::1->ipv6_src,set_field:fd01::2->ipv6_dst,2,set_field:0x12345->ipv6_label,mod_nw_tos:40,3,mod_nw_ttl:9,4
    trace in_port=1,$tcp6
    trace in_port=1,$icmp6
  `,
  "ports of TCP, UDP, SCTP": `
    + tcp,actions=mod_tp_src:1,mod_tp_dst:2,2
    + udp,actions=mod_tp_src:3,mod_tp_dst:4,2
    + sctp,actions=set_field:5->sctp_src,set_field:6->sctp_dst,2
    + priority=1,tcp6,actions=set_field:7->tcp_dst,2
    trace in_port=1,$tcp
    trace in_port=1,$udp
    trace in_port=1,$sctp
    trace in_port=1,$tcp6
    trace in_port=1,$tcp,nw_frag=first
    trace in_port=1,$tcp,nw_frag=later
  `,
  "ICMP types and codes": `
    + icmp,actions=set_field:3->icmp_type,set_field:1->icmp_code,2
    + icmp6,actions=set_field:3->icmpv6_type,set_field:1->icmpv6_code,2
    trace in_port=1,$icmp
    trace in_port=1,$icmp6
  `,
  "ARP made into its answer": `
    + arp,arp_op=1,actions=move:NXM_OF_ETH_SRC[]->NXM_OF_ETH_DST[],mod_dl_src:00:00:00:00:00:aa,load:2->NXM_OF_ARP_OP[],move:NXM_NX_ARP_SHA[]->NXM_NX_ARP_THA[],load:0xaa->NXM_NX_ARP_SHA[],move:NXM_OF_ARP_SPA[]->NXM_OF_ARP_TPA[],load:0x0a000002->NXM_OF_ARP_SPA[],in_port
    trace in_port=1,$arp
    trace in_port=1,$arp,arp_op=2
    in p1 $arp
    sent p1
  `,
  "neighbour discovery fields": `
    + icmp6,icmp_type=135,actions=set_field:fd00::9->nd_target,set_field:00:00:00:00:00:99->nd_sll,2
    + icmp6,icmp_type=136,actions=set_field:fd00::9->nd_target,set_field:00:00:00:00:00:99->nd_tll,2
    trace in_port=1,$ns
    trace in_port=1,$na
  `,
  "neighbour discovery options and reserved": `
    + icmp6,icmp_type=136,actions=set_field:5->nd_options_type,set_field:7->nd_reserved,2
    trace in_port=1,$na
  `,
  "MPLS push, pop and what is in between": `
    + in_port=1,ip,actions=push_mpls:0x8847,set_field:10->mpls_label,set_field:3->mpls_tc,2
    + in_port=2,mpls,actions=dec_mpls_ttl,3
    + in_port=3,mpls,mpls_bos=1,actions=pop_mpls:0x0800,dec_ttl,4
    + in_port=4,mpls,actions=set_mpls_ttl(9),set_mpls_label(77),set_mpls_tc(1),1
    trace in_port=1,$tcp
    trace in_port=2,$mpls
    trace in_port=2,$mpls,mpls_ttl=1
    trace in_port=3,$mpls
    trace in_port=4,$mpls
  `,
  "MPLS: several labels": `
    + in_port=1,ip,actions=push_mpls:0x8847,set_field:10->mpls_label,push_mpls:0x8847,set_field:20->mpls_label,push_mpls:0x8848,set_field:30->mpls_label,2
    + in_port=2,mpls,actions=push_mpls:0x8847,set_field:5->mpls_label,2
    + in_port=3,mpls,actions=pop_mpls:0x8847,2
    trace in_port=1,$tcp
    trace in_port=2,$mpls
    trace in_port=3,$mpls,mpls_bos=0
  `,
  "MPLS: pop and push with what lies below": `
    + in_port=1,mpls,actions=pop_mpls:0x0800,resubmit(,1)
    + table=1,ip,actions=mod_nw_src:9.9.9.9,2
    + in_port=2,ip,actions=push_mpls:0x8847,set_field:4->mpls_label,pop_mpls:0x0800,mod_nw_tos:8,2
    trace in_port=1,$mpls
    trace in_port=2,$tcp
  `,
  "MPLS and VLAN": `
    + in_port=1,ip,actions=push_mpls:0x8847,push_vlan:0x8100,set_field:4101->vlan_vid,2
    + in_port=2,ip,actions=push_vlan:0x8100,set_field:4101->vlan_vid,push_mpls:0x8847,2
    trace in_port=1,$tcp
    trace in_port=2,$tcp
    trace in_port=2,$tcp,dl_vlan=3
  `,
  "registers, metadata, marks": `
    + in_port=1,actions=set_field:0x1234->reg0,move:NXM_NX_REG0[0..7]->NXM_NX_REG1[8..15],load:0xf->OXM_OF_METADATA[60..63],set_field:5->pkt_mark,set_field:0x1122334455667788->xreg1,set_field:0x1/0xff->xxreg2,resubmit(,1)
    + table=1,reg1=0x3400,actions=2
    trace in_port=1,$tcp
    trace in_port=1,$tcp,reg5=7,metadata=9,pkt_mark=1
  `,
  "move between fields of packets": `
    + ip,actions=move:NXM_OF_IP_SRC[]->NXM_NX_REG0[],move:NXM_OF_IP_DST[]->NXM_OF_IP_SRC[],move:NXM_NX_REG0[]->NXM_OF_IP_DST[],move:NXM_OF_ETH_SRC[0..15]->NXM_OF_ETH_DST[16..31],move:NXM_NX_IP_TTL[]->NXM_NX_REG1[0..7],2
    trace in_port=1,$tcp
    trace in_port=1,$tcp,nw_src=10.0.0.2
  `,
  stack: `
    + in_port=1,actions=push:NXM_OF_IN_PORT[],push:NXM_NX_REG0[0..15],set_field:7->reg0,pop:NXM_NX_REG1[0..15],pop:NXM_NX_REG2[0..15],2
    + in_port=2,actions=pop:NXM_NX_REG0[],2
    + in_port=3,ip,actions=push:NXM_OF_ETH_SRC[],push:NXM_OF_ETH_DST[],pop:NXM_OF_ETH_SRC[],pop:NXM_OF_ETH_DST[],2
    trace in_port=1,$tcp,reg0=5
    trace in_port=2,$tcp
    trace in_port=3,$tcp
  `,
  "stack over resubmit and clone": `
    + in_port=1,actions=set_field:3->reg0,push:NXM_NX_REG0[],resubmit(,1),output:NXM_NX_REG1[]
    + table=1,actions=pop:NXM_NX_REG1[]
    + in_port=2,actions=set_field:3->reg0,push:NXM_NX_REG0[],clone(pop:NXM_NX_REG1[],output:NXM_NX_REG1[]),pop:NXM_NX_REG2[],output:NXM_NX_REG2[]
    trace in_port=1,$tcp
    trace in_port=2,$tcp
  `,
  dec_ttl: `
    + in_port=1,ip,actions=dec_ttl,2
    + in_port=2,ip,actions=dec_ttl(1,2,7),2
    + in_port=3,ipv6,actions=dec_ttl,dec_ttl,2
    trace in_port=1,$tcp
    trace in_port=1,$tcp,nw_ttl=1
    trace in_port=1,$tcp,nw_ttl=0
    trace in_port=2,$tcp,nw_ttl=1
    trace in_port=3,$tcp6,nw_ttl=2
    trace in_port=3,$tcp6,nw_ttl=3
  `,
  clone: `
    + in_port=1,ip,actions=clone(mod_nw_src:1.2.3.4,2),3
    + in_port=2,ip,actions=clone(push_vlan:0x8100,set_field:4101->vlan_vid,1),clone(dec_ttl,3),4
    + in_port=3,actions=clone(resubmit(,1)),clone(),4
    + table=1,actions=mod_dl_src:00:00:00:00:00:33,2
    trace in_port=1,$tcp
    trace in_port=2,$tcp
    trace in_port=3,$tcp
  `,
  "clone within clone": `
    + ip,actions=clone(mod_nw_src:1.1.1.1,clone(mod_nw_dst:2.2.2.2,2),3),4
    trace in_port=1,$tcp
  `,
  "note, exit": `
    + in_port=1,actions=note:01.02.03,2,exit,3
    + in_port=2,actions=resubmit(,1),4
    + table=1,actions=3,exit
    trace in_port=1,$tcp
    trace in_port=2,$tcp
    flows
  `,
  check_pkt_larger: `
    + in_port=1,actions=check_pkt_larger(100)->NXM_NX_REG0[0],resubmit(,1)
    + table=1,reg0=1,actions=2
    + table=1,reg0=0,actions=3
    trace in_port=1,$tcp
    in p1 $tcp
    in p1 $tcp 1000
    dp
    purge
    flows
  `,
  sample: `
    + in_port=1,actions=sample(probability=12345,collector_set_id=23456,obs_domain_id=34567,obs_point_id=45678),2
    + in_port=2,actions=sample(probability=65535,collector_set_id=1,sampling_port=3,egress),2
    trace in_port=1,$tcp
    trace in_port=2,$tcp
    flows
  `,
  "multipath and bundle": `
    + in_port=1,actions=multipath(eth_src,50,modulo_n,1,0,NXM_NX_REG0[0..3]),2
    + in_port=2,actions=multipath(symmetric_l4,1024,hrw,10,0,NXM_NX_REG1[]),2
    + in_port=3,actions=bundle(eth_src,50,active_backup,ofport,members:9,2,4)
    + in_port=4,actions=bundle_load(symmetric_l3l4,0,hrw,ofport,NXM_NX_REG0[0..15],members:1,2,3),output:NXM_NX_REG0[0..15]
    trace in_port=1,$tcp
    trace in_port=2,$tcp
    trace in_port=3,$tcp
    trace in_port=4,$tcp
  `,
  "multipath by fields and algorithms": `
    + in_port=1,tcp,actions=multipath(symmetric_l3l4+udp,7,hash_threshold,8,0,NXM_NX_REG0[]),multipath(nw_src,7,iter_hash,8,0,NXM_NX_REG1[]),multipath(nw_dst,7,modulo_n,8,0,NXM_NX_REG2[]),multipath(symmetric_l3,7,modulo_n,8,0,NXM_NX_REG3[]),2
    trace in_port=1,$tcp
    trace in_port=1,$tcp,tcp_dst=81,nw_src=10.0.0.7
  `,
  "encap and decap": `
    + in_port=1,ip,actions=encap(ethernet),2
    + in_port=2,ip,actions=encap(nsh(md_type=1)),set_field:0x1234->nsh_spi,set_field:9->nsh_c1,encap(ethernet),set_field:00:00:00:00:00:55->eth_dst,3
    + in_port=3,dl_type=0x894f,actions=decap(),decap(),4
    + in_port=4,actions=decap(),1
    trace in_port=1,$tcp
    trace in_port=2,$tcp
    trace in_port=3,dl_type=0x894f,nsh_mdtype=1,nsh_np=3,nsh_spi=5,nsh_si=255
    trace in_port=4,$tcp
  `,
  "encap(mpls)": `
    + in_port=1,ip,actions=encap(mpls),set_field:5->mpls_label,encap(ethernet),set_field:00:00:00:00:00:55->eth_dst,2
    trace in_port=1,$tcp
  `,
  "delete_field and tunnel metadata without a map": `
    + in_port=1,actions=set_field:5->tun_id,set_field:1.2.3.4->tun_dst,2
    trace in_port=1,$tcp
    trace in_port=1,tun_id=7,tun_src=9.9.9.9,$tcp
  `,
  "debug_recirc and debug_slow": `
    + in_port=1,actions=debug_recirc,2
    + in_port=2,actions=debug_slow,2
    + in_port=3,actions=set_field:5->reg0,debug_recirc,resubmit(,1)
    + table=1,reg0=5,actions=debug_recirc,4
    trace in_port=1,$tcp
    trace in_port=2,$tcp
    trace in_port=3,$tcp
  `,
  "action sets in their order": `
    + in_port=1,ip,actions=write_actions(output:2,set_field:1.1.1.1->ip_src,dec_ttl,push_vlan:0x8100,set_field:4101->vlan_vid),goto_table:1
    + table=1,actions=write_actions(output:3,mod_nw_tos:8),goto_table:2
    + table=2,in_port=1,actions=write_metadata:5
    trace in_port=1,$tcp
  `,
  "action sets: groups before outputs, cleared": `
    g group_id=1,type=all,bucket=output:3
    + in_port=1,actions=write_actions(output:2,group:1)
    + in_port=2,actions=write_actions(output:3),goto_table:1
    + table=1,actions=clear_actions
    + in_port=3,actions=clear_actions,write_actions(output:4)
    + in_port=4,actions=write_actions(mod_dl_src:00:00:00:00:00:44)
    trace in_port=1,$tcp
    trace in_port=2,$tcp
    trace in_port=3,$tcp
    trace in_port=4,$tcp
  `,
  actset_output: `
    + in_port=1,actions=write_actions(output:2),goto_table:1
    + in_port=2,actions=goto_table:1
    + table=1,actset_output=2,actions=3
    + table=1,actset_output=unset,actions=4
    trace in_port=1,$tcp
    trace in_port=2,$tcp
  `,
  "set_field of in_port": `
    + in_port=1,actions=set_field:0->in_port,1
    + in_port=2,actions=load:3->NXM_OF_IN_PORT[],resubmit(,1)
    + table=1,in_port=3,actions=3,2
    trace in_port=1,$tcp
    trace in_port=2,$tcp
  `,
  "actions on packets that lack the field": `
    of10 add-flow br0 actions=mod_nw_src:1.2.3.4,mod_tp_dst:99,mod_nw_tos:4,2
    trace in_port=1,$tcp
    trace in_port=1,$eth
    trace in_port=1,$arp
    trace in_port=1,$tcp6
    trace in_port=1,$icmp
  `,
  drop: `
    + in_port=1,actions=drop
    + in_port=2,actions=
    + in_port=3,actions=set_field:5->reg0
    trace in_port=1,$tcp
    trace in_port=2,$tcp
    trace in_port=3,$tcp
    trace in_port=4,$tcp
  `,
  "fragments: set-frags": `
    + ip,nw_frag=no,actions=2
    + ip,nw_frag=first,actions=3
    + ip,nw_frag=later,actions=4
    + tcp,tp_dst=80,nw_frag=first,priority=40000,actions=LOCAL
    of get-frags br0
    trace in_port=1,$tcp
    trace in_port=1,$tcp,nw_frag=first
    trace in_port=1,$tcp,nw_frag=later
    of set-frags br0 drop
    trace in_port=1,$tcp,nw_frag=first
    trace in_port=1,$tcp,nw_frag=later
    of set-frags br0 nx-match
    of get-frags br0
    trace in_port=1,$tcp,nw_frag=first
    trace in_port=1,$tcp,nw_frag=later
  `,
  "trace by a datapath's flow": `
    + in_port=1,tcp,tp_dst=80,actions=mod_tp_dst:81,2
    app ofproto/trace in_port(1),eth(src=00:00:00:00:00:01,dst=00:00:00:00:00:02),eth_type(0x0800),ipv4(src=10.0.0.1,dst=10.0.0.2,proto=6,tos=0,ttl=64,frag=no),tcp(src=1000,dst=80),tcp_flags(0)
    app ofproto/trace ovs-dummy in_port(p1),eth(src=00:00:00:00:00:01,dst=00:00:00:00:00:02),eth_type(0x1234)
    app ofproto/trace in_port(99),eth(src=00:00:00:00:00:01,dst=00:00:00:00:00:02),eth_type(0x1234)
    app ofproto/trace nonsense
    app ofproto/trace br0 nonsense
    app ofproto/trace br9 in_port=1
  `,
  "trace with a generated packet and with one given": `
    + in_port=1,actions=learn(table=1,NXM_OF_ETH_DST[]=NXM_OF_ETH_SRC[],output:NXM_OF_IN_PORT[]),2
    trace in_port=1,$tcp
    flows
    trace in_port=1,$tcp -generate
    flows
    trace in_port=1 00000000000200000000000508004500001c00000000401100000a0000010a00000203e8005000080000
    flows
    trace in_port=1,$udp --l7 68656c6c6f -generate
    trace in_port=1,$udp --l7-len 10 -generate
    trace in_port=1 00
    app ofproto/trace
  `,
  "trace-packet-out": `
    + in_port=1,actions=2
    app ofproto/trace-packet-out br0 in_port=1,$tcp mod_nw_src:5.5.5.5,resubmit(,0)
    app ofproto/trace-packet-out br0 in_port=controller,$tcp output:3
    app ofproto/trace-packet-out br0 in_port=1,$tcp table
    app ofproto/trace-packet-out -consistent br0 in_port=1,$tcp strip_vlan,output:3
    app ofproto/trace-packet-out br0 in_port=1,$tcp pop_vlan,output:3
    app ofproto/trace-packet-out br0 in_port=1,$tcp nonsense
  `,
  "trace with names": `
    + in_port=p1,actions=output:p2,LOCAL
    trace --names br0 in_port=p1,$tcp
    trace in_port=p1,$tcp
    app ofproto/trace --names br0 in_port=1,$arp
  `,
};
