/** Datapaths, by type. */
export const datapathTable = {
  columns: {
    datapath_version: { one: "string" },
    ct_zones: { map: [{ integer: [0, 65535] }, { ref: "CT_Zone" }] },
    capabilities: { map: ["string", "string"] },
    ct_zone_default_limit: { optional: { integer: [0, 4294967295] } },
    external_ids: { map: ["string", "string"] },
  },
} as const;
