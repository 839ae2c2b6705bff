/** Settings of one OpenFlow table. */
export const flowTableTable = {
  columns: {
    name: { optional: "string" },
    flow_limit: { optional: { integer: [0] } },
    overflow_policy: { optional: { oneOf: ["refuse", "evict"] } },
    groups: { set: "string" },
    prefixes: { set: "string", max: 4 },
    external_ids: { map: ["string", "string"] },
  },
} as const;
