import { formatOdpKey, type OdpTextOptions } from "#flow/odp-text.js";
import type { DatapathFlow, FlowStats } from "../datapath.js";
import { formatDatapathActions } from "./action-text.js";

/** How a flow is written. `now` is the clock's, for how long ago it was used. */
export interface FlowTextOptions extends OdpTextOptions {
  readonly now: number;
}

/** A flow as `ovs-dpctl dump-flows` writes it; with `verbose`, its name before it and the fields that do not matter. */
export function formatDatapathFlow(
  flow: DatapathFlow & { readonly stats: FlowStats },
  options: FlowTextOptions,
): string {
  const ufid = options.verbose ? `ufid:${formatUfid(flow.ufid)} ` : "";
  const actions = formatDatapathActions(flow.actions, { ...options, key: flow.key });
  return `${ufid}${formatOdpKey(flow.key, flow.mask, options)}, ${formatFlowStats(flow.stats, options.now)}, actions:${actions}`;
}

/** `packets:1, bytes:60, used:0.500s[, flags:S]`. */
export function formatFlowStats({ packets, bytes, used, tcpFlags }: FlowStats, now: number): string {
  const age = used === 0 ? "never" : `${(Math.max(0, now - used) / 1000).toFixed(3)}s`;
  return `packets:${packets}, bytes:${bytes}, used:${age}${tcpFlags === 0 ? "" : `, flags:${formatTcpFlags(tcpFlags)}`}`;
}

/** Letters of flags in the order they are shown, and their bits. */
const tcpFlagLetters: readonly (readonly [string, number])[] = [
  ["S", 0x02],
  ["F", 0x01],
  ["P", 0x08],
  ["R", 0x04],
  ["U", 0x20],
  [".", 0x10],
  ["E", 0x40],
  ["C", 0x80],
  ["N", 0x100],
];

function formatTcpFlags(flags: number): string {
  return tcpFlagLetters.map(([letter, bit]) => ((flags & bit) === 0 ? "" : letter)).join("");
}

/** 32 hex digits as 8-4-4-4-12. */
export function formatUfid(ufid: string): string {
  if (ufid.length !== 32) return ufid;
  return `${ufid.slice(0, 8)}-${ufid.slice(8, 12)}-${ufid.slice(12, 16)}-${ufid.slice(16, 20)}-${ufid.slice(20)}`;
}
