/** The `Local_Config` database, which sets an ovsdb-server's own remotes (ovsdb.local-config(5)). */
export const localConfigDeclaration = {
  name: "Local_Config",
  version: "1.0.0",
  tables: {
    Config: {
      columns: {
        connections: { set: { ref: "Connection" } },
      },
      isRoot: true,
      maxRows: 1,
    },
    Connection: {
      columns: {
        target: { one: "string" },
        max_backoff: { optional: { integer: [1000] } },
        inactivity_probe: { optional: "integer" },
        read_only: { one: "boolean" },
        role: { one: "string" },
        other_config: { map: ["string", "string"] },
        external_ids: { map: ["string", "string"] },
        is_connected: { one: "boolean", ephemeral: true },
        status: { map: ["string", "string"], ephemeral: true },
      },
      indexes: [["target"]],
    },
  },
} as const;
