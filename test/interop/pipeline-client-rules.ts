/** What clients of switches give them, in the words of `PipelineSide`: hand-written after what each is known to send. */
export const clientRules: Readonly<Record<string, string>> = {
  "Faucet's kind of pipeline: access lists, VLANs, learning, flooding groups, fast failover, meters": `
    bridge br0 1 2 3 4 5 protocols=OpenFlow13
    mon f 13 br0 65534
    of13 add-meter br0 meter=1,kbps,burst,stats,band=type=drop,rate=80000,burst_size=8000
    of13 add-meter br0 meter=2,pktps,stats,band=type=drop,rate=2
    of13 add-group br0 group_id=100,type=all,bucket=pop_vlan,output:1,bucket=pop_vlan,output:2,bucket=pop_vlan,output:3
    of13 add-group br0 group_id=200,type=ff,bucket=watch_port:4,output:4,bucket=watch_port:5,output:5
    of13 del-flows br0
    of13 --bundle add-flows br0 -
    | table=0,priority=20480,cookie=0x5adc15c0,dl_type=0x88cc,actions=CONTROLLER:128
    | table=0,priority=20479,cookie=0x5adc15c0,in_port=1,tcp,tp_dst=23,actions=drop
    | table=0,priority=20478,cookie=0x5adc15c0,in_port=1,udp,actions=meter:1,goto_table:1
    | table=0,priority=20477,cookie=0x5adc15c0,in_port=2,icmp,actions=meter:2,goto_table:1
    | table=0,priority=0,cookie=0x5adc15c0,actions=goto_table:1
    | table=1,priority=4096,cookie=0x5adc15c0,in_port=1,vlan_tci=0x0000/0x1fff,actions=push_vlan:0x8100,set_field:4196->vlan_vid,goto_table:3
    | table=1,priority=4096,cookie=0x5adc15c0,in_port=2,vlan_tci=0x0000/0x1fff,actions=push_vlan:0x8100,set_field:4196->vlan_vid,goto_table:3
    | table=1,priority=4096,cookie=0x5adc15c0,in_port=3,vlan_tci=0x0000/0x1fff,actions=push_vlan:0x8100,set_field:4196->vlan_vid,goto_table:3
    | table=1,priority=4096,cookie=0x5adc15c0,in_port=4,dl_vlan=100,actions=goto_table:3
    | table=1,priority=4096,cookie=0x5adc15c0,in_port=5,dl_vlan=100,actions=goto_table:3
    | table=1,priority=0,cookie=0x5adc15c0,actions=drop
    | table=3,priority=20490,cookie=0x5adc15c0,dl_type=0x9000,actions=drop
    | table=3,priority=20490,cookie=0x5adc15c0,dl_src=ff:ff:ff:ff:ff:ff,actions=drop
    | table=3,priority=4096,cookie=0x5adc15c0,dl_vlan=100,actions=CONTROLLER:96,goto_table:7
    | table=3,priority=0,cookie=0x5adc15c0,actions=goto_table:7
    | table=7,priority=0,cookie=0x5adc15c0,actions=goto_table:8
    | table=8,priority=8240,cookie=0x5adc15c0,dl_vlan=100,dl_dst=01:00:00:00:00:00/01:00:00:00:00:00,actions=group:100,group:200
    | table=8,priority=8192,cookie=0x5adc15c0,dl_vlan=100,actions=group:100,group:200
    | table=8,priority=0,cookie=0x5adc15c0,actions=drop
    of13 dump-flows br0
    in p1 $tcp
    wait
    of13 --bundle add-flows br0 -
    | table=3,priority=8191,cookie=0x5adc15c0,idle_timeout=20,send_flow_rem,in_port=1,dl_vlan=100,dl_src=00:00:00:00:00:01,actions=goto_table:7
    | table=7,priority=8192,cookie=0x5adc15c0,idle_timeout=22,dl_vlan=100,dl_dst=00:00:00:00:00:01,actions=pop_vlan,output:1
    wait
    in p2 $tcp~
    wait
    of13 --bundle add-flows br0 -
    | table=3,priority=8191,cookie=0x5adc15c0,idle_timeout=20,send_flow_rem,in_port=2,dl_vlan=100,dl_src=00:00:00:00:00:02,actions=goto_table:7
    | table=7,priority=8192,cookie=0x5adc15c0,idle_timeout=22,dl_vlan=100,dl_dst=00:00:00:00:00:02,actions=pop_vlan,output:2
    wait
    in p1 $tcp
    in p2 $tcp~
    in p1 $udp
    in p1 $tcp,tcp_dst=23
    in p3 $arp,dl_src=00:00:00:00:00:03
    in p4 dl_vlan=100,$icmp
    in p4 dl_vlan=7,$icmp
    in p2 $icmp
    in p2 $icmp
    in p2 $icmp
    in p1 dl_src=00:00:00:00:00:01,dl_dst=01:80:c2:00:00:0e,dl_type=0x88cc
    purge
    of13 dump-flows br0
    of13 dump-groups br0
    of13 dump-group-stats br0
    of13 dump-meters br0
    of13 dump-ports br0
    sent p1
    sent p2
    sent p4
    vsctl set interface p4 link_state=down
    of13 mod-port br0 p4 down
    in p1 $arp
    purge
    of13 dump-group-stats br0
    sent p5
    warp 25000 5000
    of13 dump-flows br0
    heard f
    of13 del-groups br0
    of13 del-meters br0
    of13 dump-flows br0
    trace in_port=2,$tcp~
  `,
  "Neutron's agent: br-int with a firewall by conjunctions and conntrack, from standard input": `
    bridge br0 1 2 3 protocols=OpenFlow10,OpenFlow13,OpenFlow14
    of13 del-flows br0
    of13 add-flows br0 -
    | hard_timeout=0,idle_timeout=0,priority=0,table=0,cookie=0xa1,actions=resubmit(,60)
    | hard_timeout=0,idle_timeout=0,priority=10,table=0,cookie=0xa1,icmp6,in_port=1,icmp_type=136,actions=resubmit(,24)
    | hard_timeout=0,idle_timeout=0,priority=10,table=0,cookie=0xa1,in_port=1,arp,actions=resubmit(,24)
    | hard_timeout=0,idle_timeout=0,priority=9,table=0,cookie=0xa1,in_port=1,actions=resubmit(,25)
    | hard_timeout=0,idle_timeout=0,priority=2,table=24,cookie=0xa1,arp,in_port=1,arp_spa=10.0.0.1,actions=resubmit(,25)
    | hard_timeout=0,idle_timeout=0,priority=0,table=24,cookie=0xa1,actions=drop
    | hard_timeout=0,idle_timeout=0,priority=2,table=25,cookie=0xa1,in_port=1,dl_src=00:00:00:00:00:01,actions=resubmit(,60)
    | hard_timeout=0,idle_timeout=0,priority=100,table=60,cookie=0xa1,in_port=1,actions=load:0x1->NXM_NX_REG5[],load:0x5->NXM_NX_REG6[],resubmit(,71)
    | hard_timeout=0,idle_timeout=0,priority=90,table=60,cookie=0xa1,dl_dst=00:00:00:00:00:01,actions=load:0x1->NXM_NX_REG5[],load:0x5->NXM_NX_REG6[],resubmit(,81)
    | hard_timeout=0,idle_timeout=0,priority=3,table=60,cookie=0xa1,actions=NORMAL
    | table=71,priority=95,cookie=0xa1,icmp6,reg5=0x1,in_port=1,icmp_type=135,actions=resubmit(,94)
    | table=71,priority=95,cookie=0xa1,arp,reg5=0x1,in_port=1,dl_src=00:00:00:00:00:01,arp_spa=10.0.0.1,actions=resubmit(,94)
    | table=71,priority=65,cookie=0xa1,ip,reg5=0x1,in_port=1,dl_src=00:00:00:00:00:01,nw_src=10.0.0.1,actions=ct(table=72,zone=NXM_NX_REG6[0..15])
    | table=71,priority=10,cookie=0xa1,reg5=0x1,in_port=1,actions=ct_clear,resubmit(,93)
    | table=72,priority=73,cookie=0xa1,ct_state=+new-est,ip,reg5=0x1,nw_dst=10.0.0.2,actions=conjunction(20,1/2)
    | table=72,priority=73,cookie=0xa1,ct_state=+new-est,tcp,reg5=0x1,tp_dst=0x50/0xfff0,actions=conjunction(20,2/2)
    | table=72,priority=73,cookie=0xa1,conj_id=20,ct_state=+new-est,ip,reg5=0x1,actions=load:0x14->NXM_NX_REG7[],ct(commit,zone=NXM_NX_REG6[0..15]),resubmit(,94)
    | table=72,priority=50,cookie=0xa1,ct_state=+inv+trk,actions=resubmit(,93)
    | table=72,priority=50,cookie=0xa1,ct_mark=0x1,reg5=0x1,actions=resubmit(,93)
    | table=72,priority=50,cookie=0xa1,ct_state=+est-rel-rpl,ct_zone=5,ct_mark=0,reg5=0x1,actions=resubmit(,94)
    | table=72,priority=40,cookie=0xa1,ct_state=-est,reg5=0x1,actions=resubmit(,93)
    | table=81,priority=90,cookie=0xa1,ct_state=-trk,ip,reg5=0x1,actions=ct(table=82,zone=NXM_NX_REG6[0..15])
    | table=82,priority=50,cookie=0xa1,ct_state=+est-rel+rpl,ct_zone=5,ct_mark=0,reg5=0x1,actions=output:1
    | table=82,priority=40,cookie=0xa1,ct_state=-est,reg5=0x1,actions=resubmit(,93)
    | table=93,priority=0,cookie=0xa1,actions=drop
    | table=94,priority=1,cookie=0xa1,actions=NORMAL
    of13 --no-stats dump-flows br0
    in p2 $arp,dl_src=00:00:00:00:00:02,arp_spa=10.0.0.2,arp_tpa=10.0.0.1,arp_sha=00:00:00:00:00:02
    in p1 $tcp,tcp_flags=syn
    in p2 $tcp~,tcp_flags=syn|ack
    in p1 $tcp,tcp_flags=ack
    in p1 $tcp,tcp_dst=443,tcp_flags=syn
    in p1 $udp
    in p1 $arp,arp_spa=10.9.9.9
    in p3 $tcp~,dl_src=00:00:00:00:00:03,nw_src=10.0.0.3
    purge
    of13 dump-flows br0
    sent p1
    sent p2
    app dpctl/dump-conntrack zone=5
    of13 del-flows br0 cookie=0xa1/-1,table=72
    of13 add-flow br0 table=72,cookie=0xa2,priority=1,actions=drop
    of13 --no-stats dump-flows br0 cookie=0xa2/0xffffffffffffffff
  `,
  "OVN's controller over OpenFlow 1.5: bundles, groups, meters, paused packets, TLVs": `
    bridge br0 1 2 3
    of15 add-tlv-map br0 {class=0x102,type=0x80,len=4}->tun_metadata0
    of15 add-group br0 group_id=1,type=select,selection_method=dp_hash,bucket=bucket_id:0,weight:100,ct(nat(dst=10.0.0.2),commit,table=20),bucket=bucket_id:1,weight:100,ct(nat(dst=10.0.0.3),commit,table=20)
    of15 add-meter br0 meter=1,pktps,stats,band=type=drop,rate=10
    mon o 15 br0 65534
    of15 bundle br0 -
    | flow add table=0,priority=100,in_port=1,actions=load:0x1->NXM_NX_REG13[],load:0x2->NXM_NX_REG11[],load:0x1->OXM_OF_METADATA[],load:0x1->NXM_NX_REG14[],resubmit(,8)
    | flow add table=8,priority=50,reg14=0x1,metadata=0x1,dl_src=00:00:00:00:00:01,actions=resubmit(,9)
    | flow add table=8,priority=100,metadata=0x1,vlan_tci=0x1000/0x1000,actions=drop
    | flow add table=9,priority=100,metadata=0x1,arp,arp_op=1,arp_tpa=10.0.0.254,actions=move:NXM_OF_ETH_SRC[]->NXM_OF_ETH_DST[],set_field:00:00:00:00:00:fe->eth_src,set_field:2->arp_op,move:NXM_NX_ARP_SHA[]->NXM_NX_ARP_THA[],set_field:00:00:00:00:00:fe->arp_sha,push:NXM_OF_ARP_SPA[],push:NXM_OF_ARP_TPA[],pop:NXM_OF_ARP_SPA[],pop:NXM_OF_ARP_TPA[],move:NXM_NX_REG14[]->NXM_NX_REG15[],load:0x1->NXM_NX_REG10[0],resubmit(,40)
    | flow add table=9,priority=90,metadata=0x1,udp,tp_dst=53,actions=controller(userdata=00.00.00.06.00.00.00.00,pause,meter_id=1),resubmit(,10)
    | flow add table=9,priority=80,metadata=0x1,tcp,nw_dst=10.0.0.2,actions=resubmit(,10),note:00.01
    | flow add table=9,priority=1,metadata=0x1,icmp,actions=controller(userdata=00.00.00.0a)
    | flow add table=10,priority=10,metadata=0x1,tcp,actions=check_pkt_larger(1400)->NXM_NX_REG10[1],load:0x2->NXM_NX_REG15[],resubmit(,40)
    | flow add table=10,priority=9,metadata=0x1,ip,actions=load:0x2->NXM_NX_REG15[],resubmit(,40)
    | flow add table=20,priority=1,actions=load:0x3->NXM_NX_REG15[],resubmit(,40)
    | flow add table=40,priority=100,reg10=0x1/0x1,reg15=0x1,actions=push:NXM_OF_IN_PORT[],load:0->NXM_OF_IN_PORT[],output:1,pop:NXM_OF_IN_PORT[]
    | flow add table=40,priority=90,reg15=0x2,actions=clone(ct_clear,load:0->NXM_NX_REG11[],load:0->NXM_NX_REG12[],output:2)
    | flow add table=40,priority=80,reg15=0x3,actions=output:3
    of15 --no-stats dump-flows br0
    in p1 $arp,arp_tpa=10.0.0.254
    in p1 $tcp
    in p1 $udp,udp_dst=53
    in p1 $icmp
    in p1 dl_vlan=5,$tcp
    purge
    heard o
    of15 dump-flows br0
    sent p1
    sent p2
    of15 dump-groups br0
    of15 dump-tlv-map br0
    of15 ct-flush-zone br0 7
    trace br0 in_port=1,$tcp
    trace br0 in_port=1,$arp,arp_tpa=10.0.0.254
  `,
  "Antrea's: learnt session affinity, groups with registers, priorities by conjunction, meters": `
    bridge br0 1 2 3
    of15 add-group br0 group_id=9,type=select,bucket=bucket_id:0,weight:100,actions=set_field:0xa000002->reg3,set_field:80->reg4,resubmit:11,bucket=bucket_id:1,weight:0,actions=drop
    of15 bundle br0 -
    | flow add table=10,cookie=0x7000000000000,priority=200,tcp,nw_dst=10.96.0.1,tp_dst=443,actions=set_field:0x20000/0x70000->reg4,group:9
    | flow add table=0,priority=200,in_port=1,actions=set_field:0x3/0xf->reg0,goto_table:10
    | flow add table=11,priority=190,tcp,actions=learn(table=12,idle_timeout=160,fin_idle_timeout=5,priority=192,delete_learned,cookie=0x77,eth_type=0x800,nw_proto=6,OXM_OF_TCP_DST[],NXM_OF_IP_DST[],NXM_OF_IP_SRC[],load:NXM_NX_REG3[]->NXM_NX_REG3[],load:0x2->NXM_NX_REG4[16..18]),set_field:0x30000/0x70000->reg4,goto_table:13
    | flow add table=13,priority=100,ip,reg4=0x30000/0x70000,actions=ct(commit,table=14,zone=65520,exec(load:0x1->NXM_NX_CT_MARK[4],move:NXM_NX_REG0[0..3]->NXM_NX_CT_MARK[0..3]))
    | flow add table=14,priority=1,actions=output:2
    in p1 $tcp,nw_dst=10.96.0.1,tcp_dst=443
    purge
    of15 dump-flows br0
    of15 del-flows br0 table=11
    of15 dump-flows br0
    of10 mod-port br0 p2 no-flood
    of15 dump-ports-desc br0
    of15 dump-table-features br0
  `,
  "OpenNebula's and libvirt's flows of OpenFlow 1.0": `
    bridge br0 1 2 3
    of add-flow br0 in_port=1,arp,dl_src=00:00:00:00:00:01,priority=45000,actions=drop
    of add-flow br0 in_port=1,dl_src=00:00:00:00:00:01,priority=40000,actions=normal
    of add-flow br0 in_port=1,priority=39000,actions=normal
    of add-flow br0 tcp,dl_dst=00:00:00:00:00:01,tp_dst=0x16/0xfffe,actions=drop
    of add-flow br0 table=10,ip,in_port=2,actions=note:00.01.02,resubmit(,11)
    of add-flow br0 table=11,icmp6,actions=drop
    of dump-flows br0
    of dump-ports br0 1
    of dump-ports br0 p2
    of del-flows br0 in_port=1
    of dump-flows br0
    of show br0
    app revalidator/purge
  `,
  "POX's: OpenFlow 1.0 with Nicira's registers, learn and table numbers": `
    bridge br0 1 2 3 protocols=OpenFlow10
    of add-flow br0 table=0,priority=1,actions=learn(table=1,priority=5,idle_timeout=30,NXM_OF_ETH_DST[]=NXM_OF_ETH_SRC[],output:NXM_OF_IN_PORT[]),resubmit(,1)
    of add-flow br0 table=1,priority=0,actions=flood
    in p1 $eth
    in p2 $tcp~
    wait
    in p1 $eth
    purge
    of dump-flows br0
    warp 31000 5000
    of dump-flows br0
    of dump-flows br0 table=1
  `,
};
