import type { TableDocs } from "../../../declaration.js";
import type { controllerTable } from "../controller.js";

/** Documentation of the Controller table. */
export const controllerDocs: TableDocs<typeof controllerTable> = {
  table:
    "An OpenFlow controller: one that the bridge connects to and obeys (`primary`), or an address on which it listens for visitors (`service`).",
  columns: {
    type: "`primary` or `service`. Empty means `service` if `target` listens (`ptcp:`, `pssl:`, `punix:`), else `primary`.",
    target:
      "How to reach the controller: `tcp:HOST[:PORT]`, `ssl:HOST[:PORT]`, `unix:FILE`; or to listen: `ptcp:[PORT][:HOST]`, `pssl:…`, `punix:FILE`. The port is 6653 if none is given.",
    max_backoff: "Longest time between attempts to connect, in milliseconds. Empty for 8 seconds.",
    inactivity_probe:
      "Milliseconds of silence after which the connection is probed; it is given up after as long again. 0 for never, empty for 5 seconds.",
    connection_mode:
      "`in-band` if the connection passes through the bridge itself, which then lets it pass whatever the flows say; `out-of-band` if not. Empty means in-band.",
    local_ip: "For in-band control, the address to give the local port. Empty uses DHCP or leaves it alone.",
    local_netmask: "The netmask that goes with `local_ip`.",
    local_gateway: "The gateway that goes with `local_ip`.",
    enable_async_messages:
      "Whether messages that the controller did not ask for are sent from the beginning. Empty means yes.",
    controller_queue_size: "Packets that may wait for the controller because of the rate limit. Empty for 100.",
    controller_rate_limit: "Most packets a second that are sent to the controller. Empty for no limit.",
    controller_burst_limit: "What may exceed the rate limit in a burst, in packets. Empty for a quarter of the rate.",
    other_config: "Settings: `dscp`, the DSCP value of the connection's packets (0 to 63).",
    external_ids: "Key-value pairs for other programs.",
    is_connected: "Whether the controller is connected. Written by the switch.",
    role: "The role the controller has taken: `other`, `master` or `slave`. Written by the switch.",
    status:
      "State of the connection: `last_error`, `state` (`VOID`, `BACKOFF`, `CONNECTING`, `ACTIVE`, `IDLE`), `sec_since_connect`, `sec_since_disconnect`. Written by the switch.",
  },
};
