/** Where `sample` actions report to. */
export const flowSampleCollectorSetTable = {
  columns: {
    id: { one: { integer: [0, 4294967295] } },
    bridge: { one: { ref: "Bridge" } },
    ipfix: { optional: { ref: "IPFIX" } },
    local_group_id: { optional: { integer: [0, 4294967295] } },
    external_ids: { map: ["string", "string"] },
  },
  isRoot: true,
  indexes: [["id", "bridge"]],
} as const;
