const tcp =
  "in_port=p1,tcp,dl_src=50:54:00:00:00:01,dl_dst=50:54:00:00:00:02,nw_src=10.0.0.1,nw_dst=10.0.0.2,nw_ttl=33,nw_tos=184,nw_ecn=1,tp_src=1,tp_dst=2";
const tcp6 = "in_port=p1,tcp6,ipv6_src=fe80::9,ipv6_dst=fe80::8,nw_ttl=9,nw_tos=12,tp_src=7,tp_dst=8";
const arp = "in_port=p1,arp,arp_spa=10.0.0.1,arp_tpa=10.0.0.2";
const mpls = "in_port=p1,dl_src=50:54:00:00:00:01,dl_dst=50:54:00:00:00:02,mpls,mpls_label=100,mpls_ttl=64,mpls_bos=1";
const nsh =
  "in_port=p1,dl_src=50:54:00:00:00:01,dl_dst=50:54:00:00:00:02,dl_type=0x894f,nsh_mdtype=1,nsh_spi=0x1234,nsh_si=255,nsh_c1=1,nsh_c2=2,nsh_c3=3,nsh_c4=4";

/** Packets that wait, are parsed again, get and lose headers, or go to controllers. */
export const freezes: string = `
= ct with a table
ip actions=ct(table=1)
table=1 actions=2
? ${tcp}
? ${tcp} --ct-next trk,est
? ${tcp} --ct-next trk,new,rel
? ${tcp} --ct-next foo
? ${tcp} --ct-next trk,new,est
? ${tcp} --ct-next est
? ${tcp} --ct-next trk,inv,est

= ct that comes back to its own table
ip,ct_state=-trk actions=ct(table=0)
ip,ct_state=+trk,priority=100 actions=2
? ${tcp}

= ct with everything
ip actions=ct(commit,zone=5,exec(load:0x1->NXM_NX_CT_MARK[0..7],set_field:0x5/0xff->ct_label),table=2,nat(src=10.1.1.1-10.1.1.5:100-200,random)),3
table=2,ip,ct_state=+trk+new actions=2
? ${tcp}

= ct without a table
ip actions=ct(commit),2
? ${tcp}

= ct of a zone that a register holds
ip actions=set_field:0x12345->reg0,ct(zone=reg0[0..15],table=1),ct(zone=reg0[4..19],commit)
table=1 actions=2
? ${tcp}

= ct that forces, with helpers
tcp actions=ct(commit,alg=ftp),ct(commit,force,alg=ftp,zone=4,nat(src=1.1.1.1,persistent,hash),exec(load:1->NXM_NX_CT_MARK[])),3
? ${tcp}

= ct and what it writes
ip actions=ct(commit,exec(set_field:0x1122334455667788->ct_label,move:NXM_OF_IP_SRC[]->NXM_NX_CT_MARK[])),3
? ${tcp}

= ct and parts that it writes
ip actions=ct(commit,exec(move:NXM_NX_REG0[]->NXM_NX_CT_MARK[0..31],load:7->NXM_NX_CT_LABEL[96..127])),ct(commit,exec(load:3->NXM_NX_CT_MARK[4..7])),3
? ${tcp}

= NAT
ip actions=ct(commit,nat(src=1.1.1.1-1.1.1.9,random)),ct(commit,nat(dst=1.1.1.1-1.1.1.9:5-6,hash)),ct(nat),3
? ${tcp}

= NAT that a trace does
ip actions=ct(commit,table=1,nat(dst=1.1.1.1:80))
table=1 actions=3
? ${tcp}

= NAT of what a connection has
ip actions=ct(table=1,nat)
table=1 actions=3
? ${tcp}

= NAT of IPv6
tcp6 actions=ct(commit,table=1,nat(src=[fe80::1]-[fe80::5]:3-4))
table=1 actions=3
? ${tcp6}

= one ct after the other
ip actions=ct(table=1)
table=1,ip actions=ct(table=2,zone=4)
table=2,ip,ct_zone=4 actions=3
? ${tcp}
? ${tcp} --ct-next trk,est --ct-next trk,rpl
? ${tcp} --ct-next trk,est

= ct twice
ip actions=ct(table=1),ct(table=2)
table=1 actions=2
table=2 actions=3
? ${tcp}

= what ct keeps
ip actions=set_field:5->reg1,set_field:6->metadata,push:NXM_NX_REG1[],push:NXM_OF_IP_SRC[],set_field:7->tun_id,ct(table=4)
table=4 actions=pop:NXM_NX_REG2[],pop:NXM_NX_REG3[],output:NXM_NX_REG3[]
? ${tcp}

= the packet after ct
ip actions=resubmit(,3),4
table=3,ip,cookie=0x77 actions=load:5->reg1,ct(table=4),set_field:1.1.1.1->ip_dst,2
table=4,ip actions=3
? ${tcp}

= ct_clear
ip actions=ct_clear,ct(table=1)
table=1,ip actions=ct_clear,3
? ${tcp}
? ${tcp},ct_state=trk|est,ct_zone=5

= a tracked packet
ip,ct_state=+trk actions=ct(commit),3
? ${tcp},ct_state=trk|est,ct_zone=5,ct_mark=4

= ct of a changed packet
ip actions=set_field:1.1.1.1->ip_dst,set_field:00:00:00:00:00:09->eth_src,ct(table=1),3
table=1 actions=2
? ${tcp}

= ct of a copy
ip actions=clone(ct(table=1)),set_field:1.1.1.1->ip_dst,2
table=1 actions=2
? ${tcp}

= a copy that is tracked
ip actions=clone(set_field:1.1.1.1->ip_dst,ct(commit),2),3
? ${tcp}

= a copy that is tracked somewhere else
ip actions=clone(resubmit(,7)),3
table=7,ip actions=ct(commit),2
? ${tcp}

= ct in another bridge
ip actions=10,2
br1 ip actions=set_field:5->reg0,ct(table=3),resubmit(,3)
br1 table=3 actions=1
? ${tcp}

= debug_recirc
actions=debug_recirc,2
? ${tcp}

= debug_recirc far in
actions=set_field:5->reg0,resubmit(,1),3
table=1 actions=debug_recirc,2
? ${tcp}

= debug_recirc in another bridge
actions=10,3
br1 actions=debug_recirc,1
? ${tcp}

= debug_slow
actions=debug_slow,2
? ${tcp}

= packets for controllers
ip,cookie=0x99 actions=controller(max_len=128,id=3),controller,2
ipv6 actions=controller(reason=no_match,userdata=01.02.03)
arp,cookie=5 actions=resubmit(,1)
table=1,cookie=6 actions=controller:20
? ${tcp}
? ${tcp6}
? ${arp}

= packets for controllers as they then are
ip actions=dec_ttl,push_vlan:0x8100,set_field:4101->vlan_vid,controller,pop_vlan,controller,2
? ${tcp}

= packets that wait for a controller
ip actions=controller(pause,userdata=01.02),2
? ${tcp}
? ${tcp} -generate

= times that are up
ip actions=set_field:1->nw_ttl,dec_ttl,2
ipv6 actions=dec_ttl(3,4),2
? ${tcp}
? in_port=p1,tcp6,nw_ttl=1
? in_port=p1,tcp6,nw_ttl=2

= MPLS put on
ip actions=push_mpls:0x8847,set_field:10->mpls_label,2
ipv6 actions=push_mpls:0x8848,2
arp actions=push_mpls:0x8847,2
mpls actions=push_mpls:0x8848,2,pop_mpls:0x8847,3
? ${tcp}
? ${tcp6}
? ${arp}
? ${mpls}

= MPLS put on thrice
actions=push_mpls:0x8847,push_mpls:0x8847,push_mpls:0x8847,2
? ${tcp}

= too many labels
actions=push_mpls:0x8847,push_mpls:0x8847,push_mpls:0x8847,push_mpls:0x8847,2
? ${arp}

= a label changed under another
mpls actions=push_mpls:0x8847,push_mpls:0x8847,set_field:3->mpls_label,pop_mpls:0x8847,2
? ${mpls}

= MPLS taken off
mpls actions=pop_mpls:0x0800,2
? ${mpls}

= MPLS taken off, and inner headers
mpls actions=pop_mpls:0x0800,dec_ttl,2
? ${mpls}

= MPLS taken off, and a table
mpls actions=pop_mpls:0x0800,resubmit(,1),3
table=1 actions=2
? ${mpls}

= MPLS taken off, and a little more
mpls actions=pop_mpls:0x0800,set_field:1->reg0,set_field:50:54:00:00:00:09->eth_dst,set_queue:3,ct(table=1),3
table=1 actions=2
? ${mpls}

= MPLS taken off, and fields
mpls actions=pop_mpls:0x0800,set_field:5->metadata,set_field:5->pkt_mark,controller,set_field:1.1.1.1->ip_src,2
? ${mpls}

= MPLS taken off, and a copy
mpls actions=pop_mpls:0x0800,clone(2),3
? ${mpls}

= MPLS taken off, and the other bridge
mpls actions=pop_mpls:0x0800,10,2
br1 actions=1
? ${mpls}

= MPLS under MPLS
mpls actions=pop_mpls:0x8847,dec_mpls_ttl,2
? ${mpls}
? in_port=p1,mpls,mpls_label=5,mpls_ttl=3,mpls_bos=0

= MPLS on and off
ip actions=push_mpls:0x8847,pop_mpls:0x0800,dec_ttl,2
mpls,mpls_bos=1 actions=push_mpls:0x8847,resubmit(,1)
table=1,mpls,mpls_bos=0 actions=pop_mpls:0x8847,pop_mpls:0x800,resubmit(,2)
table=2 actions=2
? ${tcp}
? ${mpls}

= check_pkt_larger
ip actions=check_pkt_larger(100)->reg0[0],resubmit(,1)
table=1,reg0=1 actions=2
table=1,reg0=0 actions=3
? ${tcp}

= check_pkt_larger twice
ip actions=check_pkt_larger(100)->reg0[0],set_field:5->reg1,2,check_pkt_larger(200)->reg0[1],resubmit(,1),3
table=1,reg0=1 actions=2
? ${tcp}

= check_pkt_larger in a table
ip actions=resubmit(,2),3
table=2,ip actions=check_pkt_larger(100)->reg0[0],set_field:1.1.1.1->ip_dst,2
? ${tcp}

= check_pkt_larger and ct
ip actions=check_pkt_larger(100)->reg0[0],ct(table=1),2
table=1 actions=controller
? ${tcp}

= check_pkt_larger and nothing
ip actions=check_pkt_larger(100)->reg0[0]
? ${tcp}

= check_pkt_larger and the action set
ip actions=write_actions(output:3),goto_table:1
table=1,ip actions=check_pkt_larger(100)->reg0[0],2
? ${tcp}

= check_pkt_larger and what waits
ip actions=check_pkt_larger(100)->reg0[0],debug_recirc,2
? ${tcp}

= check_pkt_larger and exit
ip actions=resubmit(,2),2
table=2 actions=check_pkt_larger(100)->reg0[0],resubmit(,3)
table=3,reg0=1 actions=exit
table=3,reg0=0 actions=3
? ${tcp}

= NSH put on
actions=encap(nsh(md_type=1)),set_field:0x1234->nsh_spi,set_field:5->nsh_c1,encap(ethernet),set_field:11:22:33:44:55:66->eth_dst,2
? ${tcp}
? ${arp}

= NSH with TLVs
actions=encap(nsh(md_type=2,tlv(0x1000,10,0x12345678),tlv(0x2000,20,0xfedcba9876543210))),encap(ethernet),2
? ${tcp}

= NSH alone
actions=encap(nsh),2
? ${tcp}

= NSH on and off
actions=encap(nsh),encap(ethernet),decap(),decap(),2
? ${tcp}

= NSH on NSH
actions=encap(nsh),encap(nsh),encap(ethernet),2
? ${tcp}

= NSH on IP
actions=decap(),encap(nsh),encap(ethernet),2
? ${tcp}
? ${tcp6}
? ${arp}

= NSH on changed and tagged packets
actions=set_field:11:11:11:11:11:11->eth_src,push_vlan:0x8100,encap(nsh),encap(ethernet),set_field:22:22:22:22:22:22->eth_src,2,3
? ${tcp}

= NSH taken off
dl_type=0x894f actions=decap(),decap(),2
? ${nsh},nsh_np=3,nsh_ttl=63
? ${nsh},nsh_np=9,nsh_ttl=63

= NSH fields
dl_type=0x894f actions=set_field:3->nsh_spi,dec_nsh_ttl,set_field:9->nsh_c4,2
? ${nsh},nsh_np=3,nsh_ttl=63
? ${nsh},nsh_np=3,nsh_ttl=1

= Ethernet taken off
ip actions=decap(),2
ipv6 actions=decap(packet_type(ns=1,type=0x86dd)),encap(ethernet),2
arp actions=push_vlan:0x8100,decap(),2
? ${tcp}
? ${tcp6}
? ${arp}

= Ethernet taken off twice, or put on twice
ip actions=decap(),decap(),2
arp actions=encap(ethernet),2
? ${tcp}
? ${arp}

= labels in front of a packet
ip actions=encap(mpls),set_field:5->mpls_label,encap(ethernet),2
arp actions=decap(),encap(mpls),encap(ethernet),2
ipv6 actions=encap(mpls),encap(mpls),encap(ethernet),2
? ${tcp}
? ${arp}
? ${tcp6}

= copies with other headers
actions=clone(encap(nsh),encap(ethernet),2),3
? ${tcp}

= headers and controllers
actions=encap(nsh),ct_clear,encap(ethernet),controller,2
? ${tcp}

= sample without collectors
ip actions=sample(probability=100,collector_set_id=1,obs_domain_id=2,obs_point_id=3),2
? ${tcp}

= frozen states that are none
actions=2
? recirc_id=0x9999,${tcp}
`;
