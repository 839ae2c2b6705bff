/** Actions that change headers, in the form that `families.ts` reads. */
export const headers = `
= Ethernet
in_port=1,actions=mod_dl_src:00:11:22:33:44:55,output:2,mod_dl_dst:00:11:22:33:44:66,output:3,mod_dl_src:01:02:03:04:05:06,output:4
in_port=2,actions=set_field:00:00:00:00:00:08/00:00:00:00:00:78->eth_src,set_field:80:00:00:00:00:00/c0:00:00:00:00:00->eth_dst,output:1
in_port=3,dl_src=01:02:03:04:05:06,actions=mod_dl_src:01:02:03:04:05:06,mod_dl_dst:01:02:03:04:05:06,output:1
? in_port=1,udp,dl_src=01:02:03:04:05:06
? in_port=1,udp,dl_src=00:11:22:33:44:55
? in_port=1,arp
? in_port=1,dl_type=0x1234
? in_port=2,udp
? in_port=2,udp,dl_src=ff:ff:ff:ff:ff:ff,dl_dst=ff:ff:ff:ff:ff:ff
? in_port=3,udp,dl_src=01:02:03:04:05:06
? in_port=3,udp,dl_src=01:02:03:04:05:07

= IPv4 by the oldest actions
OF10
in_port=1,ip,actions=mod_nw_src:1.2.3.4,output:2,mod_nw_dst:4.3.2.1,output:3
in_port=2,ip,actions=mod_nw_tos:8,mod_nw_ecn:2,output:1,mod_nw_ttl:5,output:3
in_port=3,tcp,actions=mod_tp_src:80,mod_tp_dst:81,output:1
in_port=4,ip,nw_tos=8,nw_src=1.1.1.1,actions=mod_nw_ecn:3,output:1,mod_nw_tos:4,output:3
? in_port=1,ip
? in_port=1,tcp
? in_port=1,tcp,nw_src=1.2.3.4
? in_port=1,udp,nw_src=9.9.9.9,nw_dst=4.3.2.1
? in_port=2,tcp
? in_port=2,udp,nw_tos=8,nw_ecn=2,nw_ttl=5
? in_port=2,icmp,nw_tos=252,nw_ecn=1
? in_port=3,tcp
? in_port=3,tcp,tp_src=80
? in_port=3,tcp,tp_src=80,tp_dst=81
? in_port=3,tcp,nw_frag=later
? in_port=3,tcp,nw_frag=first
? in_port=4,udp,nw_tos=8,nw_src=1.1.1.1

= IPv4 by set_field
in_port=1,ip,actions=set_field:1.2.3.4->ip_src,output:2,set_field:1->ip_dscp,output:3
in_port=2,ip,actions=set_field:1->ip_dscp,output:1
in_port=3,ip,actions=set_field:2->ip_ecn,set_field:9->nw_ttl,output:1
in_port=4,ip,actions=set_field:10.0.0.0/8->ip_dst,output:1,set_field:0.0.0.7/0.0.0.15->ip_dst,output:2
? in_port=1,tcp
? in_port=1,ip
? in_port=2,tcp
? in_port=2,tcp,nw_tos=4
? in_port=3,tcp
? in_port=3,ip
? in_port=4,udp,nw_dst=192.168.1.2
? in_port=4,udp,nw_dst=10.168.1.7

= IPv6
in_port=1,tcp6,actions=mod_tp_src:80,mod_nw_tos:4,mod_nw_ecn:2,mod_nw_ttl:9,set_field:::1->ipv6_src,set_field:0x77->ipv6_label,output:2
in_port=2,ipv6,actions=set_field:1::2->ipv6_dst,output:1,set_field:1::/ffff::->ipv6_src,output:3
in_port=3,ipv6,actions=mod_nw_ttl:4,output:1
in_port=4,ipv6,actions=dec_ttl,output:1
? in_port=1,tcp6
? in_port=1,tcp6,ipv6_src=::1,tp_src=80
? in_port=2,udp6
? in_port=2,udp6,ipv6_src=1:2::3
? in_port=2,ipv6
? in_port=3,ipv6
? in_port=3,udp6
? in_port=4,udp6,nw_ttl=9
? in_port=4,udp6,nw_ttl=1

= ARP
in_port=1,arp,actions=set_field:1->arp_op,output:2
in_port=2,arp,actions=set_field:1.2.3.4->arp_spa,move:arp_sha[]->arp_tha[],in_port
in_port=3,arp,actions=set_field:00:00:00:00:00:08/00:00:00:00:00:78->arp_sha,set_field:0.0.0.3->arp_tpa,output:1
? in_port=1,arp,arp_op=2
? in_port=1,arp,arp_op=1
? in_port=1,arp
? in_port=2,arp,arp_op=1,arp_sha=01:02:03:04:05:06
? in_port=2,arp
? in_port=3,arp,arp_op=1
? in_port=3,rarp,arp_op=1

= ICMP and neighbour discovery
in_port=1,icmp,actions=set_field:3->icmp_type,set_field:7->icmp_code,output:2
in_port=2,icmp,actions=set_field:9->icmp_code,output:3
in_port=3,icmp6,icmp_type=135,icmp_code=0,actions=set_field:01:02:03:04:05:06->nd_sll,set_field:::3->nd_target,output:2,set_field:8->icmpv6_type,output:4
in_port=4,icmp6,icmp_type=136,icmp_code=0,actions=set_field:01:02:03:04:05:06->nd_tll,output:2,set_field:1->nd_reserved,set_field:2->nd_options_type,output:3
in_port=1,icmp6,actions=set_field:9->icmpv6_type,output:2
? in_port=1,icmp
? in_port=1,icmp,icmp_type=3,icmp_code=7
? in_port=2,icmp
? in_port=2,icmp,icmp_type=8
? in_port=3,icmp6,icmpv6_type=135,icmpv6_code=0
? in_port=3,icmp6,icmpv6_type=135,icmpv6_code=0,nd_target=::3
? in_port=4,icmp6,icmpv6_type=136,icmpv6_code=0
? in_port=1,icmp6,icmpv6_type=1

= TCP, UDP and SCTP
in_port=1,sctp,actions=mod_tp_dst:9,output:3
in_port=2,udp,actions=set_field:0->udp_src,set_field:0x35/0xff->udp_dst,output:3
in_port=3,tcp,actions=set_field:80->tcp_src,set_field:0x100/0x100->tcp_dst,output:1
? in_port=1,sctp
? in_port=1,sctp,sctp_dst=9
? in_port=2,udp
? in_port=2,udp,udp_dst=0x135
? in_port=3,tcp
? in_port=3,tcp,nw_frag=later
? in_port=3,tcp,nw_frag=first

= times to live
in_port=1,ip,actions=dec_ttl,output:2
in_port=2,ip,actions=dec_ttl(1,2),output:1
in_port=3,ip,actions=resubmit(,1),output:2
table=1,ip,actions=dec_ttl,output:4
in_port=4,ip,actions=write_actions(dec_ttl,output:1)
in_port=1,ipv6,actions=clone(dec_ttl,output:3),output:2
in_port=2,mpls,actions=dec_mpls_ttl,output:1
? in_port=1,tcp,nw_ttl=64
? in_port=1,tcp,nw_ttl=1
? in_port=1,tcp,nw_ttl=0
? in_port=2,udp,nw_ttl=1
? in_port=2,udp,nw_ttl=2
? in_port=3,udp,nw_ttl=1
? in_port=3,udp,nw_ttl=3
? in_port=4,udp,nw_ttl=1
? in_port=4,udp,nw_ttl=9
? in_port=1,udp6,nw_ttl=1
? in_port=1,udp6,nw_ttl=9
? in_port=2,mpls,mpls_ttl=5,mpls_bos=1
? in_port=2,mpls,mpls_ttl=1,mpls_bos=1

= VLANs
in_port=1,actions=push_vlan:0x8100,set_field:4100->vlan_vid,output:2,set_field:3->vlan_pcp,output:3,pop_vlan,output:4
in_port=2,actions=mod_vlan_pcp:3,output:3,push_vlan:0x88a8,output:4,set_field:0x1003->vlan_vid,set_field:2->vlan_pcp,output:1,pop_vlan,pop_vlan,output:1
in_port=3,dl_vlan=3,actions=push_vlan:0x8100,output:1,pop_vlan,set_field:0x1001->vlan_vid,output:1
in_port=4,vlan_vid=0x1000/0x1000,actions=pop_vlan,output:1
? in_port=1,tcp
? in_port=1,tcp,dl_vlan=5,dl_vlan_pcp=2
? in_port=2,tcp
? in_port=2,tcp,dl_vlan=3
? in_port=3,tcp,dl_vlan=3
? in_port=3,tcp,dl_vlan=3,dl_vlan_pcp=4
? in_port=4,tcp,dl_vlan=7
? in_port=4,tcp
? in_port=4 ffffffffffff02020202020288a8100181002002080045000014000000004011000001020304050607080
? in_port=4 ffffffffffff02020202020288a810018100200208004500001400000000401100000102030405060708
? in_port=2 ffffffffffff02020202020288a810018100200208004500001400000000401100000102030405060708

= tags put on only where there are none
in_port=1,actions=push_vlan:0x88a8,mod_vlan_vid:5,output:2
in_port=2,dl_vlan=3,actions=mod_vlan_vid:5,output:1
in_port=3,actions=mod_vlan_vid:5,mod_vlan_pcp:3,output:1
in_port=4,dl_vlan=3,actions=pop_vlan,mod_vlan_pcp:5,output:1
in_port=2,vlan_vid=0x0,actions=mod_vlan_vid:5,output:1
in_port=4,dl_vlan=4,actions=clone(mod_vlan_vid:6,output:3),mod_vlan_vid:7,output:1
? in_port=1,udp
? in_port=1,udp,dl_vlan=7
? in_port=2,udp,dl_vlan=3
? in_port=2,udp
? in_port=3,udp
? in_port=3,udp,dl_vlan=9
? in_port=4,udp,dl_vlan=3
? in_port=4,udp,dl_vlan=4

= VLANs by the oldest actions
OF10
in_port=1,actions=mod_vlan_vid:5,output:2,mod_vlan_pcp:3,output:3,strip_vlan,output:4,strip_vlan,output:2
in_port=2,vlan_tci=0x0/0x1000,actions=load:0x1005->vlan_tci[],output:1,load:0->vlan_tci[],output:3,load:0x2005->vlan_tci[],output:1,move:vlan_tci[]->reg0[0..15]
in_port=2,vlan_tci=0x1000/0x1000,actions=load:1->vlan_tci[1],output:1,load:0->vlan_tci[12],output:3,load:1->vlan_tci[2],output:4,load:1->vlan_tci[12],output:1
in_port=3,actions=load:0x1007->vlan_tci[],output:1
? in_port=1,udp
? in_port=1,udp,dl_vlan=9
? in_port=2,udp
? in_port=2,udp,dl_vlan=9
? in_port=3,udp
? in_port=3,udp,dl_vlan=7

= MPLS labels
OF10
in_port=1,mpls,actions=set_mpls_label:99,set_mpls_tc:3,output:2,set_mpls_ttl:4,output:3,dec_mpls_ttl,output:4
in_port=2,mpls,mpls_bos=1,actions=set_mpls_ttl:4,output:1
in_port=3,mpls,actions=set_mpls_label:99,output:2
? in_port=1,mpls,mpls_ttl=9,mpls_bos=1
? in_port=1,mpls,mpls_ttl=9
? in_port=1,mpls,mpls_ttl=1
? in_port=2,mpls,mpls_bos=1
? in_port=3,mpls
? in_port=3,mpls,mpls_label=99,mpls_bos=1
? in_port=3 12121212121234343434343488470004d0090004d109aabbccddaabbccddeeff

= several headers at once
in_port=1,tcp,actions=set_field:80->tcp_dst,set_field:1.1.1.1->ip_dst,mod_dl_dst:2:2:2:2:2:2,push_vlan:0x8100,set_queue:3,set_field:7->pkt_mark,output:2
in_port=2,tcp6,actions=set_field:80->tcp_dst,set_field:::1->ipv6_dst,mod_dl_dst:2:2:2:2:2:2,set_field:7->pkt_mark,output:1,mod_dl_dst:3:3:3:3:3:3,set_field:8->pkt_mark,output:3
? in_port=1,tcp
? in_port=1,tcp,dl_vlan=3,tp_dst=80
? in_port=2,tcp6
`;
