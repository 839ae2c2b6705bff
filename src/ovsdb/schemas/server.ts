/** The `_Server` database, in which ovsdb-server describes the databases it serves (ovsdb-server(5)). */
export const serverDeclaration = {
  name: "_Server",
  version: "1.2.0",
  tables: {
    Database: {
      columns: {
        name: { one: "string" },
        model: { one: { oneOf: ["standalone", "clustered", "relay"] } },
        connected: { one: "boolean" },
        leader: { one: "boolean" },
        schema: { optional: "string" },
        cid: { optional: "uuid" },
        sid: { optional: "uuid" },
        index: { optional: "integer" },
      },
      isRoot: true,
    },
  },
} as const;
