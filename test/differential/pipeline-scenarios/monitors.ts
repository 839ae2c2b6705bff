import type { PipelineScenarios } from "./scenarios.js";

/** Flow monitors, roles, asynchronous messages, and what else controllers are told. */
export const monitors: PipelineScenarios = {
  "a flow monitor sees adds, changes, deletes": `
    + in_port=1,actions=2
    mon c br0 watch:
    heard c
    of add-flow br0 cookie=5,in_port=2,actions=3
    of mod-flows br0 in_port=2,actions=4
    of add-flow br0 in_port=2,actions=1
    of del-flows br0 in_port=1
    heard c
    of add-flow br0 in_port=1,idle_timeout=2,actions=1
    warp 3000
  `,
  "watching a part": `
    mon c br0 watch:table=1,out_port=2
    of add-flow br0 table=0,in_port=1,actions=2
    of add-flow br0 table=1,in_port=1,actions=2
    of add-flow br0 table=1,in_port=2,actions=3
    of mod-flows br0 table=1,in_port=2,actions=2
    of mod-flows br0 table=1,in_port=2,actions=3
    of del-flows br0
  `,
  "watching a match": `
    mon c br0 watch:tcp,tp_dst=80
    of add-flow br0 tcp,actions=2
    of add-flow br0 tcp,tp_dst=80,actions=2
    of add-flow br0 tcp,tp_dst=80,nw_src=10.0.0.1,actions=2
    of del-flows br0 tcp
  `,
  flags: `
    + in_port=1,actions=2
    mon a br0 watch:!initial
    mon b br0 watch:!add
    mon c br0 watch:!delete,!modify
    mon d br0 watch:!actions
    of add-flow br0 in_port=2,actions=3
    of mod-flows br0 in_port=2,actions=4
    of del-flows br0 in_port=2
  `,
  "in several versions": `
    mon a 10 br0 watch:
    mon b 13 br0 watch:
    mon c 14 br0 watch:
    mon d 15 br0 watch:
    of13 add-flow br0 cookie=0x5,table=3,priority=7,tcp,idle_timeout=9,hard_timeout=99,actions=set_field:5->reg0,goto_table:4
    of13 mod-flows br0 table=3,actions=drop
    of13 del-flows br0
  `,
  "cookies that change": `
    mon c br0 watch:
    of add-flow br0 cookie=1,in_port=1,actions=2
    of mod-flows br0 cookie=2,in_port=1,actions=2
    of add-flow br0 cookie=3,in_port=1,actions=2
    of del-flows br0 cookie=3/-1
  `,
  "own changes are abbreviated": `
    mon c 10 br0 watch:
    send c 010e00480000000700000000000000010000000000000000000000000000000000000000000000000000000000000000000000000000000000000000800000000000000ffff0000
    ctl c ofctl/packet-out "in_port=none packet=00000000000200000000000112345678 actions=2"
    of add-flow br0 in_port=1,actions=2
  `,
  "bundles in monitors": `
    mon c br0 watch:
    of14 bundle br0 -
    | flow add in_port=1,actions=2
    | flow add in_port=2,actions=2
    | flow delete in_port=1
  `,
  "groups that go, in monitors": `
    g group_id=1,type=all,bucket=output:2
    + in_port=1,actions=group:1
    mon c br0 watch:
    of13 del-groups br0
  `,
  roles: `
    mon a 13 br0 65534
    mon b 13 br0 65534
    send a 041800180000000100000001000000000000000000000000
    send a 041800180000000200000002000000000000000000000005
    heard a
    send b 041800180000000300000002000000000000000000000004
    send b 041800180000000400000003000000000000000000000006
    heard b
    send b 041800180000000500000002000000000000000000000007
    heard a
    heard b
    send a 041800180000000600000000000000000000000000000000
    send a 041800180000000700000009000000000000000000000000
    heard a
  `,
  "a follower may look, not touch": `
    mon a 13 br0 65534
    send a 041800180000000200000003000000000000000000000005
    heard a
    send a 040e003800000003000000000000000000000000000000000000000000008000ffffffffffffffffffffffff0000000000010004000000000000
    send a 0412001800000004000300000000000000ff0000ffffffffffffffff00000000
    + in_port=1,actions=controller
    in p1 $tcp
    heard a
    of mod-port br0 p2 down
  `,
  "Nicira's roles of OpenFlow 1.0": `
    mon a 10 br0 65534
    send a 0104001400000009000023200000000a00000001
    send a 0104001400000009000023200000000a00000001
    heard a
    send a 0104001400000009000023200000000a00000002
    + in_port=1,actions=controller
    in p1 $tcp
  `,
  "asynchronous masks of OpenFlow 1.3": `
    mon a 13 br0 65534
    send a 041a000800000001
    heard a
    send a 041c002000000002000000040000000000000001000000000000000f00000000
    send a 041a000800000003
    heard a
    + in_port=1,actions=controller
    + send_flow_rem,in_port=2,actions=drop
    in p1 $tcp
    of del-flows br0 in_port=2
    of mod-port br0 p2 down
    heard a
  `,
  "asynchronous masks of OpenFlow 1.4": `
    mon a 14 br0 65534
    send a 051a000800000001
    heard a
    send a 051c00180000000200010008000000000003000800000000
    send a 051a000800000003
    heard a
  `,
  "port status": `
    mon a 10 br0 65534
    mon b 13 br0 65534
    mon c 15 br0 65534
    of mod-port br0 p2 down
    heard a
    heard b
    heard c
    vsctl add-port br0 p7 -- set interface p7 type=dummy ofport_request=7
    vsctl del-port p3
    heard a
    heard b
    of mod-port br0 p2 up
    of mod-port br0 p1 no-flood
  `,
  "set-config and echo": `
    mon a 13 br0 65534
    send a 0407000800000001
    send a 0402000c00000002aabbccdd
    send a 0409000c000000030001ffff
    send a 0407000800000004
    send a 0414000800000005
    heard a
  `,
  garbage: `
    mon a 13 br0 65534
    send a 0463000800000001
    send a 0412001000000002ffff000000000000
    send a 0404001000000003000023200000ffff
    send a 0404001000000003deadbeef00000001
    send a 0416001000000004ffffffff00000000
    send a 0309000c000000050001ffff
    heard a
  `,
  "group and meter removal and requestforward": `
    mon a 14 br0 65534
    send a 051c0028000000020007000800000007000600080000000700090008000000070008000800000007
    heard a
    of14 add-group br0 group_id=5,type=all,bucket=output:2
    of14 mod-group br0 group_id=5,type=all,bucket=output:3
    of14 add-meter br0 meter=5,pktps,band=type=drop,rate=5
    heard a
  `,
  "role status that is masked": `
    mon a 14 br0 65534
    mon b 14 br0 65534
    send a 051c00180000000400060008000000000007000800000000
    send a 051800180000000200000002000000000000000000000005
    send b 051800180000000200000002000000000000000000000006
    heard a
  `,
  "role status": `
    mon a 14 br0 65534
    mon b 14 br0 65534
    send a 051800180000000200000002000000000000000000000005
    heard a
    send b 051800180000000200000002000000000000000000000006
    heard b
    heard a
  `,
};
