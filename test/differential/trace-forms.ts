/** Ways to ask `ofproto/trace` and `ofproto/trace-packet-out`, right and wrong, as steps of scenarios (`PipelineSide`). */
export const traceForms: Readonly<Record<string, string>> = {
  "flows of bridges": `
    + in_port=1,actions=2
    + in_port=2,actions=ct(table=1)
    app ofproto/trace
    app ofproto/trace br0
    app ofproto/trace br0 in_port=1
    app ofproto/trace br9 in_port=1
    app ofproto/trace in_port=1
    app ofproto/trace ""
    app ofproto/trace br0 ""
    app ofproto/trace "" ""
    app ofproto/trace br0 dl_type=0x800
    app ofproto/trace br0 table=1,in_port=1
    app ofproto/trace br0 priority=1,in_port=1
    app ofproto/trace br0 in_port=1,cookie=1
    app ofproto/trace br0 in_port=1,actions=2
    app ofproto/trace br0 in_port=1,foo=2
    app ofproto/trace br0 in_port=1,tcp_dst=2
    app ofproto/trace br0 in_port=1,nw_src=1.1.1.0/24,ip
    app ofproto/trace br0 in_port=1,dl_vlan=5,dl_vlan_pcp=3
    app ofproto/trace br0 in_port=1,vlan_tci=0
    app ofproto/trace br0 in_port=LOCAL
    app ofproto/trace br0 in_port=CONTROLLER
    app ofproto/trace br0 in_port=ANY
    app ofproto/trace br0 in_port=65536
    app ofproto/trace br0 in_port=1,tun_id=5,reg0=5,metadata=7,ct_state=trk|new,ct_zone=3,ct_mark=4,tcp,skb_priority=3,pkt_mark=3
    app ofproto/trace br0 in_port=1,ct_state=+trk+new,ip
    app ofproto/trace br0 in_port=1,foo
    app ofproto/trace br0 foo
    app ofproto/trace br0 foo=1
    app ofproto/trace br0 in_port=1,ip,nw_src=1.1.1.0/24
    app ofproto/trace br0 in_port=1,ip,nw_src=1.1.1.1/255.255.255.255
    app ofproto/trace br0 in_port=1,ip,nw_src=xx
    app ofproto/trace br0 in_port=1,ip,nw_src=1.1.1.1,nw_src=2.2.2.2
    app ofproto/trace br0 in_port=1,ip,arp
    app ofproto/trace br0 in_port=1,tcp,udp
    app ofproto/trace br0 in_port=1,tcp,nw_proto=17,tp_src=5
    app ofproto/trace br0 in_port=1,tp_src=5
    app ofproto/trace br0 in_port=1,tp_src=5,tcp
    app ofproto/trace br0 in_port=1,nw_tos=5,ip
    app ofproto/trace br0 in_port=1,ip,nw_tos=5
    app ofproto/trace br0 in_port=1,ip,nw_tos=300
    app ofproto/trace br0 in_port=1,ip,nw_frag=later
    app ofproto/trace br0 in_port=1,ip,nw_frag=foo
    app ofproto/trace br0 in_port=1,dl_type=0x800,nw_proto=6,tcp_flags=+syn-ack
    app ofproto/trace br0 in_port=1,tcp,tcp_flags=syn
    app ofproto/trace br0 in_port=1,tcp,tcp_flags=2
    app ofproto/trace br0 in_port=1,dl_vlan=5
    app ofproto/trace br0 in_port=1,vlan_vid=5
    app ofproto/trace br0 in_port=1,vlan_vid=0x1005
    app ofproto/trace br0 in_port=1,vlan_tci=0x1005
    app ofproto/trace br0 in_port=1,dl_vlan=0xffff
    app ofproto/trace br0 in_port=1,vlan_pcp=3
    app ofproto/trace br0 in_port=1,reg0=5/7
    app ofproto/trace br0 in_port=1,dl_src=00:00:00:00:00:01/01:00:00:00:00:00
    app ofproto/trace br0 in_port=1,eth,ip
    app ofproto/trace br0 in_port=1,conj_id=3
    app ofproto/trace br0 in_port=1,recirc_id=3
    app ofproto/trace br0 in_port=1,dp_hash=3
    app ofproto/trace br0 in_port=1,actset_output=2
    app ofproto/trace br0 in_port=1,tun_metadata0=2
    app ofproto/trace br0 in_port=1,icmp6,nd_target=fe80::1
    app ofproto/trace br0 in_port=1,icmp6,icmp_type=135,nd_target=fe80::1
    app ofproto/trace br0 in_port=1,icmp,icmp_type=8,icmp_code=0
    app ofproto/trace br0 in_port=1,ipv6,ipv6_src=fe80::/64
    app ofproto/trace br0 in_port=1,ipv6,ipv6_label=5
    app ofproto/trace br0 in_port=1,mpls,mpls_label=3
    app ofproto/trace br0 in_port=1,dl_type=0x05ff
    app ofproto/trace br0 in_port=1,dl_type=0x800/0xff00
    app ofproto/trace br0 "in_port=1 ip nw_src=1.1.1.1"
    app ofproto/trace br0 ",,in_port=1"
    app ofproto/trace br0 in_port=1,ct_state=trk
    app ofproto/trace br0 in_port=1,ct_state=trk,ct_nw_src=1.1.1.1,ip
    app ofproto/trace br0 in_port=1,ip,ct_state=trk,ct_nw_src=1.1.1.1
    app ofproto/trace br0 in_port=1,metadata=0x5,xreg0=7,xxreg1=9
    app ofproto/trace br0 in_port=1,in_port_oxm=2
    app ofproto/trace br0 in_port=p1,dl_type=0x1234
    app ofproto/trace br0 in_port=nope
    app ofproto/trace br0 in_port=70000
    app ofproto/trace br0 in_port=0xfffe
    app ofproto/trace br0 in_port=0x1
    app ofproto/trace br0 in_port=1,udp,tp_src=5
    app ofproto/trace br0 in_port=1,udp,tcp_src=5
    app ofproto/trace br0 in_port=1,tcp,tp_src=5
    app ofproto/trace br0 in_port=1,tcp6,tp_src=5
    app ofproto/trace br0 in_port=1,udp,udp_src=5,tp_dst=7
    app ofproto/trace br0 in_port=1,sctp,tp_dst=7
    app ofproto/trace br0 in_port=1,arp,nw_src=1.1.1.1
    app ofproto/trace br0 in_port=1,arp,arp_spa=1.1.1.1
    app ofproto/trace br0 in_port=1,ipv6,nw_src=1.1.1.1
    app ofproto/trace br0 in_port=1,icmp,icmp_type=3,icmp_code=1
    app ofproto/trace br0 in_port=1,icmp6,icmpv6_type=135,nd_target=fe80::1,nd_sll=00:00:00:00:00:01
    app ofproto/trace br0 in_port=1,icmp6,icmpv6_type=135,nd_tll=00:00:00:00:00:01
    app ofproto/trace br0 in_port=1,ip,dl_type=0x800
    app ofproto/trace br0 in_port=1,dl_type=0x800,ip
    app ofproto/trace br0 in_port=1,dl_type=0x800,nw_proto=6,tcp
    app ofproto/trace br0 in_port=1,dl_type=0x800,dl_type=0x806
    app ofproto/trace br0 in_port=1,ip,ct_state=trk|est,ct_nw_src=1.1.1.1
    app ofproto/trace br0 in_port=1,ip,ct_state=trk|new,ct_nw_src=1.1.1.1
    app ofproto/trace br0 in_port=1,ip,ct_state=est|trk,ct_nw_proto=6,ct_tp_dst=5
    app ofproto/trace br0 in_port=1,ct_mark=3,ct_zone=2,ct_label=5
    app ofproto/trace br0 in_port=1,in_port=2
    app ofproto/trace br0 in_port=1,reg0=1,xreg0=2
    app ofproto/trace br0 in_port=1,dl_vlan=3,vlan_vid=5
    app ofproto/trace br0 in_port=1,dl_vlan=3,dl_vlan=5
    app ofproto/trace br0 in_port=1,dl_vlan=3,vlan_pcp=5
    app ofproto/trace br0 in_port=1,dl_vlan_pcp=5
    app ofproto/trace br0 in_port=1,tcp,ip
    app ofproto/trace br0 in_port=1,nw_proto=6
    app ofproto/trace br0 in_port=1,ip,nw_ttl=6,nw_ecn=1,ip_dscp=3
    app ofproto/trace br0 in_port=1,packet_type=(1,0x806)
    app ofproto/trace br0 in_port=1,packet_type=(0,0)
    app ofproto/trace br0 in_port=1,packet_type=(1,0x800),ip
    app ofproto/trace br0 packet_type=(1,0x800),in_port=1,tcp_dst=3
    app ofproto/trace br0 in_port=1,tun_metadata0=0x22
    app ofproto/trace br0 in_port=1,nw_proto=6,ip
    app ofproto/trace br0 in_port=1,ip,nw_proto=6,tcp_dst=3
    app ofproto/trace br0 in_port=1,ip,icmp,tcp_dst=3
    app ofproto/trace br0 in_port=1,NXM_OF_ETH_TYPE[]=0x800
    app ofproto/trace br0 in_port=1,"reg0[0..3]=5"
    app ofproto/trace br0 in_port=1,OXM_OF_ETH_TYPE=0x800
    app ofproto/trace br0 in_port=1,mpls,mpls_label=3,mpls_bos=1
    app ofproto/trace br0 in_port=1,mpls_label=3,mpls
    app ofproto/trace br0 in_port=1,arp,arp_op=2,arp_sha=00:00:00:00:00:01
    app ofproto/trace br0 in_port=1,rarp,arp_op=3
    app ofproto/trace br0 dl_vlan=3,dl_vlan_pcp=1,in_port=1,ip
    app ofproto/trace br0 in_port=1,vlan_tci=0x1003,dl_vlan=4
    app ofproto/trace br0 udp,in_port=1,nw_frag=later,tp_src=5
    app ofproto/trace br0 in_port=1,actset_output=5
  `,
  "flows of datapaths": `
    + in_port=1,actions=2
    + in_port=2,actions=ct(table=1)
    app ofproto/trace in_port(1)
    app ofproto/trace "in_port(1),eth()"
    app ofproto/trace ovs-dummy "in_port(1),eth()"
    app ofproto/trace system@ovs-dummy "in_port(1)"
    app ofproto/trace br0 "in_port(1)"
    app ofproto/trace nodp "in_port(1)"
    app ofproto/trace "in_port(1)" -generate
    app ofproto/trace "in_port(1),eth(src=00:00:00:00:00:01,dst=00:00:00:00:00:02),eth_type(0x800)"
    app ofproto/trace "in_port(1),eth(src=00:00:00:00:00:01,dst=00:00:00:00:00:02),eth_type(0x800),ipv4(src=1.1.1.1)"
    app ofproto/trace "in_port(1),eth(src=00:00:00:00:00:01,dst=00:00:00:00:00:02),eth_type(0x800),ipv4(src=1.1.1.1,dst=2.2.2.2,proto=17,tos=0,ttl=64,frag=no),udp(src=1,dst=2)"
    app ofproto/trace "in_port(1),eth(src=00:00:00:00:00:01,dst=00:00:00:00:00:02),eth_type(0x1234)" -generate
    app ofproto/trace "in_port(1),eth(src=00:00:00:00:00:01,dst=00:00:00:00:00:02),eth_type(0x1234)" 000000000002000000000005080045
    app ofproto/trace ovs-dummy "in_port(1),eth(src=00:00:00:00:00:01,dst=00:00:00:00:00:02),eth_type(0x1234)" 000000000002000000000005080045
    app ofproto/trace "recirc_id(5),in_port(1),eth(src=00:00:00:00:00:01,dst=00:00:00:00:00:02),eth_type(0x1234)"
    app ofproto/trace "recirc_id(0),in_port(77),eth(src=00:00:00:00:00:01,dst=00:00:00:00:00:02),eth_type(0x1234)"
    app ofproto/trace "recirc_id(0),in_port(p2),eth(src=00:00:00:00:00:01,dst=00:00:00:00:00:02),eth_type(0x1234)"
    app ofproto/trace "recirc_id(0),in_port(px),eth(src=00:00:00:00:00:01,dst=00:00:00:00:00:02),eth_type(0x1234)"
    app ofproto/trace "recirc_id(0),in_port(p2),eth(src=00:00:00:00:00:01,dst=00:00:00:00:00:02),eth_type(0x1234)" --names
    app ofproto/trace "eth(src=00:00:00:00:00:01,dst=00:00:00:00:00:02),eth_type(0x1234)"
    app ofproto/trace "in_port(1)" zz
    app ofproto/trace "in_port(1)" 000000000002000000000005080045
    app ofproto/trace "in_port(1)" 00
    app ofproto/trace "in_port(1)" 000000000002000000000005080045 -generate
    app ofproto/trace nodp zz 000000000002000000000005080045
    app ofproto/trace ovs-dummy zz 000000000002000000000005080045
    app ofproto/trace ovs-dummy "in_port(1)" zz
    app ofproto/trace ovs-dummy zz
    app ofproto/trace ovs-dummy "in_port(1)" -generate
    app ofproto/trace ovs-dummy "in_port(1)" 000000000002000000000005080045 -generate
    app ofproto/trace ovs-dummy in_port=1
    app ofproto/trace ovs-dummy
  `,
  "options and packets": `
    + in_port=1,actions=2
    + in_port=2,actions=ct(table=1)
    app ofproto/trace br0 in_port=1 -generate
    app ofproto/trace br0 in_port=1 --generate
    app ofproto/trace -generate br0 in_port=1
    app ofproto/trace br0 -generate in_port=1
    app ofproto/trace br0 in_port=1 extra words here
    app ofproto/trace br0 in_port=1 zz
    app ofproto/trace br0 in_port=1 0
    app ofproto/trace br0 in_port=1 00
    app ofproto/trace br0 in_port=1 0000000000020000000000050800
    app ofproto/trace br0 in_port=1 00000000000200000000000508000
    app ofproto/trace br0 in_port=1 "00000000 0002 000000000005 0800"
    app ofproto/trace br0 in_port=1 0000000000020000000000050800 -generate
    app ofproto/trace br0 in_port=1 0000000000020000000000050800 --consistent
    app ofproto/trace br0 in_port=1 --consistent
    app ofproto/trace br0 in_port=1 -consistent
    app ofproto/trace br0 in_port=1 --l7 61
    app ofproto/trace br0 in_port=1 --l7-len 10
    app ofproto/trace br0 in_port=1,udp --l7 6162 -generate
    app ofproto/trace br0 in_port=1,udp --l7 616 --generate
    app ofproto/trace br0 in_port=1,udp --l7 xx --generate
    app ofproto/trace br0 in_port=1,udp --l7-len x --generate
    app ofproto/trace br0 in_port=1,udp --l7-len -1 --generate
    app ofproto/trace br0 in_port=1,udp --l7-len 0 --generate
    app ofproto/trace br0 in_port=1,udp --l7-len 70000 --generate
    app ofproto/trace br0 in_port=1,udp --l7-len 64001 --generate
    app ofproto/trace br0 in_port=1,udp --l7-len 64000 --generate
    app ofproto/trace br0 in_port=1,udp --l7-len 10x --generate
    app ofproto/trace br0 in_port=1,udp --l7-len
    app ofproto/trace br0 in_port=1,udp --l7
    app ofproto/trace br0 in_port=1,udp --l7 61 --l7-len 5 --generate
    app ofproto/trace br0 in_port=1,udp --l7-len 5 --l7 61 --generate
    app ofproto/trace br0 in_port=1,udp --l7 61 --l7 62 --generate
    app ofproto/trace br0 in_port=1,udp --ct-next
    app ofproto/trace br0 in_port=1,udp --ct-next trk,foo
    app ofproto/trace br0 in_port=1,udp --ct-next ""
    app ofproto/trace br0 in_port=1,udp --ct-next 0
    app ofproto/trace br0 in_port=1,udp --ct-next trk,new --ct-next trk
    app ofproto/trace br0 in_port=1,udp --foo
    app ofproto/trace br0 in_port=1,udp -foo
    app ofproto/trace br0 in_port=1,udp -n
    app ofproto/trace br0 in_port=p1,udp --names
    app ofproto/trace br0 in_port=p7,udp --names
    app ofproto/trace br0 in_port=7,udp --names
    app ofproto/trace br0 skb_priority=3,pkt_mark=3,ct_zone=2,in_port=1,tun_id=5 0000000000020000000000050800
    app ofproto/trace br0 in_port=1,tcp,dl_src=00:00:00:00:00:09 0000000000020000000000050800
    app ofproto/trace br0 in_port=1 0000000000020000000000050800 in_port=2
    app ofproto/trace br0 in_port=1 a b c d e
    app ofproto/trace -generate
    app ofproto/trace --l7 61
    app ofproto/trace br0 zz
    app ofproto/trace br0 00
    app ofproto/trace br9 zz
    app ofproto/trace zz zz
    app ofproto/trace zz 000000000002000000000005080045
    app ofproto/trace br0 000000000002000000000005080045
    app ofproto/trace br0 tcp,in_port=1 --ct-next trk,new -generate
    app ofproto/trace br0 tcp,in_port=2 --ct-next trk,new
    app ofproto/trace br0 tcp,in_port=2 --ct-next trk --ct-next est
    app ofproto/trace br0 tcp,in_port=2 --ct-next "trk new"
    app ofproto/trace br0 tcp,in_port=2 --ct-next trk,inv,new
    app ofproto/trace br0 tcp,in_port=2 --ct-next new
    app ofproto/trace br0 tcp,in_port=2 --ct-next trk,est,rpl,snat,dnat,rel
    app ofproto/trace br0 tcp,in_port=2 -generate
    app ofproto/trace br0 in_port=2 00000000000200000000000508004500002800000000400600000a0000010a0000020400005000000000000000005002ffff00000000
    app ofproto/trace br0 ip,in_port=1,nw_proto=6 --ct-n trk
    app ofproto/trace br0 in_port=1,udp --l7=61 -generate
    app ofproto/trace br0 in_port=1,conj_id=5 -generate
    app ofproto/trace br0 in_port=1 4500
    flows
  `,
  "packet-outs": `
    + in_port=1,actions=2
    + in_port=2,actions=ct(table=1)
    app ofproto/trace-packet-out br0 in_port=1 in_port=1
    app ofproto/trace-packet-out br0 in_port=1 resubmit(,300)
    app ofproto/trace-packet-out br0 in_port=1 drop,2
    app ofproto/trace-packet-out br0 in_port=1,ip resubmit(2,0)
    app ofproto/trace-packet-out br0 in_port=1,ip drop -consistent
    app ofproto/trace-packet-out -consistent br0 in_port=1,ip drop
    app ofproto/trace-packet-out br0 in_port=1,tcp clone(mod_tp_dst:9,2),dec_ttl,3
    app ofproto/trace-packet-out br0 in_port=1,arp mod_tp_dst:9,3
    app ofproto/trace-packet-out br0 in_port=1,arp set_field:9->tcp_dst,3
    app ofproto/trace-packet-out br0 in_port=1,arp load:9->NXM_OF_TCP_DST[],3
    app ofproto/trace-packet-out br0 in_port=1 output:65536
    app ofproto/trace-packet-out br0 in_port=1 output:0
    app ofproto/trace-packet-out br0 in_port=1 exit,2
    app ofproto/trace-packet-out br0 in_port=1 note:01,2
    app ofproto/trace-packet-out br0 in_port=1 controller(pause),2
    app ofproto/trace-packet-out br0 in_port=1 conjunction(1,1/2)
    app ofproto/trace-packet-out
    app ofproto/trace-packet-out br0
    app ofproto/trace-packet-out br0 in_port=1
    app ofproto/trace-packet-out br0 in_port=1 2
    app ofproto/trace-packet-out br0 in_port=1 output:2
    app ofproto/trace-packet-out br0 in_port=1 output:9
    app ofproto/trace-packet-out br0 in_port=1 local
    app ofproto/trace-packet-out br0 in_port=1 controller
    app ofproto/trace-packet-out br0 in_port=1 drop
    app ofproto/trace-packet-out br0 in_port=1 ""
    app ofproto/trace-packet-out br0 in_port=1 table
    app ofproto/trace-packet-out br0 in_port=1 resubmit(,0)
    app ofproto/trace-packet-out br0 in_port=1 resubmit:2
    app ofproto/trace-packet-out br0 in_port=1 group:5
    app ofproto/trace-packet-out br0 in_port=1 meter:5
    app ofproto/trace-packet-out br0 in_port=1 write_actions(output:2)
    app ofproto/trace-packet-out br0 in_port=1 goto_table:1
    app ofproto/trace-packet-out br0 in_port=1 2,nonsense
    app ofproto/trace-packet-out br0 in_port=1 2,output:nonsense
    app ofproto/trace-packet-out br0 in_port=1 mod_nw_src:1.1.1.1,2
    app ofproto/trace-packet-out br0 in_port=1,ip mod_nw_src:1.1.1.1,2
    app ofproto/trace-packet-out -consistent br0 in_port=1 mod_nw_src:1.1.1.1,2
    app ofproto/trace-packet-out --consistent br0 in_port=1 mod_nw_src:1.1.1.1,2
    app ofproto/trace-packet-out --consistent br0 in_port=1,ip mod_nw_src:1.1.1.1,2
    app ofproto/trace-packet-out --consistent br0 in_port=1 pop_vlan,2
    app ofproto/trace-packet-out br0 in_port=1 push_vlan:0x8100,mod_nw_src:1.1.1.1,2
    app ofproto/trace-packet-out br0 in_port=1 push_vlan:0x8100,mod_vlan_vid:3,2
    app ofproto/trace-packet-out br0 in_port=1,ip -generate 2
    app ofproto/trace-packet-out br0 in_port=1,ip 2 -generate
    app ofproto/trace-packet-out br0 in_port=1 0000000000020000000000050800 2
    app ofproto/trace-packet-out br0 in_port=1 0000000000020000000000050800 2 3
    app ofproto/trace-packet-out br0 in_port=1 zz 2
    app ofproto/trace-packet-out br0 2 in_port=1
    app ofproto/trace-packet-out br9 in_port=1 2
    app ofproto/trace-packet-out in_port=1 2
    app ofproto/trace-packet-out "in_port(1),eth(src=00:00:00:00:00:01,dst=00:00:00:00:00:02),eth_type(0x1234)" 2
    app ofproto/trace-packet-out "in_port(1),eth(src=00:00:00:00:00:01,dst=00:00:00:00:00:02),eth_type(0x1234)" nonsense
    app ofproto/trace-packet-out "in_port(1),eth(src=00:00:00:00:00:01,dst=00:00:00:00:00:02),eth_type(0x1234)"
    app ofproto/trace-packet-out ovs-dummy "in_port(1),eth(src=00:00:00:00:00:01,dst=00:00:00:00:00:02),eth_type(0x1234)" 2
    app ofproto/trace-packet-out ovs-dummy "in_port(1),eth(src=00:00:00:00:00:01,dst=00:00:00:00:00:02),eth_type(0x1234)" 000000000002000000000005080045 2
    app ofproto/trace-packet-out "in_port(1),eth(src=00:00:00:00:00:01,dst=00:00:00:00:00:02),eth_type(0x1234)" 000000000002000000000005080045 2
    app ofproto/trace-packet-out nodp "in_port(1)" 2
    app ofproto/trace-packet-out br0 in_port=controller output:1,2
    app ofproto/trace-packet-out br0 in_port=none output:1,2
    app ofproto/trace-packet-out br0 in_port=7 output:1,2
    app ofproto/trace-packet-out br0 in_port=1,ip ct(table=1) --ct-next trk,est
    app ofproto/trace-packet-out br0 in_port=1,ip ct(commit,zone=3,table=0),ct(table=0) --ct-next trk,est --ct-next trk,new,rel
    app ofproto/trace-packet-out br0 in_port=1,ip --names output:p2
    app ofproto/trace-packet-out br0 in_port=p1,ip --names output:p2,resubmit(,0)
    app ofproto/trace-packet-out br0 in_port=1,udp -generate --l7 00 2
    app ofproto/trace-packet-out br0 in_port=1,udp --l7 00 2
    app ofproto/trace-packet-out br0 in_port=1,udp --foo 2
    app ofproto/trace-packet-out br0 in_port=1,tcp actions=2
    app ofproto/trace-packet-out br0 in_port=1,tcp learn(table=1,NXM_OF_ETH_DST[]=NXM_OF_ETH_SRC[])
    app ofproto/trace-packet-out br0 in_port=1,tcp -generate learn(table=1,NXM_OF_ETH_DST[]=NXM_OF_ETH_SRC[])
    app ofproto/trace-packet-out br0 in_port=1,tcp load:5->NXM_NX_REG0[],clone(dec_ttl,2),resubmit(,0)
    app ofproto/trace-packet-out br0 in_port=1 actset_output
    app ofproto/trace-packet-out br0 in_port=1 set_field:1->eth_type
    app ofproto/trace-packet-out br0 in_port=1 strip_vlan,output:3
    app ofproto/trace-packet-out br0 in_port=1 a b c d e f
    flows
  `,
  "packet-outs that flood": `
    unordered
    + in_port=1,actions=2
    app ofproto/trace-packet-out br0 in_port=1 in_port,all,flood
    app ofproto/trace-packet-out br0 in_port=1 normal
    app ofproto/trace-packet-out br0 in_port=1 normal,2
  `,
};

/** Forms in which we differ, and why. One that differs no more fails the test. */
export const otherForms: Readonly<Record<string, string>> = {
  "app ofproto/trace br0 in_port=1,udp --names --no-names": "newer releases have --no-names",
  "app ofproto/trace br0 in_port=p1,udp --no-names --names": "newer releases have --no-names",
  "app ofproto/trace dummy@ovs-dummy in_port(1)": "the name that dpctl/dump-dps prints is taken too",
  "app ofproto/trace-packet-out br0 in_port=1,ip ct(table=1)":
    "the installed switch says that the packet that comes back is dropped, which it is not",
  "app ofproto/trace br0 packet_type=(1,0x800),in_port=1":
    "the installed switch shows a connection's addresses in packets without Ethernet and without a connection",
};
