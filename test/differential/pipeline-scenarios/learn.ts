import type { PipelineScenarios } from "./scenarios.js";

/** The learn action. */
export const learn: PipelineScenarios = {
  "a learning switch": `
    + table=0,actions=learn(table=1,hard_timeout=60,NXM_OF_VLAN_TCI[0..11],NXM_OF_ETH_DST[]=NXM_OF_ETH_SRC[],output:NXM_OF_IN_PORT[]),resubmit(,1)
    + table=1,priority=0,actions=flood
    in p1 $tcp
    flows br0 table=1
    in p2 $tcp~
    flows br0 table=1
    dp
    ports
  `,
  "learn again renews": `
    + in_port=1,actions=learn(table=1,idle_timeout=10,hard_timeout=20,NXM_OF_ETH_DST[]=NXM_OF_ETH_SRC[],output:NXM_OF_IN_PORT[])
    in p1 $tcp
    warp 5000
    flows br0 table=1
    in p1 $udp
    flows br0 table=1
    warp 12000
    flows br0 table=1
  `,
  "a packet in the datapath renews what it taught": `
    + in_port=1,actions=learn(table=1,hard_timeout=10,NXM_OF_ETH_DST[]=NXM_OF_ETH_SRC[],output:NXM_OF_IN_PORT[])
    in p1 $tcp
    warp 6000
    in p1 $tcp
    wait
    warp 6000
    flows br0 table=1
  `,
  "cookies, priorities, flags": `
    + in_port=1,actions=learn(table=2,priority=77,cookie=0x99,send_flow_rem,fin_idle_timeout=2,fin_hard_timeout=4,idle_timeout=9,dl_type=0x800,nw_proto=6,NXM_OF_IP_SRC[]=NXM_OF_IP_DST[],load:NXM_OF_IN_PORT[]->NXM_NX_REG0[0..15],load:5->NXM_NX_REG1[])
    flows
    in p1 $tcp
    flows br0 table=2
    trace in_port=1,$tcp
  `,
  delete_learned: `
    + cookie=5,in_port=1,actions=learn(delete_learned,cookie=0x11,table=1,NXM_OF_ETH_DST[]=NXM_OF_ETH_SRC[],output:NXM_OF_IN_PORT[])
    in p1 $tcp
    flows
    of del-flows br0 cookie=5/-1
    flows
  `,
  "delete_learned waits for the last": `
    + in_port=1,actions=learn(delete_learned,cookie=0x11,table=1,NXM_OF_ETH_DST[]=NXM_OF_ETH_SRC[],load:1->NXM_NX_REG0[0..15])
    + in_port=2,actions=learn(delete_learned,cookie=0x11,table=1,NXM_OF_ETH_DST[]=NXM_OF_ETH_SRC[],load:2->NXM_NX_REG0[0..15])
    in p1 $tcp
    in p2 $tcp~
    of del-flows br0 in_port=1
    flows
    of del-flows br0 in_port=2
    flows
  `,
  "a limit of learned flows": `
    + in_port=1,actions=learn(table=1,limit=2,cookie=0x7,NXM_OF_ETH_DST[]=NXM_OF_ETH_SRC[],load:1->NXM_NX_REG0[0..15]),2
    + in_port=2,actions=learn(table=1,limit=2,result_dst=NXM_NX_REG0[0],cookie=0x7,NXM_OF_ETH_DST[]=NXM_OF_ETH_SRC[],load:1->NXM_NX_REG0[0..15]),output:NXM_NX_REG0[]
    in p1 $tcp,dl_src=00:00:00:00:00:11
    in p1 $tcp,dl_src=00:00:00:00:00:12
    in p1 $tcp,dl_src=00:00:00:00:00:13
    in p2 $tcp,dl_src=00:00:00:00:00:14
    flows br0 table=1
    trace in_port=2,$tcp
    ports
  `,
  "fields of literals and parts of fields": `
    + in_port=1,ip,actions=learn(table=1,eth_type=0x800,NXM_OF_IP_DST[]=NXM_OF_IP_SRC[],load:NXM_OF_IP_SRC[8..15]->NXM_NX_REG6[3..10],reg3=0x55,metadata=7,load:0x1234->NXM_NX_REG2[0..15],load:NXM_OF_ETH_SRC[0..31]->NXM_NX_REG4[],output:NXM_NX_REG5[0..15])
    trace in_port=1,$tcp,reg5=3
    in p1 $tcp
    flows br0 table=1
  `,
  "learned into the table it is in": `
    + priority=1,in_port=1,actions=learn(priority=10,idle_timeout=60,in_port=2,NXM_OF_ETH_DST[]=NXM_OF_ETH_SRC[],output:NXM_OF_IN_PORT[]),2
    in p1 $tcp
    in p2 $tcp~
    in p1 $tcp
    purge
    flows
    ports
  `,
  "fin timeouts of learned flows": `
    + priority=1,in_port=1,tcp,actions=learn(table=0,priority=10,idle_timeout=60,fin_idle_timeout=3,in_port=2,eth_type=0x800,nw_proto=6,NXM_OF_TCP_DST[]=NXM_OF_TCP_SRC[],load:1->NXM_NX_REG0[0..15]),2
    in p1 $tcp
    in p2 $tcp~,tcp_flags=fin|ack
    flows
    warp 4000
    flows
  `,
  "learn without a packet does not learn": `
    + in_port=1,actions=learn(table=1,NXM_OF_ETH_DST[]=NXM_OF_ETH_SRC[],load:1->NXM_NX_REG0[0..15])
    trace in_port=1,$tcp
    flows
  `,
  "learn with prerequisites that lack": `
    of add-flow br0 actions=learn(table=1,NXM_OF_IP_SRC[])
    of add-flow br0 ip,actions=learn(table=1,NXM_OF_IP_SRC[])
    of add-flow br0 ip,actions=learn(table=1,dl_type=0x800,NXM_OF_IP_SRC[])
    of add-flow br0 actions=learn(table=1,hard_timeout=x)
    flows
  `,
  "learned flows in monitors": `
    + in_port=1,actions=learn(table=1,cookie=9,send_flow_rem,hard_timeout=3,NXM_OF_ETH_DST[]=NXM_OF_ETH_SRC[],load:1->NXM_NX_REG0[0..15])
    mon c br0 watch:
    mon d 13 br0 65534
    in p1 $tcp
    warp 4000
  `,
  "learn of a table that is full": `
    vsctl -- --id=@t create flow_table flow_limit=1 -- set bridge br0 flow_tables:1=@t
    + in_port=1,actions=learn(table=1,NXM_OF_ETH_DST[]=NXM_OF_ETH_SRC[],load:1->NXM_NX_REG0[0..15]),2
    in p1 $tcp,dl_src=00:00:00:00:00:11
    in p1 $tcp,dl_src=00:00:00:00:00:12
    flows br0 table=1
    ports
  `,
};
