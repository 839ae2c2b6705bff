/** OVSDB clients and listeners. */
export const managerTable = {
  columns: {
    target: { one: "string" },
    max_backoff: { optional: { integer: [1000] } },
    inactivity_probe: { optional: "integer" },
    connection_mode: { optional: { oneOf: ["in-band", "out-of-band"] } },
    other_config: { map: ["string", "string"] },
    external_ids: { map: ["string", "string"] },
    is_connected: { one: "boolean", ephemeral: true },
    status: { map: ["string", "string"], ephemeral: true },
  },
  indexes: [["target"]],
} as const;
