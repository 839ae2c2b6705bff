/** Actions about where packets go and what is remembered of them, in the form that `families.ts` reads. */
export const ways = `
= ports
in_port=1,actions=output:1,output:2,in_port,output:99,output:2
in_port=2,actions=output:1,output:2,load:0->in_port,output:2,load:3->in_port,output:3,output:2,in_port
in_port=3,actions=local,output:99,in_port,controller
in_port=4,udp,actions=output:local,controller:100
in_port=4,actions=set_field:7->in_port,output:2,output:7,in_port
? in_port=1,udp
? in_port=3,udp
? in_port=4,udp
? in_port=4,tcp
? in_port=99,tcp

= ports of the oldest version
OF10
in_port=2,actions=output:1,output:2,load:0->in_port,output:2,load:3->in_port,output:3,output:2,in_port
in_port=3,actions=table
in_port=1,actions=enqueue:1:3,enqueue:99:3,enqueue:in_port:3,enqueue:local:4,output:2
? in_port=2,udp
? in_port=1,udp
? in_port=3,udp

= truncation
OF10
in_port=1,actions=output(port=2,max_len=100),output:3,output(port=in_port,max_len=100),output(port=local,max_len=99)
in_port=2,actions=output(port=10,max_len=50),output(port=99,max_len=50),output(port=2,max_len=50),output:1
in_port=3,actions=set_queue:3,output(port=1,max_len=60),pop_queue,output:2
? in_port=1,udp
? in_port=2,udp
? in_port=3,udp

= queues
in_port=1,actions=set_queue:5,output:3,pop_queue,output:4,set_queue:0,output:2
in_port=2,actions=pop_queue,output:1
? in_port=1,udp
? in_port=2,udp

= ports held by fields
in_port=1,actions=set_field:2->reg0,output:reg0[0..15],set_field:0xffff->reg0,output:reg0[0..15],set_field:99->reg0,output:reg0[],set_field:0x1fff7->reg0,output:reg0[]
in_port=2,ip,actions=output:nw_ttl[],output:nw_src[0..7]
in_port=3,actions=output:in_port[],output:reg1[4..9]
? in_port=1,udp
? in_port=2,udp,nw_ttl=3,nw_src=1.2.3.4
? in_port=3,udp

= the stack
in_port=1,actions=pop:reg1[],push:reg1[],push:in_port[],push:eth_src[],pop:reg3[],pop:eth_dst[],pop:reg4[],pop:reg5[],output:3
in_port=2,ip,actions=push:nw_dst[2..5],pop:reg1[2..4],pop:reg2[],output:1
in_port=3,ip,actions=pop:nw_dst[3..4],push:reg1[],pop:nw_dst[3..4],push:nw_src[],pop:nw_dst[],output:1
in_port=4,ip,actions=push:nw_src[],resubmit(,1),pop:reg2[],output:1
table=1,actions=pop:reg1[],push:in_port[]
? in_port=1,udp,dl_src=01:02:03:04:05:06
? in_port=2,tcp,nw_dst=1.2.3.255
? in_port=3,tcp,nw_src=9.9.9.9
? in_port=4,tcp,nw_src=9.9.9.9

= moves
in_port=1,ip,actions=move:nw_src[3..4]->reg0[0..1],move:eth_src[]->eth_dst[],move:in_port[]->reg4[0..15],output:2
in_port=2,ip,actions=move:reg0[0..5]->nw_src[4..9],output:1,move:nw_src[]->nw_dst[],output:3
in_port=3,tcp,actions=move:nw_src[0..15]->tcp_src[],move:tcp_src[]->tcp_dst[],output:1
in_port=4,ip,actions=move:nw_ecn[]->reg0[4..5],move:ip_dscp[]->reg2[0..5],move:eth_src[0..31]->reg1[],move:reg1[]->reg2[],output:1
in_port=4,ipv6,actions=move:ipv6_src[]->ipv6_dst[],output:1,move:ipv6_src[0..63]->xreg0[],move:xxreg0[]->xxreg1[],output:2
? in_port=1,tcp,nw_src=1.2.3.24,dl_src=01:02:03:04:05:06
? in_port=2,tcp,nw_src=1.2.3.4
? in_port=3,tcp,nw_src=1.2.3.4
? in_port=4,tcp,nw_tos=16,nw_ecn=3,dl_src=01:02:03:04:05:06
? in_port=4,udp6,ipv6_src=1::2

= registers and metadata
in_port=1,actions=set_field:2->reg0,set_field:4->metadata,set_field:0x10/0xf0->reg1,set_field:0x10000000000000002->xxreg2,set_field:0x500000006->xreg2,resubmit(,3)
table=3,reg0=2,metadata=4/4,actions=set_field:0->reg0,output:4,write_metadata:0x12/0xff
in_port=2,actions=set_field:9->tun_id,set_field:1.2.3.4->tun_dst,output:1
in_port=3,tun_id=0,actions=set_field:9->pkt_mark,output:1,set_field:3/7->pkt_mark,output:2
? in_port=1,udp
? in_port=2,udp
? in_port=3,udp

= resubmit
in_port=1,actions=resubmit(2,1),resubmit(,2),resubmit(3,0),resubmit(in_port,1)
table=1,in_port=2,actions=in_port,output:1,output:2
table=1,in_port=1,actions=output:4
in_port=3,actions=set_field:3->reg5,resubmit(,7),resubmit(7,7),output:2
table=7,in_port=7,actions=output:4,resubmit(,8)
table=8,actions=exit
in_port=4,actions=resubmit(,9),output:1
table=9,actions=resubmit(,8),output:2
? in_port=1,udp
? in_port=3,udp
? in_port=4,udp

= goto_table
in_port=1,actions=output:2,goto_table:1
table=1,udp,actions=set_field:3->reg1,goto_table:9
table=9,reg1=3,actions=output:3
in_port=2,actions=goto_table:5
? in_port=1,udp
? in_port=1,tcp
? in_port=2,udp

= the action set
in_port=1,actions=note:00.11.22,write_metadata:0x12/0xff,goto_table:3
table=3,actions=clear_actions,write_actions(set_field:1->reg3,set_queue:3,push_vlan:0x8100,output:2),goto_table:4
table=4,actions=write_actions(set_field:2->reg4,mod_dl_src:1:2:3:4:5:6,output:3,set_field:3->reg3),goto_table:5
table=5,actions=output:2
in_port=2,actions=write_actions(output:2),goto_table:11
table=11,actions=clear_actions,write_actions(set_field:3->reg0),goto_table:12
table=12,actset_output=2,actions=write_actions(output:2),goto_table:13
table=12,actions=write_actions(output:3),goto_table:13
table=13,actset_output=3,actions=output:4
table=13,actions=output:2
in_port=3,actions=write_actions(output:in_port,pop_vlan,resubmit(,5))
in_port=4,udp,actions=write_actions(output:NORMAL,output:4)
in_port=4,tcp,actions=write_actions(set_field:1.1.1.1->ip_src,set_field:7->reg1)
? in_port=1,udp
? in_port=2,udp
? in_port=3,udp
? in_port=4,udp
? in_port=4,tcp

= clone and exit
in_port=1,actions=mod_dl_src:1:2:3:4:5:6,clone(set_field:7->pkt_mark,mod_dl_src:7:7:7:7:7:7,output:3,set_field:5->reg2),output:2,clone(mod_dl_src:7:7:7:7:7:8,output:3),mod_dl_src:1:1:1:1:1:1,output:4
in_port=2,actions=push:eth_src[],clone(pop:eth_dst[],output:3),pop:eth_dst[],output:4
in_port=3,actions=clone(resubmit(,3)),output:2,clone(output:1)
table=3,actions=output:4
in_port=4,actions=clone(exit),output:1
? in_port=1,tcp
? in_port=2,tcp,dl_src=01:02:03:04:05:06
? in_port=3,tcp
? in_port=4,tcp

= too deep
in_port=1,actions=resubmit(1,0)
in_port=2,actions=output:3,resubmit(2,0),output:4
? in_port=1,udp
? in_port=2,udp

= on and on, but never back
table=0,udp,actions=goto_table:1
table=0,tcp,actions=resubmit(,1),output:2
table=0,arp,actions=resubmit(,3)
table=1,actions=clone(resubmit(,2)),resubmit(,2)
table=2,actions=output:3
table=3,actions=resubmit(,2),resubmit(,3)
? in_port=1,udp
? in_port=1,tcp
? in_port=1,arp

= the original direction
in_port=1,ct_state=+trk+est,tcp,actions=resubmit(,1,ct),output:2
table=1,nw_src=1.2.3.4,tcp,actions=output:3,move:nw_src[]->nw_dst[]
table=1,tcp,actions=output:4
? in_port=1,tcp,ct_state=trk|est,ct_nw_src=1.2.3.4,ct_nw_dst=2.2.2.2,ct_nw_proto=6,ct_tp_src=2,ct_tp_dst=4,nw_src=3.3.3.3
? in_port=1,tcp,ct_state=trk|est,ct_nw_src=4.3.2.1,ct_nw_dst=2.2.2.2,ct_nw_proto=6,ct_tp_src=2,ct_tp_dst=4,nw_src=1.2.3.4
? in_port=1,tcp,ct_state=trk|est,nw_src=3.3.3.3

= too many
actions=resubmit(,1),resubmit(,1),output:2
table=1,actions=resubmit(,2),resubmit(,2),output:3
table=2,actions=resubmit(,3),resubmit(,3)
table=3,actions=resubmit(,4),resubmit(,4)
table=4,actions=resubmit(,5),resubmit(,5)
table=5,actions=resubmit(,6),resubmit(,6)
table=6,actions=resubmit(,7),resubmit(,7)
table=7,actions=resubmit(,8),resubmit(,8)
table=8,actions=resubmit(,9),resubmit(,9)
table=9,actions=resubmit(,10),resubmit(,10)
table=10,actions=resubmit(,11),resubmit(,11)
table=11,actions=resubmit(,12),resubmit(,12)
table=12,actions=resubmit(,13),resubmit(,13)
? in_port=1,udp

= another bridge
in_port=1,ip,actions=set_field:3->tun_id,set_field:1->reg0,set_field:9->metadata,set_field:4->pkt_mark,push:reg0[],set_queue:4,write_actions(output:2),goto_table:3
table=3,actions=output:10
br1 priority=4,tun_id=3,actions=output:1
br1 priority=4,reg0=1,actions=output:1
br1 priority=4,metadata=9,actions=output:1
br1 priority=3,udp,actions=pop:reg0[],write_actions(output:1)
br1 in_port=11,actions=pop:reg0[],output:1,IN_PORT
in_port=2,ip,actions=mod_nw_src:1.1.1.1,push_vlan:0x8100,output:10
in_port=3,actions=output:10,output:2
in_port=10,actions=output:2
? in_port=1,udp
? in_port=1,tcp
? in_port=2,udp
? in_port=2,tcp
? in_port=3,arp
? in_port=10,udp

= another bridge, round in circles
in_port=1,actions=output:10,output:2
br1 tcp,actions=resubmit(,0),output:1
br1 udp,actions=output:1,exit
br1 arp,actions=in_port
in_port=10,actions=in_port
? in_port=1,tcp
? in_port=1,udp
? in_port=1,arp

= multipath and bundle
in_port=1,actions=multipath(symmetric_l4,50,modulo_n,1,0,reg0[0..3]),output:2
in_port=2,actions=multipath(eth_src,50,hash_threshold,1,0,reg0[0..3]),output:1
in_port=3,actions=multipath(symmetric_l3l4+udp,50,hrw,1,0,reg0[0..3]),output:2
in_port=4,actions=multipath(nw_src,50,iter_hash,1,1,reg0[0..3]),output:2
in_port=1,ip,actions=bundle(symmetric_l3l4,50,active_backup,ofport,members:2,3,4)
in_port=2,ip,actions=bundle_load(eth_src,50,hrw,ofport,reg0[0..15],members:3)
in_port=3,ip,actions=bundle(nw_dst,50,hrw,ofport,members:3),bundle(nw_src,50,hrw,ofport,members:100,101),bundle(nw_src,50,active_backup,ofport,members:99,2),bundle(symmetric_l3,0,hrw,ofport,members:1)
? in_port=1,arp
? in_port=1,udp6
? in_port=1,tcp6
? in_port=1,ipv6,nw_proto=132
? in_port=1,arp,dl_vlan=4
? in_port=2,arp
? in_port=3,udp6
? in_port=3,tcp6
? in_port=4,udp6
? in_port=4,arp
? in_port=4,udp
? in_port=1,udp
? in_port=2,udp
? in_port=3,udp

= hashes as they are
in_port=1,actions=multipath(symmetric_l4,50,modulo_n,65536,0,reg0[0..15])
in_port=2,actions=multipath(eth_src,50,modulo_n,65536,0,reg0[0..15]),multipath(nw_src,0,modulo_n,65536,0,reg1[0..15]),multipath(nw_dst,7,modulo_n,65536,0,reg2[0..15])
in_port=3,actions=multipath(symmetric_l3,50,modulo_n,65536,0,reg0[0..15]),multipath(nw_src,3,hash_threshold,1000,0,reg1[0..15])
in_port=4,ip,actions=multipath(symmetric_l3l4,50,modulo_n,65536,0,reg0[0..15]),multipath(symmetric_l3l4+udp,50,modulo_n,65536,0,reg1[0..15])
in_port=4,ipv6,actions=multipath(symmetric_l3l4,50,modulo_n,65536,0,reg0[0..15]),multipath(symmetric_l3l4+udp,50,modulo_n,65536,0,reg1[0..15])
? in_port=1,tcp,nw_src=1.2.3.4,tp_src=9,dl_src=01:02:03:04:05:06
? in_port=1,udp6,ipv6_src=1::2
? in_port=1,arp,dl_vlan=5
? in_port=2,tcp,nw_src=1.2.3.4,nw_dst=4.3.2.1,dl_src=01:02:03:04:05:06
? in_port=2,tcp6,ipv6_src=1::2,ipv6_dst=3::4
? in_port=2,arp,dl_src=01:02:03:04:05:06
? in_port=3,tcp,nw_src=1.2.3.4
? in_port=3,tcp6,ipv6_src=1::2
? in_port=3,arp
? in_port=4,tcp,nw_src=1.2.3.4,tp_src=9
? in_port=4,udp,nw_src=1.2.3.4
? in_port=4,icmp,nw_src=1.2.3.4
? in_port=4,tcp6,ipv6_src=1::2,tp_src=9

= learn
OF10
tcp,in_port=1,actions=learn(table=3,idle_timeout=5,hard_timeout=9,cookie=0x55,priority=7,fin_idle_timeout=2,fin_hard_timeout=3,send_flow_rem,delete_learned,NXM_OF_ETH_DST[]=NXM_OF_ETH_SRC[],eth_type=0x800,nw_proto=6,NXM_OF_IP_SRC[0..15]=NXM_OF_IP_DST[16..31],load:NXM_OF_IN_PORT[]->NXM_NX_REG0[0..15],load:5->NXM_NX_REG1[],output:NXM_OF_IN_PORT[]),resubmit(,4)
udp,in_port=1,actions=learn(table=5,eth_type=0x800,NXM_OF_IP_SRC[]=NXM_OF_IP_DST[],output:NXM_OF_IN_PORT[])
udp,in_port=4,actions=resubmit(,5)
in_port=2,udp,actions=learn(table=6,limit=1,result_dst=reg0[3],cookie=7,eth_type=0x800,NXM_OF_IP_DST[],output:NXM_OF_IN_PORT[]),resubmit(,6)
in_port=3,udp,actions=learn(table=7,NXM_OF_VLAN_TCI[0..11],NXM_OF_ETH_DST[]=NXM_OF_ETH_SRC[],load:0->NXM_OF_VLAN_TCI[],output:NXM_OF_IN_PORT[])
in_port=3,tcp,actions=learn(table=8,output:NXM_OF_IN_PORT[]),learn(table=8,in_port=2,output:NXM_NX_REG0[0..15])
? in_port=1,tcp,nw_src=1.2.3.4,nw_dst=5.6.7.8,dl_src=01:02:03:04:05:06
? in_port=1,tcp,nw_src=1.2.3.4,nw_dst=5.6.7.8,dl_src=01:02:03:04:05:06 -generate
? in_port=1,udp,nw_src=1.2.3.4,nw_dst=1.2.3.4
? in_port=1,udp,nw_src=1.2.3.4,nw_dst=1.2.3.4 -generate
? in_port=4,udp,nw_src=1.2.3.4
? in_port=4,udp,nw_src=1.2.3.5
? in_port=2,udp,nw_src=1.2.3.4,nw_dst=1.2.3.4
? in_port=2,udp,nw_src=1.2.3.4,nw_dst=1.2.3.4 -generate
? in_port=2,udp,nw_src=1.2.3.4,nw_dst=1.2.3.5 -generate
? in_port=2,udp,nw_src=1.2.3.4,nw_dst=1.2.3.4 -generate
? in_port=3,udp,dl_src=01:02:03:04:05:06 -generate
? in_port=3,udp,dl_src=01:02:03:04:05:06,dl_vlan=4,dl_vlan_pcp=2 -generate
? in_port=3,tcp -generate

= what does nothing to the packet
in_port=1,tcp,actions=note:01.02,fin_timeout(idle_timeout=5,hard_timeout=9),output:2
in_port=2,actions=drop
in_port=3,conj_id=3,actions=output:1
? in_port=1,tcp
? in_port=1,tcp,tcp_flags=0x001 -generate
? in_port=2,udp
? in_port=3,udp
`;
