import type { PipelineScenarios } from "./scenarios.js";

/** NORMAL among flows, and bridges joined by patch ports. */
export const normal: PipelineScenarios = {
  "NORMAL learns and forwards": `
    unordered
    + actions=normal
    in p1 $tcp
    in p2 $tcp~
    wait
    in p1 $tcp
    app fdb/show br0
    dp
    purge
    ports
    trace in_port=3,$tcp
  `,
  "NORMAL with VLANs": `
    unordered
    + actions=normal
    vsctl set port p1 tag=10 -- set port p2 tag=10 -- set port p3 trunks=10,20 -- set port p4 tag=20
    trace in_port=1,$tcp
    trace in_port=3,$tcp,dl_vlan=30
    trace in_port=4,$tcp
    in p1 $tcp
    trace in_port=3,$tcp~,dl_vlan=10
    in p3 $tcp~,dl_vlan=10
    wait
    dp
    app fdb/show br0
    sent p3
  `,
  "NORMAL after a change": `
    unordered
    + in_port=1,ip,actions=mod_nw_dst:9.9.9.9,push_vlan:0x8100,set_field:4196->vlan_vid,normal
    + priority=1,actions=normal
    trace in_port=1,$tcp
    in p1 $tcp
    in p2 $tcp~,dl_vlan=100
    app fdb/show br0
    trace in_port=1,$tcp
  `,
  "NORMAL among outputs and resubmits": `
    unordered
    + table=0,actions=resubmit(,1),LOCAL
    + table=1,actions=normal,output:4
    trace in_port=1,$tcp
    trace in_port=4,$tcp
  `,
  "native VLANs and priority tags": `
    unordered
    + actions=normal
    vsctl set port p1 vlan_mode=native-tagged tag=5 -- set port p2 vlan_mode=native-untagged tag=5 -- set port p3 tag=5 other_config:priority-tags=always
    trace in_port=1,$tcp
    trace in_port=2,$tcp
    trace in_port=3,$tcp
    trace in_port=3,$tcp,dl_vlan=0,dl_vlan_pcp=3
    trace in_port=2,$tcp,dl_vlan=9
  `,
  "dot1q-tunnel": `
    unordered
    + actions=normal
    vsctl set port p1 vlan_mode=dot1q-tunnel tag=100 -- set port p2 vlan_mode=dot1q-tunnel tag=100 cvlans=7,8 -- set port p3 trunks=100
    trace in_port=1,$tcp
    trace in_port=1,$tcp,dl_vlan=9
  `,
  "fdb entries by hand": `
    + actions=normal
    app fdb/add br0 p2 0 00:00:00:00:00:02
    trace in_port=1,$tcp
    app fdb/show br0
    app fdb/del br0 0 00:00:00:00:00:02
    app fdb/stats-show br0
  `,
  "a station moves": `
    unordered
    + actions=normal
    in p1 $tcp
    in p2 $tcp~
    app fdb/show br0
    warp 6000
    in p3 $tcp~
    app fdb/show br0
    wait
    in p1 $tcp
    dp
  `,
  "gratuitous ARP and reserved addresses": `
    unordered
    + actions=normal
    trace in_port=1,$arp,arp_tpa=10.0.0.1
    trace in_port=1,$eth,dl_dst=01:80:c2:00:00:00
    trace in_port=1,$eth,dl_dst=01:80:c2:00:00:21
    trace in_port=1,$eth,dl_src=01:00:00:00:00:01
    vsctl set bridge br0 other_config:forward-bpdu=true
    trace in_port=1,$eth,dl_dst=01:80:c2:00:00:00
  `,
  "a standalone bridge": `
    bare
    unordered
    bridge br0 1 2 fail_mode=standalone
    flows
    app bridge/dump-flows br0
    in p1 $tcp
    dp
    + actions=drop
    wait
    dp
    app bridge/dump-flows br0
  `,
  "a standalone bridge with a controller that is not there": `
    unordered
    vsctl set-fail-mode br0 standalone -- set-controller br0 unix:{dir}/nobody.sock
    vsctl get controller br0 is_connected
    warp 1000
    trace in_port=1,$tcp
    vsctl set-fail-mode br0 secure
    trace in_port=1,$tcp
    vsctl del-controller br0
  `,
  "patch ports join bridges": `
    unordered
    bridge br0 1 2
    bridge br1 5 6
    patch br0:10 br1:11
    + in_port=1,actions=10
    + in_port=10,actions=2
    of add-flow br1 in_port=11,actions=5
    of add-flow br1 in_port=5,actions=11
    trace in_port=1,$tcp
    in p1 $tcp
    in p5 $tcp~
    dp
    purge
    ports
    of dump-ports br1
    flows br1
  `,
  "patch ports: registers and the action set stay behind": `
    bridge br0 1 2
    bridge br1 5 6
    patch br0:10 br1:11
    + in_port=1,actions=set_field:5->reg0,set_field:7->metadata,10,write_actions(output:2)
    of13 add-flow br1 in_port=11,reg0=5,actions=output:5
    of13 add-flow br1 in_port=11,reg0=0,metadata=0,actions=output:6
    trace in_port=1,$tcp
  `,
  "patch ports: what the other bridge changes does not come back": `
    bridge br0 1 2
    bridge br1 5 6
    patch br0:10 br1:11
    + in_port=1,ip,actions=10,2
    of13 add-flow br1 in_port=11,ip,actions=mod_nw_src:7.7.7.7,output:5
    trace in_port=1,$tcp
    in p1 $tcp
    sent p2
    sent p5
    dp
  `,
  "patch ports: back and forth until it is enough": `
    bridge br0 1 2
    bridge br1 5 6
    patch br0:10 br1:11
    + in_port=1,actions=10
    + in_port=10,actions=in_port
    of13 add-flow br1 in_port=11,actions=in_port
    in p1 $tcp
    dp
    purge
    flows
  `,
  "patch ports: the other end's fate": `
    bridge br0 1 2
    bridge br1 5 6
    patch br0:10 br1:11
    + in_port=1,actions=10
    of13 add-flow br1 in_port=11,actions=5
    trace in_port=1,$tcp
    vsctl del-port x11
    trace in_port=1,$tcp
    of mod-port br0 x10 down
    trace in_port=1,$tcp
  `,
  "NORMAL over patch ports": `
    unordered
    bridge br0 1 2
    bridge br1 5 6
    patch br0:10 br1:11
    + actions=normal
    of13 add-flow br1 actions=normal
    in p1 $tcp
    in p5 $tcp~
    app fdb/show br0
    app fdb/show br1
    trace in_port=1,$tcp
    purge
    ports
    of dump-ports br1
  `,
  "ports come and go under flows": `
    + in_port=1,actions=2,7
    in p1 $tcp
    dp
    vsctl add-port br0 p7 -- set interface p7 type=dummy ofport_request=7
    wait
    dp
    vsctl del-port p2
    wait
    dp
    trace in_port=1,$tcp
  `,
};
