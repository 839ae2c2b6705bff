/** OpenFlow controllers and listeners. */
export const controllerTable = {
  columns: {
    type: { optional: { oneOf: ["primary", "service"] } },
    target: { one: "string" },
    max_backoff: { optional: { integer: [1000] } },
    inactivity_probe: { optional: "integer" },
    connection_mode: { optional: { oneOf: ["in-band", "out-of-band"] } },
    local_ip: { optional: "string" },
    local_netmask: { optional: "string" },
    local_gateway: { optional: "string" },
    enable_async_messages: { optional: "boolean" },
    controller_queue_size: { optional: { integer: [1, 512] } },
    controller_rate_limit: { optional: { integer: [100] } },
    controller_burst_limit: { optional: { integer: [25] } },
    other_config: { map: ["string", "string"] },
    external_ids: { map: ["string", "string"] },
    is_connected: { one: "boolean", ephemeral: true },
    role: { optional: { oneOf: ["other", "master", "slave"] }, ephemeral: true },
    status: { map: ["string", "string"], ephemeral: true },
  },
} as const;
