import type { Json } from "#util/json.js";

const optional = (type: string): Json => ({ type: { key: { type }, min: 0, max: 1 } });

/** The schema of `_Server`, the database in which every server describes the databases it serves (ovsdb-server(5)). */
export const serverSchema: Json = {
  name: "_Server",
  version: "1.2.0",
  cksum: "3009684573 744",
  tables: {
    Database: {
      columns: {
        name: { type: "string" },
        model: { type: { key: { type: "string", enum: ["set", ["standalone", "clustered", "relay"]] } } },
        connected: { type: "boolean" },
        leader: { type: "boolean" },
        schema: optional("string"),
        cid: optional("uuid"),
        sid: optional("uuid"),
        index: optional("integer"),
      },
      isRoot: true,
    },
  },
};
