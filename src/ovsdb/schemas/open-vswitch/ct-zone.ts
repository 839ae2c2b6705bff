/** Connection-tracking zones of a datapath. */
export const ctZoneTable = {
  columns: {
    timeout_policy: { optional: { ref: "CT_Timeout_Policy" } },
    limit: { optional: { integer: [0, 4294967295] } },
    external_ids: { map: ["string", "string"] },
  },
} as const;
