/** NetFlow export. */
export const netflowTable = {
  columns: {
    targets: { set: "string", min: 1 },
    engine_type: { optional: { integer: [0, 255] } },
    engine_id: { optional: { integer: [0, 255] } },
    add_id_to_interface: { one: "boolean" },
    active_timeout: { one: { integer: [-1] } },
    external_ids: { map: ["string", "string"] },
  },
} as const;
