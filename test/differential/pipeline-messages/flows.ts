import { OFPP } from "#openflow/port-number.js";
import { OF10, OF11, OF12, OF13, OF14, OF15 } from "#openflow/version.js";
import { type Conversation, flow, group, packetOut, portMod, type Said, type Step, selection } from "./conversation.js";

const frame = "000000000001000000000002080000";
type Mapping = readonly [optionType: number, length: number, index: number];
const tlvs = (command: "add" | "delete" | "clear", ...mappings: readonly Mapping[]): Said => ({
  kind: "tlv_table_mod",
  command,
  mappings: mappings.map(([optionType, length, index]) => ({ optionClass: 0xffff, optionType, length, index })),
});
const meter = (
  command: "add" | "modify" | "delete",
  meterId: number,
  flags: number,
  rates: readonly number[],
): Said => ({
  kind: "meter_mod",
  command,
  meter: { meterId, flags, bands: rates.map((rate) => ({ type: "drop", rate, burstSize: 0, precedence: 0 })) },
});
/** Gives the installed switch the time to look at its devices. */
const meanwhile: Step = "ofctl -O OpenFlow10 get-frags BR";
const tableMod = (table: number, more: object): Said => ({ kind: "table_mod", table, miss: "default", ...more });

export const flows: readonly Conversation[] = [
  {
    name: "flow-mods, and what is wrong with them",
    versions: [OF11, OF12, OF13, OF14, OF15],
    steps: [
      [flow({ table: 254 }), flow({ table: 254, command: "delete" }), flow({ table: 253 }), flow({ table: 255 })],
      [flow({ bufferId: 3 }), flow({ flags: 2 }), flow({ flags: 2, priority: 3 }), flow({ actions: "99" })],
      [flow({ actions: "group:99" }), flow({ actions: "1,normal" }), flow({ match: "tcp,tp_src=5" })],
      [flow({ actions: "goto_table:0" }), flow({ table: 3, actions: "goto_table:2" })],
      [flow({ flags: 1, match: "in_port=1" }), flow({ command: "delete_strict", match: "in_port=1" })],
      flow({ match: "in_port=1", idleTimeout: 100, hardTimeout: 200, importance: 0 }),
      flow({ match: "in_port=2", actions: "controller(max_len=10),set_queue:9" }),
      flow({ command: "modify", newCookie: 9n, cookie: 1n, cookieMask: 1n }),
      [selection("flow_stats_request"), selection("flow_stats_request", 0, 5)],
      [selection("flow_stats_request", 0, OFPP.controller), selection("aggregate_request")],
      selection("aggregate_request", 254),
    ],
  },
  {
    name: "meters and their errors",
    versions: [OF13, OF14, OF15],
    steps: [
      [flow({ actions: "meter:7,1" }), meter("add", 1, 1, [100]), meter("add", 1, 1, [100])],
      [meter("modify", 2, 1, [100]), meter("add", 0, 1, [100]), meter("add", 0xffff0001, 1, [100])],
      [
        meter("add", 3, 3, [100]),
        meter("add", 3, 1, []),
        meter(
          "add",
          4,
          1,
          Array.from({ length: 9 }, () => 5),
        ),
      ],
      [flow({ actions: "meter:1,1" }), { kind: "meter_stats_request", meterId: 1 } as const],
      [{ kind: "meter_config_request", meterId: 0xffffffff } as const, meter("delete", 1, 0, [])],
      [selection("flow_stats_request"), meter("delete", 9, 0, []), meter("delete", 0xffffffff, 0, [])],
    ],
  },
  {
    name: "groups and their errors",
    versions: [OF11, OF12, OF13, OF14, OF15],
    steps: [
      [group("group_id=1,type=all,bucket=output:1"), group("group_id=1,type=all,bucket=output:1")],
      [group("group_id=2,type=all", "modify"), group("group_id=2,type=indirect,bucket=output:1")],
      group("group_id=3,type=select,bucket=weight:5,output:1,bucket=output:2"),
      group("group_id=4,type=ff,bucket=watch_port:1,output:1"),
      group("group_id=5,type=all,bucket=group:1"),
      [flow({ actions: "group:1" }), { kind: "group_stats_request", groupId: 1 } as const],
      [{ kind: "group_desc_request", groupId: 0xfffffffc } as const, group("group_id=1", "delete")],
      [selection("flow_stats_request"), group("group_id=77", "delete"), group("", "delete")],
      { kind: "group_desc_request", groupId: 0xfffffffc },
    ],
  },
  // The installed switch takes the flags of eviction for a switch that turns it on (1) and off (2); ours does not.
  {
    name: "tables",
    versions: [OF14, OF15],
    steps: [
      [tableMod(254, {}), tableMod(253, { eviction: true, vacancy: true, vacancyLimits: { down: 10, up: 20 } })],
      [tableMod(253, { eviction: false, vacancy: false }), { kind: "table_desc_request" } as const],
      [tableMod(253, { vacancy: true, vacancyLimits: { down: 30, up: 20 } }), tableMod(255, { eviction: true })],
      [tableMod(253, { eviction: true }), { kind: "table_desc_request" } as const],
      [tableMod(255, { eviction: false }), { kind: "table_desc_request" } as const],
    ],
  },
  {
    name: "tunnel options",
    versions: [OF10, OF14],
    steps: [
      [tlvs("add", [1, 4, 0]), tlvs("add", [1, 8, 2]), tlvs("add", [2, 8, 0]), tlvs("add", [4, 124, 10], [5, 124, 11])],
      [tlvs("add", [6, 124, 12]), tlvs("add", [7, 4, 13], [6, 124, 12]), tlvs("add", [8, 0, 14])],
      [{ kind: "tlv_table_request" } as const, tlvs("delete", [9, 4, 14]), tlvs("delete", [5, 124, 30])],
      [tlvs("delete", [4, 8, 10]), { kind: "tlv_table_request" } as const],
      "ofctl -O OpenFlow14 add-flow BR table=20,tun_metadata0=3,actions=load:1->tun_metadata11[0..3]",
      [tlvs("delete", [1, 4, 0]), tlvs("delete", [5, 124, 11]), tlvs("clear"), { kind: "tlv_table_request" } as const],
    ],
  },
  {
    name: "packet-outs, and what is wrong with them",
    versions: [OF10, OF11, OF12, OF13, OF14, OF15],
    steps: [
      [
        packetOut(frame, 1),
        packetOut("00", 1),
        packetOut("", 1),
        packetOut("", 1, "", 7),
        packetOut("0000", 99, "", 7),
      ],
      [packetOut(frame, 99, "1"), packetOut(frame, OFPP.local, "1"), packetOut(frame, OFPP.controller, "1")],
      [packetOut(frame, OFPP.none, "1"), packetOut(frame, 65279), packetOut(frame, OFPP.table, "1")],
      [packetOut(frame, 1, "99"), packetOut(frame, 1, "table"), packetOut(frame, 1, "controller(max_len=0)")],
      [packetOut(frame, 1, "mod_tp_src:7,2"), packetOut(frame, 1, "mod_vlan_vid:7,2")],
      ["appctl revalidator/wait", "ofctl -O OpenFlow10 dump-ports BR"],
    ],
  },
  {
    name: "port-mods",
    versions: [OF10, OF11, OF13, OF14, OF15],
    steps: [
      [portMod(99, 0, 0, 0), portMod(2, 0, 0, 0), portMod(OFPP.none, 0, 0, 1), portMod(0, 0, 0, 1)],
      [(t) => portMod(2, t.mac(2), 0x7f, 0x7f), meanwhile, { kind: "port_desc_request", port: 2 }],
      [(t) => portMod(2, t.mac(2), 0, 0x7f), meanwhile, { kind: "port_desc_request", port: 2 }],
      [(t) => portMod(OFPP.local, t.mac(OFPP.local), 1, 1), meanwhile, { kind: "port_desc_request", port: OFPP.local }],
      [(t) => portMod(OFPP.local, t.mac(OFPP.local), 0, 1), meanwhile, { kind: "port_desc_request", port: OFPP.local }],
    ],
  },
  {
    name: "what a connection that asks for it is told of ports",
    versions: [OF10, OF11, OF13, OF14, OF15],
    steps: [
      { kind: "set_config", fragments: "normal", invalidTtlToController: false, missSendLength: 128 },
      (t) => portMod(2, t.mac(2), 0x44, 0x44),
      (t) => portMod(2, t.mac(2), 0x44, 0x44),
      (t) => portMod(2, t.mac(2), 0, 0x44),
      ...["no-flood", "flood", "no-receive", "receive"].map((how) => `ofctl -O OpenFlow10 mod-port BR p2 ${how}`),
    ],
  },
];
