import { OFPG } from "#openflow/messages/group/group-number.js";
import { OFPM } from "#openflow/messages/meter/meter-number.js";
import { OFPP } from "#openflow/port-number.js";
import { OF10, OF11, OF12, OF13, OF14, OF15, type Version } from "#openflow/version.js";
import { bytes, type Conversation, flow, packetOut, type Step, selection } from "./conversation.js";

const all: readonly Version[] = [OF10, OF11, OF12, OF13, OF14, OF15];
const ALL_QUEUES = 0xffffffff;
const config = (
  fragments: "normal" | "drop" | "reassemble" | "nx-match",
  missSendLength: number,
  invalidTtlToController = false,
): Step => ({ kind: "set_config", fragments, invalidTtlToController, missSendLength });

export const connection: readonly Conversation[] = [
  {
    name: "what a switch is",
    versions: all,
    steps: [
      { kind: "features_request" },
      { kind: "desc_request" },
      { kind: "barrier_request" },
      { kind: "tlv_table_request" },
      { kind: "ipfix_bridge_stats_request" },
      { kind: "ipfix_flow_stats_request" },
      { kind: "table_stats_request" },
      { kind: "port_desc_request", port: OFPP.none },
      { kind: "port_stats_request", port: OFPP.none },
      { kind: "port_stats_request", port: 2 },
      { kind: "port_stats_request", port: OFPP.local },
      { kind: "port_stats_request", port: 9 },
      { kind: "queue_stats_request", port: OFPP.none, queue: ALL_QUEUES },
      { kind: "queue_stats_request", port: 1, queue: ALL_QUEUES },
      { kind: "queue_stats_request", port: 1, queue: 3 },
      { kind: "queue_stats_request", port: 9, queue: ALL_QUEUES },
      { kind: "queue_stats_request", port: OFPP.none, queue: 3 },
      { kind: "queue_config_request", port: 1, queue: ALL_QUEUES },
      { kind: "queue_config_request", port: 9, queue: ALL_QUEUES },
      selection("aggregate_request"),
      selection("flow_stats_request"),
      selection("flow_stats_request", 254),
    ],
  },
  {
    name: "what a switch of OpenFlow 1.3 and later is, besides",
    versions: [OF13, OF14, OF15],
    steps: [
      { kind: "get_async_request" },
      { kind: "queue_config_request", port: OFPP.none, queue: ALL_QUEUES },
      { kind: "group_features_request" },
      { kind: "group_desc_request", groupId: OFPG.all },
      { kind: "group_stats_request", groupId: 7 },
      { kind: "meter_features_request" },
      { kind: "meter_config_request", meterId: OFPM.all },
      { kind: "meter_config_request", meterId: 7 },
      { kind: "meter_stats_request", meterId: OFPM.controller },
      { kind: "table_features_request", tables: [] },
    ],
  },
  {
    name: "how a connection is set",
    versions: all,
    steps: [
      [config("normal", 100, true), { kind: "get_config_request" }, config("drop", 65535)],
      [{ kind: "get_config_request" }, config("reassemble", 128), { kind: "get_config_request" }],
      [config("nx-match", 128), { kind: "get_config_request" }, config("normal", 0)],
      { kind: "get_config_request" },
      { kind: "set_packet_in_format", format: "nxt_packet_in2" },
      { kind: "set_controller_id", id: 5 },
      { kind: "flow_age" },
      { kind: "ct_flush_zone", zone: 3 },
      { kind: "barrier_request" },
    ],
  },
  {
    name: "flow formats of OpenFlow 1.0",
    versions: [OF10],
    steps: [
      "ofctl -O OpenFlow14 add-flow BR table=3,in_port=1,reg0=3,actions=output:2",
      selection("flow_stats_request"),
      { kind: "set_flow_format", format: 2 },
      selection("flow_stats_request"),
      { kind: "set_flow_format", format: 1 },
      flow({ table: 1 }),
      { kind: "flow_mod_table_id", enable: true },
      "ofctl -O OpenFlow10 -F NXM dump-flows BR --no-stats",
      { kind: "flow_mod_table_id", enable: false },
    ],
  },
  {
    name: "roles",
    versions: [OF12, OF13, OF14, OF15],
    steps: [
      { kind: "role_request", role: "nochange" },
      { kind: "role_request", role: "primary", generationId: 5n },
      { kind: "role_request", role: "secondary", generationId: 3n },
      { kind: "role_request", role: "secondary", generationId: 7n },
      { kind: "role_request", role: "nochange" },
      flow(),
      { kind: "set_config", fragments: "drop", invalidTtlToController: false, missSendLength: 100 },
      { kind: "get_config_request" },
      { kind: "tlv_table_mod", command: "clear", mappings: [] },
      packetOut("00", 1),
      { kind: "port_mod", port: 1, address: 0, config: 0, mask: 0, advertise: 0 },
      { kind: "role_request", role: "equal" },
      { kind: "role_request", role: "nochange" },
      config("normal", 0),
    ],
  },
  {
    name: "asynchronous messages",
    versions: [OF14, OF15],
    steps: [
      { kind: "get_async_request" },
      { kind: "set_async", primary: { PACKET_IN: 1 }, secondary: { TABLE_STATUS: 8 } },
      { kind: "get_async_request" },
    ],
  },
  {
    name: "messages that ask for nothing, or that nobody knows",
    versions: [OF14],
    steps: [
      bytes("0501001000000009 0001000101020304"),
      bytes("0503000800000009"),
      bytes("0500000800000009"),
      bytes("0515000800000009"),
      bytes("0563000800000009"),
      bytes("0504001000000009 0000232000000999"),
      bytes("0504001000000009 0000232100000999"),
      bytes("0512001000000009 00ee000000000000"),
      bytes("0512001000000009 ffff000000000000"),
      bytes("0512001800000009 ffff0000000000000000999900000000"),
      bytes("0512001800000009 ffff0000000000000000232000009999"),
      bytes("0413000800000009"),
      bytes("05020007"),
    ],
  },
];
