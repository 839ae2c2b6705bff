import type { PipelineScenarios } from "./scenarios.js";

/** Timeouts under virtual time, and what controllers hear of flows that go. */
export const timeouts: PipelineScenarios = {
  "hard timeout": `
    + hard_timeout=5,in_port=1,actions=2
    + in_port=2,actions=2
    warp 4000
    flows
    warp 2000
    flows
  `,
  "idle timeout without packets": `
    + idle_timeout=5,in_port=1,actions=2
    warp 4000
    flows
    warp 2000
    flows
  `,
  "idle timeout that packets put off": `
    + idle_timeout=10,in_port=1,actions=2
    warp 6000
    in p1 $tcp
    purge
    warp 6000
    flows
    warp 6000
    flows
  `,
  "idle and hard timeouts together": `
    + idle_timeout=4,hard_timeout=9,in_port=1,actions=2
    warp 3000
    in p1 $tcp
    purge
    warp 3000
    in p1 $tcp
    purge
    flows
    warp 4000
    flows
  `,
  "modify puts off the hard timeout": `
    + hard_timeout=10,in_port=1,actions=2
    warp 6000
    of15 mod-flows br0 in_port=1,actions=3
    warp 6000
    flows
    warp 6000
    flows
  `,
  "add again begins anew": `
    + hard_timeout=10,idle_timeout=20,in_port=1,actions=2
    warp 6000
    + hard_timeout=10,in_port=1,actions=2
    flows
    warp 6000
    flows
  `,
  "flow-removed: idle, hard, delete, of OpenFlow 1.0": `
    mon c br0 65534
    of10 add-flow br0 send_flow_rem,cookie=1,idle_timeout=2,in_port=1,actions=2
    of10 add-flow br0 send_flow_rem,cookie=2,hard_timeout=3,in_port=2,actions=2
    of10 add-flow br0 send_flow_rem,cookie=3,in_port=3,actions=2
    of10 add-flow br0 idle_timeout=2,in_port=4,actions=2
    in p1 $tcp
    purge
    warp 2500
    warp 2000
    heard c
    of10 del-flows br0 in_port=3
  `,
  "flow-removed of OpenFlow 1.3": `
    mon c 13 br0 65534
    of13 add-flow br0 send_flow_rem,cookie=1,idle_timeout=2,tcp,tp_dst=80,actions=2
    of13 add-flow br0 send_flow_rem,cookie=2,hard_timeout=3,priority=7,in_port=2,actions=2
    of13 add-flow br0 table=7,send_flow_rem,cookie=3,in_port=3,actions=2
    in p1 $tcp
    purge
    warp 2500
    warp 2000
    heard c
    of13 del-flows br0
  `,
  "flow-removed of OpenFlow 1.4 and 1.5": `
    mon c 14 br0 65534
    mon d 15 br0 65534
    of14 add-flow br0 send_flow_rem,importance=5,cookie=1,idle_timeout=2,tcp,tp_dst=80,actions=2
    of15 add-flow br0 send_flow_rem,cookie=2,hard_timeout=3,priority=7,in_port=2,actions=2
    in p1 $tcp
    purge
    warp 2500
    warp 2000
  `,
  "flow-removed with durations below a second": `
    mon c 13 br0 65534
    of13 add-flow br0 send_flow_rem,in_port=1,actions=2
    warp 1234
    flows
    of13 del-flows br0 in_port=1
  `,
  "flow-removed of a flow that a group's end takes away": `
    mon c 13 br0 65534
    g group_id=1,type=all,bucket=output:2
    + send_flow_rem,in_port=1,actions=group:1
    of13 del-groups br0 group_id=1
    flows
  `,
  "no flow-removed for a replaced flow": `
    mon c 13 br0 65534
    of13 add-flow br0 send_flow_rem,in_port=1,actions=2
    of13 add-flow br0 in_port=1,actions=3
    of13 del-flows br0
  `,
  "send_flow_rem of a modified flow": `
    mon c 13 br0 65534
    of13 add-flow br0 send_flow_rem,cookie=9,in_port=1,actions=2
    of13 mod-flows br0 in_port=1,actions=3
    of13 del-flows br0
    wait
    flows
  `,
  "the meter's end takes flows": `
    mon c 13 br0 65534
    m meter=3,pktps,band=type=drop,rate=10
    of13 add-flow br0 send_flow_rem,in_port=1,actions=meter:3,output:2
    of13 del-meters br0
    flows
  `,
  fin_timeout: `
    + in_port=1,tcp,idle_timeout=60,hard_timeout=90,actions=fin_timeout(idle_timeout=5,hard_timeout=15),output:2
    trace in_port=1,$tcp
    in p1 $tcp
    purge
    flows
    in p1 $tcp,tcp_flags=fin|ack
    flows
    warp 6000
    flows
  `,
  "fin_timeout sees FIN and RST in later packets of a megaflow": `
    + in_port=1,tcp,idle_timeout=60,actions=fin_timeout(idle_timeout=5),output:2
    in p1 $tcp,tcp_flags=ack
    in p1 $tcp,tcp_flags=ack
    in p1 $tcp,tcp_flags=rst
    dp
    purge
    flows
  `,
  "idle_age and hard_age": `
    + in_port=1,actions=2
    warp 2000
    in p1 $tcp
    purge
    warp 3000
    of10 dump-flows br0
    of10 mod-flows br0 in_port=1,actions=3
    warp 1000
    of10 dump-flows br0
    of13 dump-flows br0
  `,
  "traffic in the datapath alone keeps a flow alive": `
    + idle_timeout=10,in_port=1,actions=2
    in p1 $tcp
    warp 4000
    in p1 $tcp
    wait
    warp 4000
    in p1 $tcp
    wait
    warp 4000
    flows
    warp 8000
    flows
  `,
};
