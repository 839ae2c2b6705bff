import type { Body } from "#openflow/messages/table.js";
import { OFPP } from "#openflow/port-number.js";
import { OF10, OF12, OF13, OF14, OF15, type Version } from "#openflow/version.js";
import { type Conversation, commit, flow, monitor, open, type Said, type Step, watch } from "./conversation.js";

const changes = { match: "in_port=1" } as const;
const put = (actions: string, table = 5, match = "in_port=1"): Said => flow({ table, match, actions });
const take = (match: string, table = 5): Said => flow({ table, match, command: "delete" });
const other = (command: string, text: string): Step => `ofctl -O OpenFlow14 ${command} BR ${text}`;

export const monitors: readonly Conversation[] = [
  {
    name: "a monitor's own changes, and others'",
    versions: [OF10, OF12, OF13, OF14, OF15],
    steps: [
      [other("add-flow", "table=1,in_port=1,cookie=3,actions=output:2"), watch(monitor({}))],
      [flow({ priority: 3 }), flow({ priority: 3, actions: "2" }), flow({ priority: 3, actions: "2" })],
      [flow({ command: "modify", actions: "3" }), flow({ command: "modify", actions: "3" })],
      [other("add-flow", "table=3,actions=output:1"), other("add-flow", "table=3,actions=output:1")],
      [other("mod-flows", "table=3,actions=output:2"), other("mod-flows", "table=3,actions=output:2")],
      [
        other("add-flow", "table=3,idle_timeout=30,hard_timeout=60,actions=resubmit(,4)"),
        other("del-flows", "table=3"),
      ],
      [other("add-group", "group_id=1,type=all,bucket=output:1"), other("add-flow", "table=3,actions=group:1")],
      [other("del-groups", "group_id=1"), other("del-flows", "")],
    ],
  },
  {
    name: "several monitors, and their filters",
    versions: [OF14, OF15],
    steps: [
      [watch(monitor({})), open(1), ...(["1", "3"] as const).map(bundled), commit(1)],
      [watch(monitor({ id: 2, flags: 0x3f, table: 5 })), put("2"), put("2", 4)],
      [watch(monitor({ id: 3, flags: 0x2f, table: 5, ...changes })), watch(monitor({ command: "delete" }))],
      [put("2"), put("2", 4), watch(monitor({ id: 2, command: "delete" })), put("2"), take("in_port=1")],
      [take("in_port=3"), watch(monitor({ id: 3, command: "modify", flags: 0x3f, table: 5, outPort: 2, ...changes }))],
      [put("2"), put("2", 5, "in_port=2"), put("3", 5, "in_port=1,ip"), put("2", 5, "in_port=1,ip")],
      [put("3", 5, "in_port=1,ip"), put("3,2", 5, "in_port=1,ip")],
      flow({ table: 5, command: "modify", match: "in_port=1,ip", actions: "3" }),
      watch(monitor({ id: 4, table: 254, flags: 0x2e }), monitor({ id: 5, table: 5, flags: 0x3f, outPort: OFPP.none })),
      take("ip,in_port=1"),
    ],
  },
];

function bundled(actions: string): Step {
  return (t) => t.add(1, 3, flow({ table: 5, match: "in_port=1", actions }));
}

const more =
  (xid: number, flags: number, body: Body): Step =>
  (t) =>
    t.changed(body, () => {}, flags, xid);

const desc = { kind: "desc_request" } as const;
const port = { kind: "port_stats_request", port: 1 } as const;
const versions: readonly Version[] = [OF12, OF13, OF14, OF15];

/** Requests in several messages. */
export const multipart: Conversation = {
  name: "requests in several messages",
  versions,
  steps: [
    [more(1, 1, desc), more(1, 0, desc), more(2, 1, desc), more(2, 0, port), more(3, 1, port), more(3, 0, port)],
    [more(4, 1, desc), more(5, 1, desc), more(5, 0, desc), more(4, 0, desc), more(6, 3, desc), more(6, 2, desc)],
  ],
};
