import type { PipelineScenarios } from "./scenarios.js";

/** Groups of every type, their buckets and statistics. */
export const groups: PipelineScenarios = {
  all: `
    g group_id=1,type=all,bucket=output:2,bucket=mod_dl_src:00:00:00:00:00:99,output:3,bucket=output:4
    + in_port=1,actions=group:1,LOCAL
    trace in_port=1,$tcp
    in p1 $tcp
    purge
    gstats
    groups
    ports
  `,
  "all: a bucket's changes are its own": `
    g group_id=1,type=all,bucket=push_vlan:0x8100,set_field:4101->vlan_vid,output:2,bucket=dec_ttl,output:3,bucket=set_field:5->reg0,output:4
    + in_port=1,ip,actions=group:1,output:NXM_NX_REG0[]
    trace in_port=1,$tcp
    in p1 $tcp
    sent p2
    sent p3
  `,
  indirect: `
    g group_id=2,type=indirect,bucket=mod_nw_dst:9.9.9.9,output:2
    + in_port=1,ip,actions=group:2,3
    trace in_port=1,$tcp
    in p1 $tcp
    purge
    gstats
  `,
  "fast failover by ports": `
    g group_id=3,type=ff,bucket=watch_port:2,output:2,bucket=watch_port:3,output:3
    + in_port=1,actions=group:3
    trace in_port=1,$tcp
    app netdev-dummy/set-admin-state p2 down
    of mod-port br0 p2 down
    trace in_port=1,$tcp
    of mod-port br0 p3 down
    trace in_port=1,$tcp
    of mod-port br0 p2 up
    trace in_port=1,$tcp
    groups
  `,
  "fast failover by groups": `
    g group_id=1,type=ff,bucket=watch_port:2,output:2
    g group_id=2,type=ff,bucket=watch_group:1,group:1,bucket=watch_port:3,output:3
    + in_port=1,actions=group:2
    trace in_port=1,$tcp
    of mod-port br0 p2 down
    trace in_port=1,$tcp
  `,
  "select by dp_hash": `
    g group_id=1,type=select,bucket=weight:1,output:2,bucket=weight:1,output:3,bucket=weight:2,output:4
    + in_port=1,actions=group:1
    trace in_port=1,$tcp
    in p1 $tcp
    in p1 $tcp
    dp
    groups
  `,
  "select by hash of fields": `
    g group_id=1,type=select,selection_method=hash,fields(eth_dst,ip_dst,tcp_dst),bucket=output:2,bucket=output:3,bucket=output:4
    + in_port=1,actions=group:1
    trace in_port=1,$tcp
    trace in_port=1,$tcp,tcp_dst=81
    trace in_port=1,$tcp,tcp_dst=82
    trace in_port=1,$eth
    groups
  `,
  "select by hash with a parameter and masks": `
    g group_id=1,type=select,selection_method=hash,selection_method_param=77,fields=ip_dst=255.255.255.0,bucket=output:2,bucket=output:3
    + in_port=1,actions=group:1
    trace in_port=1,$tcp
    trace in_port=1,$tcp,nw_dst=10.0.0.77
    trace in_port=1,$tcp,nw_dst=10.0.1.77
    trace in_port=1,$tcp,nw_dst=10.0.2.77
    groups
  `,
  "select with one bucket, with weight 0": `
    g group_id=1,type=select,bucket=output:2
    g group_id=2,type=select,bucket=weight:0,output:2,bucket=weight:5,output:3
    g group_id=3,type=select,selection_method=hash,fields(ip_src),bucket=weight:0,output:2,bucket=weight:5,output:3
    g group_id=4,type=select,bucket=weight:0,output:2
    + in_port=1,actions=group:1
    + in_port=2,actions=group:2
    + in_port=3,actions=group:3
    + in_port=4,actions=group:4
    trace in_port=1,$tcp
    trace in_port=2,$tcp
    trace in_port=3,$tcp
    trace in_port=4,$tcp
  `,
  "select by dp_hash with a hash of L4": `
    g group_id=1,type=select,selection_method=dp_hash,selection_method_param=1,bucket=output:2,bucket=output:3
    + in_port=1,actions=group:1
    trace in_port=1,$tcp
    groups
  `,
  "select with watch_port": `
    g group_id=1,type=select,selection_method=hash,fields(ip_src),bucket=watch_port:2,output:2,bucket=watch_port:3,output:3
    + in_port=1,actions=group:1
    trace in_port=1,$tcp
    of mod-port br0 p2 down
    trace in_port=1,$tcp
    trace in_port=1,$tcp,nw_src=10.0.0.77
    of mod-port br0 p3 down
    trace in_port=1,$tcp
  `,
  "groups in a chain": `
    g group_id=1,type=all,bucket=output:2
    g group_id=2,type=all,bucket=group:1,bucket=output:3
    + in_port=1,actions=group:2
    trace in_port=1,$tcp
    in p1 $tcp
    purge
    gstats
    of15 del-groups br0 group_id=1
    groups
    flows
    trace in_port=1,$tcp
  `,
  "a group that leads to itself": `
    g group_id=1,type=all,bucket=output:2
    of15 mod-group br0 group_id=1,type=all,bucket=group:1
    g group_id=2,type=all,bucket=resubmit(,1)
    + in_port=1,actions=group:2
    + table=1,actions=group:2
    in p1 $tcp
    dp
    groups
  `,
  refusals: `
    of13 add-group br0 group_id=1,type=all,bucket=output:2
    of13 add-group br0 group_id=1,type=all,bucket=output:2
    of13 mod-group br0 group_id=2,type=all,bucket=output:2
    of13 add-group br0 group_id=3,type=indirect,bucket=output:2,bucket=output:3
    of13 add-group br0 group_id=3,type=indirect
    of13 add-group br0 group_id=4294967041,type=all
    of13 add-group br0 group_id=5,type=all,bucket=watch_port:99,output:2
    of13 add-group br0 group_id=6,type=ff,bucket=output:2
    of13 add-group br0 group_id=7,type=select,selection_method=nonsense,bucket=output:2
    of15 add-group br0 group_id=8,type=select,selection_method=nonsense,bucket=output:2
    of13 add-group br0 group_id=9,type=all,bucket=group:77
    of13 add-group br0 group_id=10,type=all,bucket=output:70000
    groups
  `,
  "modify changes type and buckets": `
    g group_id=1,type=all,bucket=output:2,bucket=output:3
    + in_port=1,actions=group:1
    in p1 $tcp
    of13 mod-group br0 group_id=1,type=select,bucket=output:4
    purge
    groups
    gstats
    trace in_port=1,$tcp
  `,
  "may-create": `
    of13 --may-create mod-group br0 group_id=1,type=all,bucket=output:2
    of15 --may-create mod-group br0 group_id=1,type=all,bucket=output:3
    groups
  `,
  "insert and remove buckets": `
    g group_id=1,type=all,bucket=bucket_id:1,output:2,bucket=bucket_id:5,output:3
    of15 insert-buckets br0 group_id=1,command_bucket_id=first,bucket=bucket_id:7,output:4
    groups
    of15 insert-buckets br0 group_id=1,command_bucket_id=1,bucket=bucket_id:8,output:1
    of15 insert-buckets br0 group_id=1,command_bucket_id=last,bucket=bucket_id:9,output:1
    groups
    of15 remove-buckets br0 group_id=1,command_bucket_id=5
    of15 remove-buckets br0 group_id=1,command_bucket_id=first
    of15 remove-buckets br0 group_id=1,command_bucket_id=last
    groups
    of15 remove-buckets br0 group_id=1,command_bucket_id=77
    of15 insert-buckets br0 group_id=1,command_bucket_id=first,bucket=bucket_id:1,output:4
    of15 insert-buckets br0 group_id=2,command_bucket_id=first,bucket=bucket_id:1,output:4
    of15 remove-buckets br0 group_id=1,command_bucket_id=all
    groups
  `,
  "statistics of buckets": `
    g group_id=1,type=all,bucket=output:2,bucket=output:3
    + in_port=1,actions=group:1
    + in_port=2,actions=group:1
    in p1 $tcp
    in p1 $tcp
    in p2 $udp
    warp 3000
    purge
    gstats
    of13 dump-group-stats br0 1
    of11 dump-group-stats br0
    of13 dump-group-stats br0 77
  `,
  "delete one and all": `
    g group_id=1,type=all,bucket=output:2
    g group_id=2,type=all,bucket=output:3
    + in_port=1,actions=group:1
    + in_port=2,actions=group:2
    of13 del-groups br0 group_id=1
    flows
    groups
    of13 del-groups br0 group_id=77
    of13 del-groups br0
    flows
    groups
  `,
  "features and descriptions of each version": `
    g group_id=1,type=select,selection_method=hash,fields(ip_src),bucket=weight:3,bucket_id:5,output:2
    of12 dump-group-features br0
    of13 dump-group-features br0
    of15 dump-group-features br0
    of11 dump-groups br0
    of13 dump-groups br0
    of15 dump-groups br0 1
    of15 dump-groups br0 2
  `,
  "groups in action sets and with exit": `
    g group_id=1,type=all,bucket=resubmit(,1),output:2,bucket=output:3
    + in_port=1,actions=write_actions(group:1),goto_table:2
    + table=1,actions=set_field:5->reg0,exit
    + table=2,actions=4
    trace in_port=1,$tcp
  `,
  "select of groups": `
    g group_id=1,type=indirect,bucket=output:2
    g group_id=2,type=select,selection_method=hash,fields(ip_src),bucket=group:1,bucket=group:1
    + in_port=1,actions=group:2
    trace in_port=1,$tcp
    in p1 $tcp
    purge
    gstats
  `,
  "all with an empty bucket and without buckets": `
    g group_id=1,type=all
    g group_id=2,type=all,bucket=drop,bucket=output:2
    + in_port=1,actions=group:1
    + in_port=2,actions=group:2
    trace in_port=1,$tcp
    trace in_port=2,$tcp
    groups
  `,
};
