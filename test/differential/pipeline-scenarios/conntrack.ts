import type { PipelineScenarios } from "./scenarios.js";

/** Connection tracking: states, zones, marks, labels, translation of addresses, helpers, and what is traced of it. */
export const conntrack: PipelineScenarios = {
  "a firewall that lets connections out": `
    + table=0,arp,actions=normal
    + table=0,in_port=1,ip,actions=ct(table=1)
    + table=0,in_port=2,ip,actions=ct(table=1)
    + table=1,in_port=1,ip,ct_state=+trk+new,actions=ct(commit),2
    + table=1,ip,ct_state=+trk+est,in_port=1,actions=2
    + table=1,ip,ct_state=+trk+est,in_port=2,actions=1
    in p2 $udp~
    in p1 $udp
    in p2 $udp~
    in p1 $udp
    app dpctl/dump-conntrack
    dp
    purge
    flows
    ports
  `,
  "TCP from opening to end": `
    + table=0,tcp,actions=ct(table=1)
    + table=1,ct_state=+trk+new,tcp,in_port=1,actions=ct(commit),2
    + table=1,ct_state=+trk+est,tcp,in_port=1,actions=2
    + table=1,ct_state=+trk+est,tcp,in_port=2,actions=1
    in p1 $tcp,tcp_flags=syn
    app dpctl/dump-conntrack
    in p2 $tcp~,tcp_flags=syn|ack
    app dpctl/dump-conntrack
    in p1 $tcp,tcp_flags=ack
    app dpctl/dump-conntrack
    in p1 $tcp,tcp_flags=fin|ack
    app dpctl/dump-conntrack
    in p2 $tcp~,tcp_flags=fin|ack
    app dpctl/dump-conntrack
    in p2 $tcp~,tcp_flags=rst
    app dpctl/dump-conntrack -m
  `,
  "states in the datapath's flows": `
    + table=0,udp,actions=ct(table=1)
    + table=1,ct_state=+trk+new,udp,actions=ct(commit),2
    + table=1,ct_state=+trk+est-rpl,udp,actions=3
    + table=1,ct_state=+trk+est+rpl,udp,actions=4
    in p1 $udp
    in p1 $udp
    in p2 $udp~
    in p1 $udp
    dp
    purge
    flows
  `,
  "invalid packets": `
    + table=0,ip,actions=ct(table=1)
    + table=1,ct_state=+trk+inv,ip,actions=3
    + table=1,ct_state=+trk+new,ip,actions=ct(commit),2
    + priority=1,table=1,ip,actions=4
    in p1 $tcp,tcp_flags=ack
    in p1 $tcp,tcp_flags=syn|fin
    in p1 $tcp,tcp_flags=rst,tcp_dst=99
    in p1 $icmp,icmp_type=3,icmp_code=1
    dp
    purge
    flows
    app dpctl/dump-conntrack
  `,
  "zones are apart": `
    + in_port=1,udp,actions=ct(commit,zone=1),2
    + in_port=2,udp,actions=ct(commit,zone=2),3
    + in_port=3,udp,actions=ct(zone=1,table=1)
    + in_port=4,udp,actions=ct(zone=3,table=1)
    + table=1,udp,ct_zone=1,ct_state=+est,actions=LOCAL
    + table=1,udp,ct_state=+new,actions=drop
    in p1 $udp
    in p2 $udp
    in p3 $udp
    in p4 $udp
    app dpctl/dump-conntrack
    app dpctl/dump-conntrack zone=2
    dp
    purge
    flows
  `,
  "a zone from a register": `
    + in_port=1,udp,actions=load:0x1234->NXM_NX_REG0[],ct(commit,zone=NXM_NX_REG0[0..15],table=1)
    + table=1,ct_zone=0x1234,udp,actions=2
    trace in_port=1,$udp
    in p1 $udp
    app dpctl/dump-conntrack
    flows
  `,
  "marks and labels": `
    + table=0,udp,actions=ct(table=1,zone=9)
    + table=1,udp,ct_state=+new,actions=ct(commit,zone=9,exec(load:0x1->NXM_NX_CT_MARK[],set_field:0x11223344556677889900aabbccddeeff->ct_label)),2
    + table=1,udp,ct_state=+est,ct_mark=1,actions=move:NXM_NX_CT_MARK[]->NXM_NX_REG0[],output:NXM_NX_CT_LABEL[0..3],3
    in p1 $udp
    app dpctl/dump-conntrack
    in p1 $udp
    dp
    purge
    flows
  `,
  "marks under a mask": `
    + in_port=1,udp,actions=ct(commit,exec(set_field:0xff/0xff->ct_mark,set_field:0x5/0xf->ct_label)),2
    + in_port=2,udp,actions=ct(commit,exec(set_field:0x100/0xf00->ct_mark)),1
    trace in_port=1,$udp
    in p1 $udp
    app dpctl/dump-conntrack
    in p2 $udp~
    app dpctl/dump-conntrack
    dp
  `,
  "marks that move from fields": `
    + in_port=1,udp,actions=set_field:0x77->reg0,ct(commit,exec(move:NXM_NX_REG0[]->NXM_NX_CT_MARK[],move:NXM_OF_ETH_SRC[0..15]->NXM_NX_CT_LABEL[32..47])),2
    in p1 $udp
    app dpctl/dump-conntrack
    dp
  `,
  "source translation": `
    + in_port=1,udp,actions=ct(commit,nat(src=192.168.1.1:5000)),2
    + in_port=2,udp,actions=ct(nat,table=1)
    + table=1,udp,ct_state=+est,actions=1
    in p1 $udp
    in p2 $udp~,nw_dst=192.168.1.1,udp_dst=5000
    sent p2
    sent p1
    app dpctl/dump-conntrack
    dp
  `,
  "destination translation": `
    + in_port=1,tcp,actions=ct(commit,nat(dst=10.9.9.9:8080),table=1)
    + in_port=2,tcp,actions=ct(nat,table=1)
    + table=1,in_port=1,tcp,actions=2
    + table=1,in_port=2,tcp,actions=1
    in p1 $tcp,tcp_flags=syn
    in p2 $tcp~,nw_src=10.9.9.9,tcp_src=8080,tcp_flags=syn|ack
    sent p2
    sent p1
    app dpctl/dump-conntrack
    dp
  `,
  "translation before and after: ct_nw_src and friends": `
    + in_port=1,udp,actions=ct(commit,nat(src=192.168.1.1),table=1)
    + table=1,udp,ct_nw_src=10.0.0.1,ct_nw_dst=10.0.0.2,ct_nw_proto=17,ct_tp_src=1000,ct_state=+snat,actions=2
    + table=1,priority=1,actions=3
    in p1 $udp
    dp
    sent p2
    sent p3
    purge
    flows
  `,
  "translation of IPv6": `
    + in_port=1,udp6,actions=ct(commit,nat(src=fd77::7)),2
    + in_port=2,udp6,actions=ct(nat,table=1)
    + table=1,udp6,ct_state=+est,actions=1
    in p1 $udp6
    in p2 $udp6~,ipv6_dst=fd77::7
    sent p2
    sent p1
    app dpctl/dump-conntrack
  `,
  "translation of ICMP and of errors about it": `
    + in_port=1,ip,actions=ct(commit,nat(src=192.168.1.1)),2
    + in_port=2,ip,actions=ct(nat,table=1)
    + table=1,ip,ct_state=+est,actions=1
    + table=1,ip,ct_state=+rel,actions=1,3
    in p1 $icmp
    in p2 $icmp~,nw_dst=192.168.1.1,icmp_type=0
    in p1 $udp
    in p2 0000000000010000000000020800450000380000000040016e710a000002c0a80101030300000000000045000024000000004011aebcc0a801010a00000203e8005000100000
    sent p1
    sent p2
    app dpctl/dump-conntrack
    dp
  `,
  "related ICMP without translation": `
    + in_port=1,udp,actions=ct(commit),2
    + in_port=2,ip,actions=ct(table=1)
    + table=1,ip,ct_state=+rel,actions=1
    + table=1,ip,ct_state=+inv,actions=3
    in p1 $udp
    in p2 000000000001000000000002080045000038000000004001663a0a0000020a000001030300000000000045000024000000004011668f0a0000010a00000203e8005000100000
    dp
    purge
    flows
  `,
  "port ranges: every port is taken": `
    + in_port=1,udp,actions=ct(commit,nat(src=192.168.1.1:5000-5001),table=1)
    + table=1,ip,ct_state=+trk+inv,actions=4
    + table=1,ip,ct_state=+trk+new-inv,actions=2
    + table=1,ip,priority=5,actions=3
    in p1 $udp,udp_src=1003
    in p1 $udp,udp_src=1004
    in p1 $udp,udp_src=1005
    dp
    app dpctl/dump-conntrack
  `,
  "port ranges: one port is taken": `
    + in_port=1,udp,actions=ct(commit,nat(src=192.168.1.1:5000-5001)),2
    in p1 $udp
    in p1 $udp,udp_src=1001
    in p1 $udp,udp_src=1002
    app dpctl/ct-get-nconns
    ports
  `,
  "nat options as they are shown": `
    + in_port=1,ip,actions=ct(commit,nat(src=10.0.0.1-10.0.0.9,random)),2
    + in_port=2,ip,actions=ct(commit,nat(src=10.0.0.1-10.0.0.9,hash,persistent)),2
    + in_port=3,tcp,actions=ct(commit,nat(dst=10.0.0.1:80-90,persistent)),2
    + in_port=4,ipv6,actions=ct(commit,nat(src=[fd00::1]-[fd00::9]:10-20)),2
    flows
    trace in_port=1,$tcp
    trace in_port=2,$tcp
    trace in_port=3,$tcp
    trace in_port=4,$tcp6
  `,
  "trace: ct with a table": `
    + table=0,ip,actions=ct(table=1,zone=5)
    + table=1,ct_state=+new,ip,actions=ct(commit,zone=5),2
    + table=1,ct_state=+est,ip,actions=3
    trace in_port=1,$tcp
    trace in_port=1,$tcp --ct-next trk,est
    trace in_port=1,$tcp --ct-next trk,new,rel --ct-next trk,inv
    trace in_port=1,$tcp --ct-next nonsense
    trace in_port=1,$tcp,ct_state=trk|est
  `,
  "trace: two passes": `
    + table=0,ip,actions=ct(table=1,zone=5),4
    + table=1,ip,actions=mod_nw_src:9.9.9.9,ct(table=2,zone=6),LOCAL
    + table=2,ip,ct_state=+est,actions=2
    + table=2,ip,ct_state=+new,actions=3
    trace in_port=1,$tcp
    trace in_port=1,$tcp --ct-next trk,new --ct-next trk,est
  `,
  "trace: commit and force, without a table": `
    + in_port=1,ip,actions=ct(commit),2
    + in_port=2,ip,actions=ct(commit,force,zone=3,exec(load:5->NXM_NX_CT_MARK[])),3
    + in_port=3,tcp,actions=ct(commit,alg=ftp),4
    + in_port=4,ip,actions=ct_clear,ct(commit,zone=1),ct_clear,2
    trace in_port=1,$tcp
    trace in_port=2,$tcp
    trace in_port=3,$tcp
    trace in_port=4,$tcp
  `,
  "force makes it anew from the other end": `
    + in_port=1,udp,actions=ct(commit,zone=1),2
    + in_port=2,udp,actions=ct(commit,force,zone=1),1
    in p1 $udp
    app dpctl/dump-conntrack
    in p2 $udp~
    app dpctl/dump-conntrack
  `,
  ct_clear: `
    + table=0,udp,actions=ct(commit,zone=1,table=1)
    + table=1,udp,ct_state=+trk,actions=ct_clear,resubmit(,2)
    + table=2,udp,ct_state=-trk,ct_zone=0,actions=2
    + table=2,udp,ct_state=+trk,actions=3
    trace in_port=1,$udp
    in p1 $udp
    dp
    purge
    flows
  `,
  "what is not tracked": `
    of add-flow br0 actions=ct(table=1)
    of add-flow br0 ip,actions=ct(table=1)
    of add-flow br0 arp,actions=ct(table=1)
    of add-flow br0 ipv6,actions=ct(table=1)
    flows
  `,
  "fragments of a tracked flow": `
    + table=0,udp,nw_frag=no,actions=ct(commit,table=1)
    + table=0,ip,priority=10,nw_frag=yes,actions=ct(table=1)
    + table=1,ip,actions=2
    in p1 $udp
    in p1 00000000000200000000000108004500002400012000401146c50a0000010a00000203e8005000200000aaaaaaaaaaaaaaaa
    app dpctl/ipf-get-status
    dp
  `,
  "timeouts under warp": `
    + in_port=1,udp,actions=ct(commit),2
    + in_port=2,icmp,actions=ct(commit),1
    in p1 $udp
    in p2 $icmp
    app dpctl/dump-conntrack -s
    warp 20000 1000
    app dpctl/dump-conntrack -s
    warp 70000 5000
    app dpctl/dump-conntrack
  `,
  "timeouts of a policy": `
    vsctl -- --id=@t create ct_timeout_policy timeouts:udp_first=5 -- --id=@z create ct_zone timeout_policy=@t -- --id=@d create datapath datapath_version=0 ct_zones:7=@z -- set open_vswitch . datapaths:dummy=@d
    + in_port=1,udp,actions=ct(commit,zone=7),2
    trace in_port=1,$udp
    in p1 $udp
    dp
    warp 4000 1000
    app dpctl/dump-conntrack
    warp 9000 1000
    app dpctl/dump-conntrack
  `,
  "limits of zones": `
    app dpctl/ct-set-limits default=10 zone=1,limit=2
    app dpctl/ct-get-limits
    app dpctl/ct-get-limits zone=1
    + in_port=1,udp,actions=ct(commit,zone=1),2
    in p1 $udp
    in p1 $udp,udp_src=1001
    in p1 $udp,udp_src=1002
    in p1 $udp,udp_src=1003
    app dpctl/ct-get-limits zone=1
    app dpctl/dump-conntrack
    app dpctl/ct-del-limits zone=1
    app dpctl/ct-get-limits
    app dpctl/ct-set-limits default=0
    app dpctl/ct-get-limits
  `,
  "a limit of all connections": `
    app dpctl/ct-get-maxconns
    app dpctl/ct-set-maxconns 2
    + in_port=1,udp,actions=ct(commit,zone=1),2
    in p1 $udp
    in p1 $udp,udp_src=1001
    in p1 $udp,udp_src=1002
    app dpctl/ct-get-nconns
    app dpctl/dump-conntrack
    ports
    app dpctl/ct-set-maxconns 3000000
    app dpctl/ct-get-maxconns
  `,
  "flushing by zone and by tuple": `
    + in_port=1,udp,actions=ct(commit,zone=1),2
    + in_port=2,udp,actions=ct(commit,zone=2),1
    in p1 $udp
    in p1 $udp,udp_src=1001
    in p2 $udp
    app dpctl/flush-conntrack zone=1 ct_nw_src=10.0.0.1,ct_nw_dst=10.0.0.2,ct_nw_proto=17,ct_tp_src=1001,ct_tp_dst=80
    app dpctl/dump-conntrack
    app dpctl/flush-conntrack zone=1
    app dpctl/dump-conntrack
    app dpctl/flush-conntrack
    app dpctl/dump-conntrack
    app dpctl/flush-conntrack ct_nw_src=nonsense
  `,
  "flushing from OpenFlow": `
    + in_port=1,udp,actions=ct(commit,zone=1),2
    + in_port=2,udp,actions=ct(commit,zone=2),1
    in p1 $udp
    in p2 $udp
    of ct-flush-zone br0 1
    app dpctl/dump-conntrack
    of ct-flush br0
    app dpctl/dump-conntrack
  `,
  "statistics of the tracker": `
    + in_port=1,ip,actions=ct(commit,zone=1),2
    in p1 $udp
    in p1 $icmp
    in p1 $tcp,tcp_flags=syn
    app dpctl/ct-stats-show
    app dpctl/ct-stats-show zone=1
    app dpctl/ct-get-nconns
    app dpctl/ct-get-tcp-seq-chk
  `,
  "ICMP and its answers": `
    + table=0,icmp,actions=ct(table=1)
    + table=1,in_port=1,icmp,ct_state=+new,actions=ct(commit),2
    + table=1,icmp,ct_state=+est+rpl,actions=1
    + table=1,icmp,ct_state=+est-rpl,actions=2
    in p2 $icmp~,icmp_type=0
    in p1 $icmp
    in p2 $icmp~,icmp_type=0
    in p1 $icmp
    app dpctl/dump-conntrack
    purge
    flows
  `,
  "ICMPv6 and neighbour discovery": `
    + table=0,icmp6,actions=ct(table=1)
    + table=1,icmp6,ct_state=+new,actions=ct(commit),2
    + table=1,icmp6,ct_state=+inv,actions=4
    + table=1,icmp6,ct_state=+est,actions=3
    in p1 $icmp6
    in p2 $icmp6~,icmpv6_type=129
    in p1 $ns
    app dpctl/dump-conntrack
    purge
    flows
  `,
  "SCTP and other protocols": `
    + in_port=1,ip,actions=ct(commit),2
    in p1 $sctp
    in p1 $ip
    app dpctl/dump-conntrack
    dp
  `,
  "two zones one after the other": `
    + table=0,udp,actions=ct(commit,zone=1,table=1)
    + table=1,udp,ct_zone=1,actions=ct(commit,zone=2,table=2)
    + table=2,udp,ct_zone=2,actions=2
    in p1 $udp
    in p1 $udp
    app dpctl/dump-conntrack
    dp
    purge
    flows
  `,
  "ct and NORMAL, ct and outputs after it": `
    unordered
    + table=0,udp,actions=ct(commit,table=1),4
    + table=1,udp,actions=normal
    in p1 $udp
    dp
    ports
  `,
  "clone around ct": `
    + udp,actions=clone(ct(commit,zone=3,table=1)),3
    + table=1,udp,actions=2
    trace in_port=1,$udp
    in p1 $udp
    dp
    ports
  `,
  "ct in buckets": `
    g group_id=1,type=all,bucket=ct(commit,zone=1,table=1),bucket=ct(commit,zone=2,table=1)
    + udp,actions=group:1
    + table=1,ct_zone=1,udp,actions=2
    + table=1,ct_zone=2,udp,actions=3
    trace in_port=1,$udp
    in p1 $udp
    app dpctl/dump-conntrack
    ports
  `,
  "select groups with ct's translation": `
    g group_id=1,type=select,selection_method=hash,fields(ip_src),bucket=ct(commit,table=1,nat(dst=10.0.0.77)),bucket=ct(commit,table=1,nat(dst=10.0.0.78))
    + in_port=1,udp,actions=group:1
    + table=1,udp,actions=2
    in p1 $udp
    sent p2
    app dpctl/dump-conntrack
  `,
  "ftp's helper": `
    + in_port=1,tcp,actions=ct(commit,alg=ftp,table=1)
    + in_port=2,tcp,actions=ct(table=1)
    + table=1,in_port=1,tcp,actions=2
    + table=1,in_port=2,tcp,actions=1
    + table=1,priority=40000,tcp,ct_state=+rel,actions=3
    in p1 $tcp,tcp_dst=21,tcp_flags=syn
    in p2 $tcp~,tcp_src=21,tcp_flags=syn|ack
    app dpctl/dump-conntrack
    dp
  `,
  "tftp's helper": `
    + in_port=1,udp,actions=ct(commit,alg=tftp),2
    + in_port=2,udp,actions=ct(table=1)
    + table=1,udp,ct_state=+rel,actions=3
    + table=1,udp,ct_state=+new,actions=4
    in p1 00000000000200000000000108004500002c0000000040116e9e0a0000010a00000203e80045001800000001666f6f006f6374657400000000
    in p2 $udp~,udp_src=5555
    app dpctl/dump-conntrack
    dp
  `,
};
