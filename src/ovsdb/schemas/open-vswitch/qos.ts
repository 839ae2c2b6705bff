/** Quality of service of a port. */
export const qosTable = {
  columns: {
    type: { one: "string" },
    queues: { map: [{ integer: [0, 4294967295] }, { ref: "Queue" }] },
    other_config: { map: ["string", "string"] },
    external_ids: { map: ["string", "string"] },
  },
  isRoot: true,
} as const;
