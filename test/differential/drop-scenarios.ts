/** Upstream's counters of what is dropped. */
export const dropCounters: readonly string[] = [
  "drop_action_of_pipeline",
  "drop_action_bridge_not_found",
  "drop_action_recursion_too_deep",
  "drop_action_too_many_resubmit",
  "drop_action_stack_too_deep",
  "drop_action_no_recirculation_context",
  "drop_action_too_many_mpls_labels",
  "drop_action_unsupported_packet_type",
  "drop_action_forwarding_disabled",
  "datapath_drop_upcall_error",
  "datapath_drop_rx_invalid_packet",
  "datapath_drop_meter",
  "datapath_drop_userspace_action_error",
  "datapath_drop_recirc_error",
  "datapath_drop_sample_error",
  "datapath_drop_invalid_port",
  "drop_action_recirculation_conflict",
  "drop_action_congestion",
  "datapath_drop_nsh_decap_error",
];

const tables = (last: number, make: (table: number) => string): string =>
  Array.from({ length: last }, (_, table) => `+ table=${table},${make(table)}`).join("\n");

const big = Array.from({ length: 1100 }, () => "push:NXM_NX_XXREG0[]").join(",");

/** Ways in which packets die, as steps of scenarios (`PipelineSide`). */
export const dropScenarios: Readonly<Record<string, string>> = {
  "no match": `
    in p1 $tcp
    in p1 $tcp
    in p1 $tcp
  `,
  "drop rule": `
    + in_port=1,actions=drop
    in p1 $tcp
    in p1 $tcp
  `,
  "output to nowhere": `
    + in_port=1,actions=output:9
    in p1 $tcp
    in p1 $tcp
  `,
  "output to input port": `
    + in_port=1,actions=output:1
    in p1 $tcp
    in p1 $tcp
  `,
  "all without others": `
    bridge br0 1
    + in_port=1,actions=set_field:1->reg0
    in p1 $tcp
    in p1 $tcp
  `,
  "normal, reserved": `
    + actions=NORMAL
    in p1 eth(src=00:00:00:00:00:01,dst=01:80:c2:00:00:02),eth_type(0x8809)
    in p1 eth(src=00:00:00:00:00:01,dst=01:80:c2:00:00:02),eth_type(0x8809)
  `,
  "normal, input port": `
    + actions=NORMAL
    in p1 dl_src=00:00:00:00:00:02,dl_dst=00:00:00:00:00:09,dl_type=0x1234
    in p1 dl_src=00:00:00:00:00:01,dl_dst=00:00:00:00:00:02,dl_type=0x1234
    in p1 dl_src=00:00:00:00:00:01,dl_dst=00:00:00:00:00:02,dl_type=0x1234
  `,
  "normal, vlan": `
    vsctl set port p1 tag=5
    + actions=NORMAL
    in p1 $tcp,dl_vlan=7
    in p1 $tcp,dl_vlan=7
  `,
  "no-recv": `
    of mod-port br0 p1 no-receive
    + actions=2
    in p1 $tcp
    in p1 $tcp
  `,
  "no-fwd": `
    of mod-port br0 p2 no-forward
    + actions=2
    in p1 $tcp
    in p1 $tcp
  `,
  recursion: `
    + in_port=1,actions=resubmit(,0)
    in p1 $tcp
    in p1 $tcp
  `,
  "many resubmits": `
    ${tables(14, (t) => `actions=resubmit(,${t + 1}),resubmit(,${t + 1})`)}
    + table=14,actions=2
    in p1 $tcp
    in p1 $tcp
  `,
  stack: `
    ${tables(6, (t) => `actions=${big},resubmit(,${t + 1})`)}
    in p1 $tcp
    in p1 $tcp
  `,
  mpls: `
    + in_port=1,ip,actions=push_mpls:0x8847,push_mpls:0x8847,push_mpls:0x8847,push_mpls:0x8847,2
    in p1 $tcp
    in p1 $tcp
  `,
  "packet type": `
    + in_port=1,actions=decap(),2
    in p1 $tcp
    in p1 $tcp
  `,
  "no group members": `
    g group_id=1,type=all
    + in_port=1,actions=group:1
    in p1 $tcp
    in p1 $tcp
  `,
  "ff without live": `
    g group_id=1,type=ff,bucket=watch_port:9,output:2
    + in_port=1,actions=group:1
    in p1 $tcp
    in p1 $tcp
  `,
  ttl: `
    + in_port=1,ip,actions=dec_ttl,2
    in p1 $tcp,nw_ttl=1
    in p1 $tcp,nw_ttl=1
  `,
  meter: `
    m meter=1 pktps band=type=drop rate=1
    + in_port=1,actions=meter:1,2
    in p1 $tcp
    in p1 $tcp
    in p1 $tcp
    in p1 $tcp
    in p1 $tcp
  `,
  ct: `
    + in_port=1,tcp,actions=ct(table=1)
    in p1 $tcp
    in p1 $tcp
  `,
  "recirculation loop": `
    + in_port=1,tcp,actions=ct(table=0)
    in p1 $tcp
    in p1 $tcp
  `,
  short: `
    + actions=2
    in p1 000102030405
    in p1 0001020304050607080910111213
  `,
  "controller nobody": `
    + actions=controller
    in p1 $tcp
    in p1 $tcp
  `,
  "patch to nothing": `
    + in_port=1,actions=output:7
    vsctl add-port br0 x7 -- set interface x7 type=patch ofport_request=7 options:peer=nobody
    in p1 $tcp
    in p1 $tcp
  `,
  "patch drop": `
    bridge br0 1 2
    bridge br1 3
    patch br0:8 br1:9
    + in_port=1,actions=8
    in p1 $tcp
    in p1 $tcp
  `,
  "fragments dropped": `
    of set-frags br0 drop
    + actions=2
    in p1 $tcp,nw_frag=first
    in p1 $tcp,nw_frag=first
  `,
  sample: `
    + in_port=1,actions=sample(probability=65535,collector_set_id=1)
    in p1 $tcp
    in p1 $tcp
  `,
  "clone empty": `
    + in_port=1,actions=clone(drop)
    in p1 $tcp
    in p1 $tcp
  `,
  trunc: `
    + in_port=1,actions=output(port=9,max_len=20)
    in p1 $tcp
    in p1 $tcp
  `,
  nsh: `
    + in_port=1,dl_type=0x894f,actions=decap(),decap(),2
    in p1 $tcp
    in p1 eth(src=00:00:00:00:00:01,dst=01:80:c2:00:00:02),eth_type(0x894f)
  `,
  "drop in dp": `
    app dpctl/add-flow in_port(1),eth(),eth_type(0x800) drop
    in p1 $tcp
    in p1 $tcp
  `,
  "dp to nowhere": `
    app dpctl/add-flow in_port(1),eth(),eth_type(0x800) 77
    in p1 $tcp
    in p1 $tcp
  `,
  "dp recirc": `
    app dpctl/add-flow in_port(1),eth(),eth_type(0x800) recirc(99)
    in p1 $tcp
    in p1 $tcp
  `,
  "dp recirc loop": `
    app dpctl/add-flow recirc_id(0),in_port(1),eth(),eth_type(0x800) recirc(99)
    app dpctl/add-flow recirc_id(99),in_port(1),eth(),eth_type(0x800) recirc(99)
    in p1 $tcp
    in p1 $tcp
  `,
  "packet out": `
    of packet-out br0 in_port=1,packet=000000000001000000000002080045000014000000004000000000000000000000000000,actions=drop
    of packet-out br0 in_port=1,packet=000000000001000000000002080045000014000000004000000000000000000000000000,actions=output:9
  `,
};
