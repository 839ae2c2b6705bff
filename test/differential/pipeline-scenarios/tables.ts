import type { PipelineScenarios } from "./scenarios.js";

/** Tables: limits, eviction, statistics, features, prefixes, conjunctive matches. */
export const tables: PipelineScenarios = {
  "a limit refuses": `
    vsctl -- --id=@t create flow_table name=one flow_limit=2 -- set bridge br0 flow_tables:1=@t
    + table=1,in_port=1,actions=2
    + table=1,in_port=2,actions=2
    + table=1,in_port=3,actions=2
    + table=1,in_port=1,actions=3
    flows
  `,
  "a limit evicts the flow that ends first": `
    vsctl -- --id=@t create flow_table flow_limit=3 overflow_policy=evict -- set bridge br0 flow_tables:0=@t
    mon c 14 br0 65534
    + send_flow_rem,hard_timeout=50,in_port=1,actions=2
    + send_flow_rem,hard_timeout=20,in_port=2,actions=2
    + send_flow_rem,idle_timeout=30,in_port=3,actions=2
    + in_port=4,hard_timeout=90,actions=2
    flows
    + in_port=5,hard_timeout=90,actions=2
    flows
  `,
  "flows without timeouts are not evicted": `
    vsctl -- --id=@t create flow_table flow_limit=2 overflow_policy=evict -- set bridge br0 flow_tables:0=@t
    + in_port=1,actions=2
    + in_port=2,actions=2
    + in_port=3,actions=2
    flows
    + in_port=2,hard_timeout=7,actions=2
    + in_port=3,actions=2
    flows
  `,
  "eviction by importance": `
    vsctl -- --id=@t create flow_table flow_limit=3 overflow_policy=evict -- set bridge br0 flow_tables:0=@t
    + importance=30,in_port=1,actions=2
    + importance=10,in_port=2,actions=2
    + importance=20,in_port=3,actions=2
    + importance=1,in_port=4,actions=2
    flows
    + importance=40,in_port=5,actions=2
    flows
  `,
  "eviction groups": `
    vsctl -- --id=@t create flow_table flow_limit=4 overflow_policy=evict groups='"NXM_OF_IN_PORT[]"' -- set bridge br0 flow_tables:0=@t
    + idle_timeout=50,in_port=1,tcp,tp_dst=1,actions=2
    + idle_timeout=40,in_port=1,tcp,tp_dst=2,actions=2
    + idle_timeout=30,in_port=1,tcp,tp_dst=3,actions=2
    + idle_timeout=10,in_port=2,tcp,tp_dst=4,actions=2
    + idle_timeout=10,in_port=2,tcp,tp_dst=5,actions=2
    flows
  `,
  "a limit lowered evicts at once": `
    + idle_timeout=50,in_port=1,actions=2
    + idle_timeout=40,in_port=2,actions=2
    + idle_timeout=30,in_port=3,actions=2
    + in_port=4,actions=2
    vsctl -- --id=@t create flow_table flow_limit=2 overflow_policy=evict -- set bridge br0 flow_tables:0=@t
    flows
  `,
  "table names and limits in what is shown": `
    vsctl -- --id=@t create flow_table name=first flow_limit=5 -- --id=@u create flow_table name=second prefixes=ip_dst -- set bridge br0 flow_tables:0=@t flow_tables:1=@u
    of13 dump-tables br0
    of15 dump-table-features br0
    of15 --names dump-flows br0
    + table=first,actions=goto_table:second
  `,
  "dump-tables counts lookups and matches": `
    + in_port=1,actions=goto_table:1
    + table=1,tcp,actions=2
    in p1 $tcp
    in p1 $tcp
    in p1 $udp
    in p2 $udp
    purge
    of10 dump-tables br0
    of13 dump-tables br0
    of15 dump-tables br0
  `,
  "dump-tables of each version, empty": `
    of10 dump-tables br0
    of11 dump-tables br0
    of12 dump-tables br0
    of14 dump-tables br0
  `,
  "table features": `
    of13 dump-table-features br0
    of15 dump-table-features br0
  `,
  "table description": `
    of14 dump-table-desc br0
    of15 dump-table-desc br0
    of14 mod-table br0 3 evict
    of14 mod-table br0 4 vacancy:20,80
    of14 dump-table-desc br0
    of14 mod-table br0 3 noevict
    of14 mod-table br0 4 novacancy
    of15 dump-table-desc br0
  `,
  "mod-table: what a miss does": `
    of11 mod-table br0 0 continue
    + table=1,actions=3
    trace in_port=1,$tcp
    of11 mod-table br0 0 controller
    trace in_port=1,$tcp
    of12 mod-table br0 0 drop
    trace in_port=1,$tcp
    of11 dump-tables br0
    of11 mod-table br0 1 nonsense
    of13 mod-table br0 0 controller
  `,
  "mod-table for all tables": `
    of11 mod-table br0 all continue
    + table=200,actions=3
    trace in_port=1,$tcp
  `,
  "vacancy events": `
    vsctl -- --id=@t create flow_table flow_limit=5 -- set bridge br0 flow_tables:0=@t
    of14 mod-table br0 0 vacancy:20,60
    mon c 14 br0 65534
    + in_port=1,actions=2
    + in_port=2,actions=2
    + in_port=3,actions=2
    + in_port=4,actions=2
    + in_port=5,actions=2
    of14 dump-table-desc br0
    of14 del-flows br0 in_port=1
    of14 del-flows br0 in_port=2
    of14 del-flows br0 in_port=3
    of14 dump-table-desc br0
  `,
  "evict by table-mod": `
    vsctl -- --id=@t create flow_table flow_limit=2 -- set bridge br0 flow_tables:0=@t
    of14 mod-table br0 0 evict
    + idle_timeout=5,in_port=1,actions=2
    + idle_timeout=6,in_port=2,actions=2
    + in_port=3,actions=2
    flows
  `,
  conjunction: `
    + conj_id=1,actions=4
    + ip,nw_src=10.0.0.1,actions=conjunction(1,1/2)
    + ip,nw_src=10.0.0.3,actions=conjunction(1,1/2)
    + tcp,tp_dst=80,actions=conjunction(1,2/2)
    + udp,tp_dst=80,actions=conjunction(1,2/2)
    + priority=1,actions=3
    trace in_port=1,$tcp
    trace in_port=1,$udp
    trace in_port=1,$tcp,nw_src=10.0.0.2
    trace in_port=1,$tcp,tcp_dst=443
  `,
  "conjunctions of three clauses that share flows": `
    + priority=10,conj_id=1,actions=2
    + priority=10,conj_id=2,actions=3
    + priority=10,in_port=1,actions=conjunction(1,1/3),conjunction(2,1/2)
    + priority=10,ip,nw_dst=10.0.0.2,actions=conjunction(1,2/3)
    + priority=10,tcp,tp_dst=80,actions=conjunction(1,3/3),conjunction(2,2/2)
    + priority=0,actions=4
    trace in_port=1,$tcp
    trace in_port=1,$tcp,nw_dst=10.0.0.9
    trace in_port=2,$tcp
    flows
  `,
  "conjunction and a flow of its own priority": `
    + priority=10,conj_id=1,actions=2
    + priority=10,in_port=1,actions=conjunction(1,1/2)
    + priority=10,tcp,actions=conjunction(1,2/2)
    + priority=10,in_port=1,tcp,tp_dst=80,actions=3
    + priority=9,actions=4
    trace in_port=1,$tcp
    trace in_port=1,$tcp,tcp_dst=81
    trace in_port=1,$udp
  `,
  "conjunction with a note, and what is refused": `
    + in_port=1,actions=conjunction(1,1/2),note:01.02
    of13 add-flow br0 actions=conjunction(1,1/2),output:1
    of13 add-flow br0 actions=conjunction(1,3/2)
    of13 add-flow br0 actions=conjunction(1,1/65)
    of13 add-flow br0 actions=write_actions(conjunction(1,1/2))
    flows
  `,
  "conj_id with resubmit": `
    + conj_id=5,actions=resubmit(,1)
    + in_port=1,actions=conjunction(5,1/2)
    + tcp,actions=conjunction(5,2/2)
    + table=1,conj_id=5,actions=2
    + table=1,priority=1,actions=3
    trace in_port=1,$tcp
  `,
  "prefixes keep megaflows wide": `
    + priority=10,ip,nw_dst=10.1.0.0/16,actions=2
    + priority=9,ip,nw_dst=10.2.3.0/24,actions=3
    + priority=8,ip,nw_src=192.168.0.1,actions=4
    + priority=1,actions=drop
    trace in_port=1,$tcp,nw_dst=10.1.9.9
    trace in_port=1,$tcp,nw_dst=10.2.3.9
    trace in_port=1,$tcp,nw_dst=11.0.0.1
    trace in_port=1,$tcp,nw_dst=128.0.0.1,nw_src=192.168.0.1
  `,
  "prefixes of IPv6 by Flow_Table": `
    vsctl -- --id=@t create flow_table prefixes=ipv6_dst,ipv6_src -- set bridge br0 flow_tables:0=@t
    + priority=10,ipv6,ipv6_dst=fd00:1::/32,actions=2
    + priority=9,ipv6,ipv6_src=fd00:2::/64,actions=3
    + priority=1,actions=drop
    trace in_port=1,$tcp6,ipv6_dst=fd00:1::5
    trace in_port=1,$tcp6,ipv6_dst=fd00:3::5
    trace in_port=1,$tcp6,ipv6_src=fd00:2::5
  `,
  "no prefixes": `
    vsctl -- --id=@t create flow_table prefixes=none -- set bridge br0 flow_tables:0=@t
    + priority=10,ip,nw_dst=10.1.0.0/16,actions=2
    + priority=9,ip,nw_dst=10.2.3.0/24,actions=3
    trace in_port=1,$tcp,nw_dst=10.1.9.9
    trace in_port=1,$tcp,nw_dst=11.0.0.1
  `,
  "ports keep megaflows wide by their bits": `
    + priority=10,tcp,tp_dst=80,actions=2
    + priority=10,tcp,tp_dst=443,actions=3
    + priority=9,udp,tp_dst=0x100/0xff00,actions=3
    trace in_port=1,$tcp
    trace in_port=1,$tcp,tcp_dst=8080
    trace in_port=1,$tcp,tcp_dst=40000
    trace in_port=1,$udp,udp_dst=300
    trace in_port=1,$udp,udp_dst=53
  `,
  "staged lookup leaves later stages out": `
    + priority=10,in_port=2,tcp,tp_dst=80,actions=3
    + priority=9,in_port=1,dl_dst=00:00:00:00:00:03,ip,nw_src=10.0.0.1,actions=3
    + priority=1,actions=4
    trace in_port=1,$tcp
    trace in_port=2,$tcp,tcp_dst=81
    trace in_port=3,$arp
  `,
  "metadata and registers partition a table": `
    + in_port=1,actions=set_field:1->metadata,resubmit(,1)
    + in_port=2,actions=set_field:2->metadata,resubmit(,1)
    + table=1,metadata=1,ip,nw_dst=10.0.0.2,actions=3
    + table=1,metadata=2,tcp,tp_dst=80,actions=4
    + table=1,priority=1,actions=drop
    trace in_port=1,$tcp
    trace in_port=2,$tcp
    trace in_port=2,$udp
    trace in_port=3,$udp
  `,
};
