import type { PipelineScenarios } from "./scenarios.js";

/** Bundles: all or nothing. */
export const bundles: PipelineScenarios = {
  "flows of a bundle come together": `
    of14 --bundle add-flows br0 -
    | in_port=1,actions=2
    | in_port=2,actions=1
    | table=1,tcp,actions=3
    flows
    of14 --bundle mod-flows br0 actions=4
    flows
    of14 --bundle del-flows br0 in_port=1
    flows
  `,
  "one that fails takes all back": `
    + in_port=1,actions=2
    of14 --bundle add-flows br0 -
    | in_port=2,actions=3
    | delete in_port=1
    | check_overlap,in_port=2,tcp,actions=4
    | in_port=3,actions=group:99
    flows
  `,
  "check_overlap within a bundle": `
    of14 --bundle add-flows br0 -
    | priority=5,tcp,actions=3
    | check_overlap,priority=5,tcp,tp_dst=80,actions=4
    flows
    of14 --bundle add-flows br0 -
    | priority=5,tcp,actions=3
    | delete tcp
    | check_overlap,priority=5,tcp,tp_dst=80,actions=4
    flows
  `,
  "groups, flows and packet-outs in a bundle": `
    of14 bundle br0 -
    | group add group_id=1,type=all,bucket=output:2
    | flow add in_port=1,actions=group:1
    | packet-out in_port=1,packet=00000000000200000000000112345678,actions=table
    groups
    flows
    ports
  `,
  "groups that fail": `
    of14 bundle br0 -
    | group add group_id=1,type=all,bucket=output:2
    | flow add in_port=1,actions=group:1
    | group add group_id=1,type=all,bucket=output:3
    groups
    flows
  `,
  "a group changed and taken away": `
    g group_id=1,type=all,bucket=output:2
    + in_port=1,actions=group:1
    of14 bundle br0 -
    | group modify group_id=1,type=all,bucket=output:3
    | flow add in_port=2,actions=group:1
    | group delete group_id=1
    groups
    flows
  `,
  "limits within a bundle": `
    vsctl -- --id=@t create flow_table flow_limit=2 -- set bridge br0 flow_tables:0=@t
    of14 --bundle add-flows br0 -
    | in_port=1,actions=2
    | in_port=2,actions=2
    | in_port=3,actions=2
    flows
    of14 --bundle add-flows br0 -
    | in_port=1,actions=2
    | in_port=2,actions=2
    | delete in_port=1
    | in_port=3,actions=2
    flows
  `,
  "counters through a bundle": `
    + in_port=1,actions=2
    in p1 $tcp
    purge
    of14 --bundle mod-flows br0 in_port=1,actions=3
    wait
    in p1 $tcp
    purge
    flows
  `,
  "replace-flows in a bundle": `
    + in_port=1,actions=2
    + in_port=2,actions=2
    of14 --bundle replace-flows br0 -
    | in_port=1,actions=3
    | in_port=4,actions=3
    flows
  `,
  "opened, filled, closed, committed": `
    mon a 14 br0 65534
    send a 05210010000000010000000100000003
    send a 05210010000000010000000100000003
    heard a
    send a 05220048000000020000000100000003050e00380000000200000000000000000000000000000000000000000000800000000000ffffffffffffffff00000000
    send a 05210010000000030000000100020003
    heard a
    send a 05210010000000040000000100040003
    heard a
    flows
  `,
  "bundles in the wrong state": `
    mon a 14 br0 65534
    send a 05210010000000010000000700020003
    send a 05210010000000020000000700040003
    send a 05210010000000030000000700060003
    send a 05210010000000040000000700000003
    send a 05210010000000050000000700000003
    send a 05210010000000060000000700020001
    send a 05210010000000070000000700020003
    send a 05210010000000080000000700020003
    send a 05210010000000090000000700000008
    send a 052100100000000a0000000700070003
    heard a
  `,
  discarded: `
    mon a 14 br0 65534
    send a 05210010000000010000000100000003
    send a 05220050000000020000000100000003050e0040000000020000
    send a 05210010000000030000000100060003
    heard a
    flows
  `,
  "a message that does not belong": `
    mon a 14 br0 65534
    send a 05210010000000010000000100000003
    send a 052200180000000200000001000000030502000800000002
    send a 052200180000000200000001000000030502000800000002
    send a 052200180000000200000001000000030502000800000002
    send a 052200180000000200000001000000030502000800000099
    heard a
  `,
  "bundles of Nicira's extension": `
    of10 --bundle add-flows br0 -
    | in_port=1,actions=2
    | in_port=2,actions=1
    of13 --bundle add-flow br0 in_port=3,actions=1
    flows
  `,
  "learned and hidden flows stay out of it": `
    + in_port=1,actions=learn(table=1,NXM_OF_ETH_DST[]=NXM_OF_ETH_SRC[],load:1->NXM_NX_REG0[])
    in p1 $tcp
    of14 --bundle del-flows br0
    app bridge/dump-flows br0
    in p1 $tcp
    flows
  `,
};
