/** IPFIX export. */
export const ipfixTable = {
  columns: {
    targets: { set: "string" },
    sampling: { optional: { integer: [1, 4294967295] } },
    obs_domain_id: { optional: { integer: [0, 4294967295] } },
    obs_point_id: { optional: { integer: [0, 4294967295] } },
    cache_active_timeout: { optional: { integer: [0, 4200] } },
    cache_max_flows: { optional: { integer: [0, 4294967295] } },
    stats_interval: { optional: { integer: [1, 3600] } },
    template_interval: { optional: { integer: [1, 3600] } },
    other_config: { map: ["string", "string"] },
    external_ids: { map: ["string", "string"] },
  },
} as const;
