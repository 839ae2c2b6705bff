/** Queues of a QoS. */
export const queueTable = {
  columns: {
    dscp: { optional: { integer: [0, 63] } },
    other_config: { map: ["string", "string"] },
    external_ids: { map: ["string", "string"] },
  },
  isRoot: true,
} as const;
