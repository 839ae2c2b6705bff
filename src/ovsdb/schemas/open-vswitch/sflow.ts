/** sFlow export. */
export const sflowTable = {
  columns: {
    targets: { set: "string", min: 1 },
    sampling: { optional: "integer" },
    polling: { optional: "integer" },
    header: { optional: "integer" },
    agent: { optional: "string" },
    external_ids: { map: ["string", "string"] },
  },
} as const;
