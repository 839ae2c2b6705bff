import type { PipelineScenarios } from "./scenarios.js";

/** What is installed in the datapath, and what is counted where. */
export const megaflows: PipelineScenarios = {
  "only what was looked at is matched": `
    + priority=10,in_port=1,dl_dst=00:00:00:00:00:02,actions=2
    + priority=5,in_port=1,ip,nw_dst=10.0.0.0/24,actions=3
    in p1 $tcp
    in p1 $tcp,dl_dst=00:00:00:00:00:03
    in p1 $arp
    in p1 $tcp,dl_dst=00:00:00:00:00:04,nw_dst=11.0.0.1
    dp
    dpm
  `,
  "tables gather what they look at": `
    + table=0,in_port=1,actions=resubmit(,1),resubmit(,2)
    + table=1,dl_src=00:00:00:00:00:01,actions=set_field:1->reg0
    + table=2,reg0=1,tcp,tp_dst=80,actions=2
    + table=2,reg0=0,actions=3
    in p1 $tcp
    in p1 $tcp,tcp_dst=81
    in p1 $tcp,dl_src=00:00:00:00:00:05
    in p1 $udp
    dp
  `,
  "fields that are set need not match": `
    + table=0,ip,actions=mod_nw_dst:9.9.9.9,mod_nw_tos:8,resubmit(,1)
    + table=1,ip,nw_dst=9.9.9.9,nw_tos=8,actions=2
    in p1 $tcp
    dp
  `,
  "revalidation after a change of flows": `
    + in_port=1,actions=2
    in p1 $tcp
    in p1 $udp
    dp
    of mod-flows br0 actions=3
    wait
    dp
    in p1 $tcp
    of add-flow br0 priority=40000,in_port=1,tcp,actions=4
    wait
    dp
    in p1 $tcp
    purge
    flows
    ports
  `,
  "flows go when nothing uses them": `
    + in_port=1,actions=2
    in p1 $tcp
    dp
    warp 5000 1000
    in p1 $tcp
    warp 7000 1000
    dp
    warp 12000 1000
    dp
    flows
  `,
  "max-idle": `
    vsctl set open_vswitch . other_config:max-idle=2000
    + in_port=1,actions=2
    in p1 $tcp
    in p1 $tcp
    warp 1000 500
    dp
    warp 3000 500
    dp
    flows
  `,
  "statistics of a deleted flow are told": `
    mon c 13 br0 65534
    + send_flow_rem,in_port=1,actions=2
    in p1 $tcp
    in p1 $tcp
    in p1 $tcp
    wait
    of13 del-flows br0
    wait
  `,
  "statistics over a replaced flow": `
    + in_port=1,actions=2
    in p1 $tcp
    in p1 $tcp
    of mod-flows br0 in_port=1,actions=3
    wait
    in p1 $tcp
    in p1 $tcp
    purge
    flows
    ports
  `,
  "statistics of tables that were passed": `
    + table=0,in_port=1,actions=goto_table:1
    + table=1,tcp,actions=goto_table:2
    + table=2,actions=2
    in p1 $tcp
    in p1 $tcp
    in p1 $tcp
    wait
    flows
    of13 dump-tables br0
    of13 dump-aggregate br0
  `,
  "statistics of groups and meters through the datapath": `
    m meter=1,pktps,stats,band=type=drop,rate=100
    g group_id=1,type=all,bucket=output:2,bucket=output:3
    + in_port=1,actions=meter:1,group:1
    in p1 $tcp
    in p1 $tcp
    in p1 $tcp
    purge
    gstats
    of13 meter-stats br0
    flows
  `,
  "no megaflows": `
    app upcall/disable-megaflows
    + in_port=1,actions=2
    in p1 $tcp
    in p1 $tcp,tcp_dst=81
    dp
    app upcall/enable-megaflows
    in p1 $tcp
    dp
  `,
  "a limit of flows in the datapath": `
    app upcall/set-flow-limit 2
    + priority=1,tcp,tp_dst=80,actions=2
    + priority=1,tcp,tp_dst=81,actions=2
    + priority=1,tcp,tp_dst=82,actions=2
    in p1 $tcp
    in p1 $tcp,tcp_dst=81
    in p1 $tcp,tcp_dst=82
    purge
    flows
    app upcall/set-flow-limit 200000
  `,
  "filters of dumps": `
    + actions=2
    in p1 $tcp
    in p3 $udp
    app dpctl/dump-flows filter=in_port(1)
    app dpctl/dump-flows filter=tcp
    app dpctl/dump-flows type=dp
    app dpctl/dump-flows nosuch
    app dpif/dump-flows br0
    app dpif/dump-flows -m br0
    app dpctl/dump-flows --names
  `,
  "a flow for each port and for each VLAN": `
    + in_port=1,dl_vlan=5,actions=2
    + in_port=1,vlan_tci=0,actions=3
    + priority=1,actions=4
    in p1 $tcp,dl_vlan=5
    in p1 $tcp,dl_vlan=6
    in p1 $tcp
    in p2 $tcp
    dp
  `,
  "TTLs and TOS of megaflows": `
    + priority=5,ip,nw_ttl=1,actions=2
    + priority=4,ip,nw_tos=32,actions=3
    + priority=3,ip,nw_ecn=3,actions=4
    + priority=1,actions=1
    in p1 $tcp
    in p1 $tcp,nw_ttl=1
    in p1 $tcp,nw_tos=32
    in p1 $tcp,nw_ecn=3
    dp
  `,
  "TCP flags, ARP and ND fields of megaflows": `
    + tcp,tcp_flags=+syn-ack,actions=2
    + arp,arp_spa=10.0.0.0/24,arp_op=1,actions=3
    + icmp6,icmpv6_type=135,nd_target=fd00::/64,actions=4
    + priority=1,actions=LOCAL
    in p1 $tcp,tcp_flags=syn
    in p1 $tcp,tcp_flags=ack
    in p1 $arp
    in p1 $arp,arp_op=2
    in p1 $ns
    in p1 $na
    dp
  `,
  "MPLS, IPv6 labels and fragments of megaflows": `
    + mpls,mpls_label=100,actions=2
    + mpls,mpls_tc=1,actions=3
    + ipv6,ipv6_label=0x5,actions=3
    + ip,ip_frag=later,actions=4
    + priority=1,actions=LOCAL
    in p1 $mpls
    in p1 $mpls,mpls_label=101
    in p1 $tcp6
    in p1 $udp,nw_frag=later
    dp
  `,
  "drops in coverage": `
    + in_port=1,actions=drop
    + in_port=2,actions=resubmit(,5)
    in p1 $tcp
    in p2 $tcp
    in p3 $tcp
    dp
    counted drop_action_of_pipeline
    counted drop_action_recursion_too_deep
    app coverage/read-counter nosuch
  `,
  "drops that are explicit": `
    bare
    bridge br0 1 2
    app dpif/show-dp-features br0
    app dpif/set-dp-features br0 explicit_drop_action false
    + in_port=1,actions=drop
    in p1 $tcp
    dp
  `,
  "tunnel metadata and maps": `
    of dump-tlv-map br0
    of add-tlv-map br0 {class=0xffff,type=0,len=4}->tun_metadata0,{class=0xffff,type=1,len=8}->tun_metadata1
    of dump-tlv-map br0
    + tun_metadata0=0x12345678,actions=2
    + actions=set_field:0x55->tun_metadata1,3
    flows
    trace in_port=1,tun_metadata0=0x12345678,$tcp
    of add-tlv-map br0 {class=0xffff,type=0,len=8}->tun_metadata0
    of del-tlv-map br0 {class=0xffff,type=0,len=4}->tun_metadata0
    of del-flows br0
    of del-tlv-map br0
    of dump-tlv-map br0
  `,
  "tlv map errors": `
    of add-tlv-map br0 {class=0xffff,type=0,len=4}->tun_metadata0
    of add-tlv-map br0 {class=0xffff,type=1,len=4}->tun_metadata0
    of add-tlv-map br0 {class=0xffff,type=2,len=6}->tun_metadata1
    of add-tlv-map br0 {class=0xffff,type=2,len=4}->tun_metadata64
    of del-tlv-map br0 {class=0xffff,type=7,len=4}->tun_metadata7
    of dump-tlv-map br0
  `,
  "flows that match the whole Ethernet header": `
    + dl_src=00:00:00:00:00:01,dl_dst=00:00:00:00:00:02,dl_type=0x0800,nw_proto=17,nw_src=10.0.0.1,nw_dst=10.0.0.2,tp_src=1000,tp_dst=80,actions=2
    in p1 $udp
    in p1 $udp,udp_src=1001
    in p1 $tcp
    in p1 $arp
    dp
  `,
};
