import type { TableDocs } from "../../../declaration.js";
import type { managerTable } from "../manager.js";

/** Documentation of the Manager table. */
export const managerDocs: TableDocs<typeof managerTable> = {
  table:
    "An OVSDB client of this database: one that the database server connects to, or an address on which it listens. Used by a server started with `--remote=db:Open_vSwitch,Open_vSwitch,manager_options`.",
  columns: {
    target:
      "How to reach the client: `tcp:HOST[:PORT]`, `ssl:HOST[:PORT]`; or to listen: `ptcp:[PORT][:HOST]`, `pssl:…`. The port is 6640 if none is given.",
    max_backoff: "Longest time between attempts to connect, in milliseconds. Empty for 8 seconds.",
    inactivity_probe: "Milliseconds of silence after which the connection is probed. 0 for never, empty for 5 seconds.",
    connection_mode: "As `connection_mode` of Controller.",
    other_config: "Settings: `dscp`, the DSCP value of the connection's packets (0 to 63).",
    external_ids: "Key-value pairs for other programs.",
    is_connected: "Whether the client is connected. Written by the database server.",
    status:
      "State of the connection: `state`, `last_error`, `sec_since_connect`, `sec_since_disconnect`, `locks_held`, `locks_waiting`, `locks_lost`, `n_connections`, `bound_port`. Written by the database server.",
  },
};
