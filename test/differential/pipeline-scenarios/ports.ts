import type { PipelineScenarios } from "./scenarios.js";

/** Ports: descriptions, configuration, statistics, numbers. */
export const ports: PipelineScenarios = {
  "show and dump-ports-desc of each version": `
    of10 show br0
    of11 show br0
    of13 dump-ports-desc br0
    of14 dump-ports-desc br0
    of15 dump-ports-desc br0
    of15 dump-ports-desc br0 2
    of13 show br0
  `,
  "dump-ports of each version": `
    + in_port=1,actions=2,3
    in p1 $tcp
    of10 dump-ports br0
    of10 dump-ports br0 2
    of13 dump-ports br0
    of14 dump-ports br0
    of10 dump-ports br0 LOCAL
    of10 dump-ports br0 77
  `,
  "mod-port of every kind": `
    of mod-port br0 p1 down
    of show br0
    of mod-port br0 p1 up
    of mod-port br0 1 no-forward
    of mod-port br0 p1 no-flood
    of mod-port br0 p1 no-packet-in
    of mod-port br0 p1 no-receive
    of13 dump-ports-desc br0
    of mod-port br0 p9 down
    of mod-port br0 p1 nonsense
    of10 mod-port br0 LOCAL down
    of show br0
  `,
  "a port that is down": `
    + in_port=1,actions=2
    + in_port=2,actions=1
    of mod-port br0 p2 down
    trace in_port=1,$tcp
    in p1 $tcp
    dp
    in p2 $tcp
    purge
    flows
    of10 dump-ports br0
  `,
  "link state": `
    app netdev-dummy/set-admin-state p2 down
    of show br0
    app netdev-dummy/set-admin-state p2 up
    of show br0
  `,
  "ports renumbered": `
    + in_port=1,actions=2
    vsctl set interface p2 ofport_request=22
    of show br0
    trace in_port=1,$tcp
    vsctl set interface p2 ofport_request=2
    trace in_port=1,$tcp
  `,
  "queues and desc": `
    of queue-stats br0
    of13 queue-stats br0
    of13 queue-get-config br0 1
    of dump-desc br0
    of15 dump-desc br0
    of10 dump-ipfix-bridge br0
    of get-frags br0
  `,
  "a description given": `
    vsctl set bridge br0 other_config:dp-desc=mine other_config:dp-sn=77
    of dump-desc br0
    vsctl set bridge br0 other_config:datapath-id=00000000000000aa
    of show br0
  `,
  "protocols that are refused": `
    bare
    bridge br0 1 2 protocols=OpenFlow13
    of10 dump-flows br0
    of13 dump-flows br0
    of15 dump-flows br0
    vsctl set bridge br0 protocols=OpenFlow10,OpenFlow15
    of15 dump-flows br0
    of13 dump-flows br0
    vsctl clear bridge br0 protocols
    of14 dump-flows br0
    of15 dump-flows br0
  `,
  "names in what is shown": `
    + in_port=p1,actions=output:p2,LOCAL
    of --names dump-flows br0
    of --names show br0
    of --names dump-ports br0
    of dump-flows br0 in_port=p1
    of add-flow br0 in_port=nonsense,actions=2
    of add-flow br0 in_port=1,actions=output:nonsense
  `,
  "dpif and dpctl about ports": `
    app dpif/show
    app dpctl/show
    app dpif/show-dp-features br0
    app dpctl/dump-dps
    app ofproto/list
  `,
  "probe, ping, aggregate": `
    of probe br0
    of15 dump-aggregate br0
    of --version
    of dump-flows nosuch
  `,
};
