import {
  always,
  between,
  OF10,
  OF11,
  OF12,
  OF13,
  OF14,
  only,
  since,
  type Version,
  type VersionRange,
} from "../../version.js";
import { type MessageForm, type MessageRow, ofpt } from "../message.js";
import { decodePhyPort, encodePhyPort, formatPhyPorts, type PhyPort } from "../port/phy-port.js";

/** Asks what a switch can do. */
export interface FeaturesRequest {
  readonly kind: "features_request";
}

export const featuresRequest: MessageRow<FeaturesRequest> = {
  kind: "features_request",
  forms: [
    {
      name: "OFPT_FEATURES_REQUEST",
      numbers: [ofpt(always, 5)],
      length: [0, 0],
      decode: () => ({ kind: "features_request" }),
      encode: () => {},
    },
  ],
  format: () => "",
};

/** What a switch can do, as it is printed. */
export type Capability =
  | "FLOW_STATS"
  | "TABLE_STATS"
  | "PORT_STATS"
  | "STP"
  | "GROUP_STATS"
  | "IP_REASM"
  | "QUEUE_STATS"
  | "ARP_MATCH_IP"
  | "PORT_BLOCKED"
  | "BUNDLES"
  | "FLOW_MONITORING";

/** Bits of capabilities in the versions that have them, in the order they are printed. */
const capabilities: readonly (readonly [Capability, bit: number, VersionRange])[] = [
  ["FLOW_STATS", 0, always],
  ["TABLE_STATS", 1, always],
  ["PORT_STATS", 2, always],
  ["STP", 3, only(OF10)],
  ["GROUP_STATS", 3, since(OF11)],
  ["IP_REASM", 5, always],
  ["QUEUE_STATS", 6, always],
  ["ARP_MATCH_IP", 7, between(OF10, OF11)],
  ["PORT_BLOCKED", 8, since(OF12)],
  ["BUNDLES", 9, since(OF14)],
  ["FLOW_MONITORING", 10, since(OF14)],
];

const hasCapability = ([, , range]: (typeof capabilities)[number], version: Version): boolean =>
  version >= range.first && version <= range.last;

/** Actions of OpenFlow 1.0 with their bits, in the order they are printed. */
const actions: readonly (readonly [name: string, bit: number])[] = [
  ["output", 0],
  ["enqueue", 11],
  ["set_vlan_vid", 1],
  ["set_vlan_pcp", 2],
  ["strip_vlan", 3],
  ["mod_dl_src", 4],
  ["mod_dl_dst", 5],
  ["mod_nw_src", 6],
  ["mod_nw_dst", 7],
  ["mod_nw_tos", 8],
  ["mod_tp_src", 9],
  ["mod_tp_dst", 10],
];

/** Tells what a switch can do. */
export interface FeaturesReply {
  readonly kind: "features_reply";
  readonly datapathId: bigint;
  readonly buffers: number;
  readonly tables: number;
  /** Number of an auxiliary connection, 0 of the main one. Since OpenFlow 1.3. */
  readonly auxiliaryId: number;
  /** In the order they are printed. */
  readonly capabilities: readonly Capability[];
  /** Names of the actions; only of OpenFlow 1.0. */
  readonly actions: readonly string[];
  /** Until OpenFlow 1.2; later versions have a request for them. */
  readonly ports: readonly PhyPort[];
}

const form = (range: VersionRange, unit: number): MessageForm<FeaturesReply> => ({
  name: "OFPT_FEATURES_REPLY",
  numbers: [ofpt(range, 6)],
  length: [24, unit],
  decode: (r, ctx) => {
    const { version } = ctx;
    const datapathId = r.u64();
    const buffers = r.u32();
    const tables = r.u8();
    const auxiliaryId = r.u8();
    r.skip(2);
    const bits = r.u32();
    const actionBits = r.u32();
    const ports: PhyPort[] = [];
    const reply: FeaturesReply = {
      kind: "features_reply",
      datapathId,
      buffers,
      tables,
      auxiliaryId: version < OF13 ? 0 : auxiliaryId,
      capabilities: capabilities.filter((c) => hasCapability(c, version) && (bits >>> c[1]) & 1).map(([name]) => name),
      actions: version === OF10 ? actions.filter(([, bit]) => (actionBits >>> bit) & 1).map(([name]) => name) : [],
      ports,
    };
    while (r.left > 0) {
      ctx.partial(reply);
      ports.push(decodePhyPort(r, ctx));
    }
    return reply;
  },
  encode: (body, w, { version }) => {
    w.u64(body.datapathId).u32(body.buffers).u8(body.tables);
    w.u8(version < OF13 ? 0 : body.auxiliaryId).zeros(2);
    w.u32(
      bitsOf(
        capabilities.filter((c) => hasCapability(c, version)),
        body.capabilities,
      ),
    );
    w.u32(version === OF10 ? bitsOf(actions, body.actions) : 0);
    if (version < OF13) for (const port of body.ports) encodePhyPort(port, w, version);
  },
});

function bitsOf(
  rows: readonly (readonly [name: string, bit: number, ...unknown[]])[],
  names: readonly string[],
): number {
  return rows.reduce((bits, [name, bit]) => (names.includes(name) ? bits | (1 << bit) : bits), 0);
}

export const featuresReply: MessageRow<FeaturesReply> = {
  kind: "features_reply",
  forms: [form(only(OF10), 48), form(between(OF11, OF12), 64), form(since(OF13), 0)],
  format: (body) => {
    const auxiliary = body.auxiliaryId === 0 ? "" : `, auxiliary_id:${body.auxiliaryId}`;
    const lines = [
      ` dpid:${body.datapathId.toString(16).padStart(16, "0")}`,
      `n_tables:${body.tables}, n_buffers:${body.buffers}${auxiliary}`,
      `capabilities: ${body.capabilities.join(" ") || "0"}`,
      ...(body.actions.length > 0 ? [`actions: ${body.actions.join(" ")}`] : []),
    ];
    const ports = [...body.ports].sort((a, b) => a.number - b.number);
    return `${lines.join("\n")}\n${formatPhyPorts(ports)}`.slice(0, -1);
  },
};
