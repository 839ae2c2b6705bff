/** The single row that everything hangs from. */
export const rootTable = {
  columns: {
    datapaths: { map: ["string", { ref: "Datapath" }] },
    bridges: { set: { ref: "Bridge" } },
    manager_options: { set: { ref: "Manager" } },
    ssl: { optional: { ref: "SSL" } },
    other_config: { map: ["string", "string"] },
    external_ids: { map: ["string", "string"] },
    next_cfg: { one: "integer" },
    cur_cfg: { one: "integer" },
    statistics: { map: ["string", "string"], ephemeral: true },
    ovs_version: { optional: "string" },
    db_version: { optional: "string" },
    system_type: { optional: "string" },
    system_version: { optional: "string" },
    datapath_types: { set: "string" },
    iface_types: { set: "string" },
    dpdk_initialized: { one: "boolean" },
    dpdk_version: { optional: "string" },
  },
  isRoot: true,
  maxRows: 1,
} as const;
