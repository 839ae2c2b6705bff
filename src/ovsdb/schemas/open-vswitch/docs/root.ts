import type { TableDocs } from "../../../declaration.js";
import type { rootTable } from "../root.js";

/** Documentation of the Open_vSwitch table. */
export const rootDocs: TableDocs<typeof rootTable> = {
  table:
    "The switch as a whole. There is exactly one row; every other row is used only if it can be reached from here, save for the few tables whose rows stand alone.",
  columns: {
    datapaths:
      "The datapaths in use, by type (`system`, `netdev`). A client that wants to set connection-tracking zones creates the row of the type; the switch fills in what it knows of it.",
    bridges: "The bridges of this switch.",
    manager_options: "OVSDB clients to connect to, or to listen for. Set with `ovs-vsctl set-manager`.",
    ssl: "The keys and certificates for all SSL/TLS connections.",
    other_config:
      "Settings of the whole switch. Among the keys: `stats-update-interval` (ms between updates of statistics columns), `flow-restore-wait` (`true` keeps flows and upcalls still until a restart script has put them back), `flow-limit` and `max-idle` (ms), `max-revalidator` (ms), `min-revalidate-pps`, `n-handler-threads`, `n-revalidator-threads`, `hw-offload`, `tc-policy`, `vlan-limit` (tags looked at, 0 for as many as possible), `bundle-idle-timeout` (s), `offload-rebalance`, `userspace-tso-enable`, `enable-statistics` (system statistics in `statistics`), `emc-insert-inv-prob`, `smc-enable`, `pmd-cpu-mask`, `pmd-rxq-assign`, `pmd-rxq-isolate`, `pmd-auto-lb`, `pmd-maxsleep` (µs), `pmd-perf-metrics`, `vhost-sock-dir` (a folder of the run directory), `dpdk-*`.",
    external_ids:
      "Key-value pairs for other programs. Well-known are `system-id` (a name of this host that survives reinstallation), `xs-system-uuid`, `hostname` and `rundir`.",
    next_cfg:
      "A number a client increments to ask for its changes to be carried out; it then waits until `cur_cfg` has caught up.",
    cur_cfg: "The value `next_cfg` had in the configuration that the switch has finished carrying out.",
    statistics:
      "State of the host, written when `other_config:enable-statistics` is `true`: `cpu` (processors), `load_average`, `memory` (total, used, cache and swap, in KB), `file_systems` and `process_NAME`.",
    ovs_version: "The release whose behaviour the running switch has, such as `4.0.0`.",
    db_version: "The schema version of the database when the switch was started, such as `8.8.0`.",
    system_type: "The kind of host, such as `debian`, as the start script found it.",
    system_version: "The version of the host's system, such as `12`.",
    datapath_types: "Values that `datapath_type` of a bridge may have on this host.",
    iface_types: "Values that `type` of an interface may have on this host.",
    dpdk_initialized: "Whether DPDK ports may be added. False where the switch has no DPDK.",
    dpdk_version: "The version of DPDK, if there is one.",
  },
};
