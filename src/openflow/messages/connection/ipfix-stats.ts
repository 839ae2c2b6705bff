import { always } from "../../version.js";
import type { WireReader } from "../../wire-reader.js";
import type { WireWriter } from "../../wire-writer.js";
import { type MessageRow, nxst } from "../message.js";

/** Counters of an IPFIX exporter; all bits 1 where one is not known. */
interface IpfixCounters {
  readonly flows: bigint;
  readonly currentFlows: bigint;
  readonly packets: bigint;
  readonly ipv4Packets: bigint;
  readonly ipv6Packets: bigint;
  readonly packetErrors: bigint;
  readonly ipv4Errors: bigint;
  readonly ipv6Errors: bigint;
  readonly sentPackets: bigint;
  readonly sendErrors: bigint;
}

/** In the order they are on the wire. */
const order: readonly (keyof IpfixCounters)[] = [
  "flows",
  "currentFlows",
  "packets",
  "ipv4Packets",
  "ipv6Packets",
  "packetErrors",
  "ipv4Errors",
  "ipv6Errors",
  "sentPackets",
  "sendErrors",
];

/** Asks for the counters of a bridge's exporter, or of those of its flows. */
export interface IpfixStatsRequest {
  readonly kind: "ipfix_bridge_stats_request" | "ipfix_flow_stats_request";
}

/** Tells the counters of a bridge's exporter. */
export interface IpfixBridgeStatsReply extends IpfixCounters {
  readonly kind: "ipfix_bridge_stats_reply";
}

/** Tells the counters of each of a bridge's flow exporters. */
export interface IpfixFlowStatsReply {
  readonly kind: "ipfix_flow_stats_reply";
  readonly collectors: readonly (IpfixCounters & { readonly collectorSet: number })[];
}

const readCounters = (r: WireReader): IpfixCounters =>
  Object.fromEntries(order.map((name) => [name, r.u64()])) as unknown as IpfixCounters;

function writeCounters(w: WireWriter, counters: IpfixCounters): void {
  for (const name of order) w.u64(counters[name]);
}

const UNKNOWN = 0xffffffffffffffffn;

/** Two lines, the second indented. */
function formatCounters(counters: IpfixCounters, indent: string): string {
  const told = (label: string, name: keyof IpfixCounters): string =>
    `${label}=${counters[name] === UNKNOWN ? "?" : counters[name]}`;
  const sent = [
    told("flows", "flows"),
    told("current flows", "currentFlows"),
    told("sampled pkts", "packets"),
    told("ipv4 ok", "ipv4Packets"),
    told("ipv6 ok", "ipv6Packets"),
    told("tx pkts", "sentPackets"),
  ];
  const failed = [
    told("pkts errs", "packetErrors"),
    told("ipv4 errs", "ipv4Errors"),
    told("ipv6 errs", "ipv6Errors"),
    told("tx errs", "sendErrors"),
  ];
  return `${sent.join(", ")}\n${indent}${failed.join(", ")}`;
}

function request<K extends IpfixStatsRequest["kind"]>(kind: K, name: string, type: number): MessageRow<{ kind: K }> {
  return {
    kind,
    forms: [
      { name, numbers: [nxst("request", always, type)], length: [0, 0], decode: () => ({ kind }), encode: () => {} },
    ],
    format: () => "",
  };
}

export const ipfixBridgeStatsRequest: MessageRow<{ kind: "ipfix_bridge_stats_request" }> = request(
  "ipfix_bridge_stats_request",
  "NXST_IPFIX_BRIDGE request",
  3,
);
export const ipfixFlowStatsRequest: MessageRow<{ kind: "ipfix_flow_stats_request" }> = request(
  "ipfix_flow_stats_request",
  "NXST_IPFIX_FLOW request",
  4,
);

export const ipfixBridgeStatsReply: MessageRow<IpfixBridgeStatsReply> = {
  kind: "ipfix_bridge_stats_reply",
  forms: [
    {
      name: "NXST_IPFIX_BRIDGE reply",
      numbers: [nxst("reply", always, 3)],
      length: [88, 0],
      decode: (r) => ({ kind: "ipfix_bridge_stats_reply", ...readCounters(r) }),
      encode: (body, w) => {
        writeCounters(w, body);
        w.zeros(8);
      },
    },
  ],
  format: (body) => `\n  bridge ipfix: ${formatCounters(body, " ".repeat(16))}`,
};

export const ipfixFlowStatsReply: MessageRow<IpfixFlowStatsReply> = {
  kind: "ipfix_flow_stats_reply",
  forms: [
    {
      name: "NXST_IPFIX_FLOW reply",
      numbers: [nxst("reply", always, 4)],
      length: [0, 88],
      decode: (r) => {
        const collectors: (IpfixCounters & { collectorSet: number })[] = [];
        while (r.left > 0) {
          const counters = readCounters(r);
          collectors.push({ collectorSet: r.u32(), ...counters });
          r.skip(4);
        }
        return { kind: "ipfix_flow_stats_reply", collectors };
      },
      encode: ({ collectors }, w, ctx) => {
        for (const one of collectors) {
          ctx.element();
          writeCounters(w, one);
          w.u32(one.collectorSet).zeros(4);
        }
      },
    },
  ],
  format: ({ collectors }) => {
    const lines = collectors.map(
      (one) => `\n  id ${String(one.collectorSet).padStart(3)}: ${formatCounters(one, " ".repeat(10))}`,
    );
    return ` ${collectors.length} ids${lines.join("")}`;
  },
};
