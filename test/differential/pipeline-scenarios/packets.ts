import type { PipelineScenarios } from "./scenarios.js";

/** Frames that come in and are seen to leave, byte for byte. */
export const packets: PipelineScenarios = {
  "addresses of Ethernet, IPv4 and ports, with their checksums": `
    + in_port=1,tcp,actions=mod_dl_src:00:00:00:00:00:aa,mod_nw_src:1.2.3.4,mod_tp_src:5,2,mod_nw_dst:5.6.7.8,mod_tp_dst:6,mod_nw_tos:12,mod_nw_ttl:3,3
    + in_port=1,udp,actions=mod_nw_src:1.2.3.4,mod_tp_src:5,2
    in p1 $tcp
    in p1 $udp
    sent p2
    sent p3
    dp
  `,
  "IPv6 addresses and ports": `
    + in_port=1,tcp6,actions=set_field:fd99::1->ipv6_src,set_field:8080->tcp_dst,2
    + in_port=1,udp6,actions=set_field:fd99::2->ipv6_dst,set_field:0x12345->ipv6_label,mod_nw_tos:40,mod_nw_ttl:7,2
    + in_port=1,icmp6,actions=set_field:fd99::3->ipv6_dst,set_field:129->icmpv6_type,2
    in p1 $tcp6
    in p1 $udp6
    in p1 $icmp6
    sent p2
    dp
  `,
  "SCTP ports": `
    + in_port=1,sctp,actions=set_field:9->sctp_src,set_field:10->sctp_dst,2
    in p1 $sctp
    sent p2
    dp
  `,
  ICMP: `
    + in_port=1,icmp,actions=set_field:0->icmp_type,mod_nw_src:9.9.9.9,2
    in p1 $icmp
    sent p2
  `,
  ARP: `
    + in_port=1,arp,actions=set_field:2->arp_op,set_field:9.9.9.9->arp_spa,set_field:00:00:00:00:00:99->arp_sha,set_field:8.8.8.8->arp_tpa,2
    in p1 $arp
    sent p2
    dp
  `,
  "neighbour discovery": `
    + in_port=1,icmp6,icmpv6_type=135,actions=set_field:fd00::77->nd_target,set_field:00:00:00:00:00:77->nd_sll,2
    + in_port=1,icmp6,icmpv6_type=136,actions=set_field:fd00::78->nd_target,set_field:00:00:00:00:00:78->nd_tll,2
    in p1 $ns
    in p1 $na
    sent p2
    dp
  `,
  "VLAN pushed and popped": `
    + in_port=1,actions=push_vlan:0x8100,set_field:4106->vlan_vid,set_field:3->vlan_pcp,2
    + in_port=1,dl_vlan=5,actions=set_field:4106->vlan_vid,set_field:3->vlan_pcp,2,pop_vlan,3
    + in_port=2,actions=push_vlan:0x88a8,set_field:4107->vlan_vid,push_vlan:0x8100,set_field:4108->vlan_vid,1
    of10 add-flow br0 in_port=3,actions=strip_vlan,strip_vlan,output:4
    in p1 $tcp
    in p1 $tcp,dl_vlan=5
    in p2 $tcp
    in p3 $tcp,dl_vlan=5
    sent p1
    sent p2
    sent p3
    sent p4
    dp
  `,
  "double tags match outer and inner": `
    + in_port=1,dl_vlan=10,actions=pop_vlan,resubmit(,1)
    + table=1,dl_vlan=20,actions=2
    + table=1,priority=1,actions=3
    + in_port=2,actions=push_vlan:0x8100,set_field:4116->vlan_vid,push_vlan:0x8100,set_field:4106->vlan_vid,in_port
    in p2 $tcp
    in p1 0000000000020000000000018100000a8100001408004500002800000000400666ce0a0000010a00000203e8005000000000000000005000000000000000
    in p1 0000000000020000000000018100000a8100001508004500002800000000400666ce0a0000010a00000203e8005000000000000000005000000000000000
    sent p2
    sent p3
    dp
  `,
  "MPLS pushed, popped, counted down": `
    + in_port=1,ip,actions=push_mpls:0x8847,set_field:100->mpls_label,set_field:5->mpls_tc,2
    + in_port=2,mpls,actions=dec_mpls_ttl,set_field:200->mpls_label,3
    + in_port=3,mpls,actions=pop_mpls:0x0800,4
    in p1 $tcp
    in p2 $mpls
    in p3 $mpls
    sent p2
    sent p3
    sent p4
    dp
  `,
  "MPLS popped, what is below looked at again": `
    + in_port=1,mpls,actions=pop_mpls:0x0800,resubmit(,1)
    + table=1,ip,nw_dst=10.0.0.2,actions=dec_ttl,2
    + table=1,priority=1,actions=3
    in p1 0000000000020000000000018847000641404500002800000000400666ce0a0000010a00000203e8005000000000000000005000000000000000
    dp
    sent p2
    sent p3
  `,
  "dec_ttl and its end": `
    mon c br0 65534 invalid_ttl
    + in_port=1,ip,actions=dec_ttl,2
    + in_port=2,ipv6,actions=dec_ttl,3
    in p1 $tcp,nw_ttl=2
    in p1 $tcp,nw_ttl=1
    in p2 $tcp6,nw_ttl=1
    sent p2
    sent p3
    dp
  `,
  "truncated outputs": `
    + in_port=1,actions=output(port=2,max_len=60),3,output(port=4,max_len=200)
    in p1 $tcp
    in p1 $tcp 300
    sent p2
    dp
    ports
  `,
  "IN_PORT, LOCAL, FLOOD, ALL": `
    unordered
    + in_port=1,actions=in_port
    + in_port=2,actions=local
    + in_port=3,actions=flood
    + in_port=4,actions=all,in_port
    in p1 $tcp
    in p2 $tcp
    in p3 $tcp
    in p4 $tcp
    dp
    purge
    ports
  `,
  "clones change their own copies": `
    + in_port=1,ip,actions=clone(mod_nw_src:1.1.1.1,push_vlan:0x8100,set_field:4101->vlan_vid,2),3,clone(mod_dl_dst:00:00:00:00:00:99,4)
    in p1 $udp
    sent p2
    sent p3
    sent p4
    dp
  `,
  fragments: `
    + in_port=1,ip,nw_frag=no,actions=2
    + in_port=1,ip,nw_frag=first,actions=3
    + in_port=1,ip,nw_frag=later,actions=4
    + priority=40000,in_port=1,udp,tp_dst=80,actions=mod_tp_dst:81,LOCAL
    in p1 $udp,nw_frag=first
    in p1 $udp,nw_frag=later
    in p1 $udp
    dp
    sent p3
    sent p4
    of set-frags br0 drop
    wait
    in p1 $udp,nw_frag=later
    in p1 $udp
    dp
  `,
  "IPv6 fragments": `
    + in_port=1,ipv6,nw_frag=no,actions=2
    + in_port=1,ipv6,nw_frag=first,actions=3
    + in_port=1,ipv6,nw_frag=later,actions=4
    in p1 $udp6
    in p1 $udp6,nw_frag=first
    in p1 $udp6,nw_frag=later
    dp
    purge
    ports
  `,
  "LLC, SNAP and unknown types": `
    + in_port=1,dl_type=0x1234,actions=2
    + in_port=1,dl_type=0x05ff,actions=3
    + in_port=1,priority=1,actions=4
    in p1 $eth
    in p1 0180c2000001000000000001002642420300000000000000000000000000000000000000000000000000000000000000
    in p1 000000000002000000000001001eaaaa030000001234000000000000000000000000000000000000000000000000
    in p1 000000000002000000000001001eaaaa03abcdef1234000000000000000000000000000000000000000000000000
    dp
    purge
    flows
  `,
  "short and broken frames": `
    + in_port=1,priority=10,tcp,tp_dst=80,actions=2
    + in_port=1,priority=5,ip,actions=3
    + in_port=1,priority=1,actions=4
    in p1 0000000000020000000000010800
    in p1 00000000000200000000000108004500
    in p1 000000000002000000000001080045000028000000004006
    in p1 00000000000200000000000108004500002800000000400600000a0000010a000002
    in p1 00000000000200000000000108004500001c00000000400600000a0000010a00000203e8005000000000
    in p1 00000000000200000000000108004f000028000000004006000000
    in p1 0000
    dp
    purge
    flows
  `,
  "IP options and short lengths": `
    + in_port=1,tcp,tp_dst=80,actions=2
    + in_port=1,priority=1,actions=3
    in p1 00000000000200000000000108004600002c00000000400600000a0000010a0000020101010003e8005000000000000000005000000000000000
    in p1 00000000000200000000000108004600002c00000000400600000a0000010a0000020101010003e8005000000000000000005000000000000000
    in p1 00000000000200000000000108004500001400000000400600000a0000010a00000203e8005000000000000000005000000000000000
    dp
  `,
  "two frames, one megaflow, counters and flags": `
    + in_port=1,tcp,actions=2
    in p1 $tcp,tcp_flags=syn
    in p1 $tcp,tcp_flags=ack
    warp 1500
    in p1 $tcp,tcp_flags=fin|ack,tcp_dst=99
    dp
    purge
    flows
  `,
  "frames of a thousand bytes and of sixty": `
    + in_port=1,actions=2
    in p1 $udp 60
    in p1 $udp 1000
    in p1 $udp 1514
    in p1 $udp 4000
    purge
    flows
    ports
    sent p2
  `,
  "registers and marks leave with the frame": `
    + in_port=1,actions=set_field:0x7->pkt_mark,2,set_field:0x9->pkt_mark,3
    in p1 $tcp
    dp
    dpm
  `,
  "reserved multicast and pause frames": `
    + priority=1,actions=2
    in p1 0180c200000000000000000100264242030000000000
    in p1 0180c2000001000000000001880800010000
    in p1 0180c200000e00000000000188cc0207040000000000010404000000000106020078
    dp
    purge
    flows
  `,
  NSH: `
    + in_port=1,ip,actions=encap(nsh(md_type=1)),set_field:0x1234->nsh_spi,set_field:11->nsh_si,set_field:0x11223344->nsh_c1,encap(ethernet),set_field:00:00:00:00:00:55->eth_dst,2
    + in_port=2,dl_type=0x894f,nsh_spi=0x1234,actions=decap(),decap(),3
    in p1 $tcp
    sent p2
    dp
  `,
  "packets for the switch's own port": `
    + in_port=1,actions=LOCAL
    + in_port=LOCAL,actions=1
    in p1 $tcp
    in br0 $tcp~
    purge
    flows
    ports
    sent p1
  `,
  "a port that does not take or send": `
    + in_port=1,actions=2
    + in_port=2,actions=1
    of mod-port br0 p2 no-forward
    in p1 $tcp
    dp
    of mod-port br0 p2 forward
    of mod-port br0 p1 no-receive
    wait
    in p1 $tcp
    dp
    purge
    flows
    ports
  `,
  "no-packet-in, no-flood": `
    unordered
    mon c br0 65534
    + in_port=1,actions=flood
    + priority=1,actions=controller
    of mod-port br0 p2 no-flood
    of mod-port br0 p3 no-packet-in
    trace in_port=1,$tcp
    in p1 $tcp
    in p3 $udp
    in p4 $udp
    ports
    of show br0
  `,
};
