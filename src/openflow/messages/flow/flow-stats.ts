import type { Match } from "#flow/match.js";
import type { Action } from "../../actions/action.js";
import { formatActions } from "../../actions/table.js";
import type { MessageTextContext } from "../message.js";
import { formatFlowFlags } from "./flow-flags.js";
import { formatPriorityMatch, formatTable } from "./flow-parts.js";

/** What a counter has where the switch does not count. */
export const UNKNOWN_COUNT = 0xffffffffffffffffn;

/** A flow of a switch's table, and what it has done. */
export interface FlowStats {
  readonly match: Match;
  readonly priority: number;
  readonly table: number;
  readonly cookie: bigint;
  /** How long it is there: seconds, and nanoseconds beyond them. */
  readonly durationSec: number;
  readonly durationNsec: number;
  /** Seconds, 0 for never. */
  readonly idleTimeout: number;
  readonly hardTimeout: number;
  /** Seconds since a packet, where the switch says so. */
  readonly idleAge: number | undefined;
  /** Seconds since it was added or changed, where the switch says so. */
  readonly hardAge: number | undefined;
  /** `UNKNOWN_COUNT` where the switch does not count. */
  readonly packets: bigint;
  readonly bytes: bigint;
  readonly importance: number;
  /** Bits of `FlowFlag`; known since OpenFlow 1.3. */
  readonly flags: number;
  readonly actions: readonly Action[];
}

/** How a flow is written. */
export interface FlowTextOptions extends Pick<MessageTextContext, "portName" | "tableName"> {
  /** False leaves out what changes by itself (duration, counters and ages), and a cookie or table of 0. */
  readonly stats?: boolean;
}

/** `5.001s`: whole milliseconds in three digits, anything else in nine without zeros at the end. */
export function formatDuration(seconds: number, nanoseconds: number): string {
  if (nanoseconds === 0) return `${seconds}s`;
  if (nanoseconds % 1_000_000 === 0) return `${seconds}.${String(nanoseconds / 1_000_000).padStart(3, "0")}s`;
  return `${seconds}.${String(nanoseconds).padStart(9, "0").replace(/0+$/, "")}s`;
}

const formatCount = (count: bigint): string => (count === UNKNOWN_COUNT ? "?" : String(count));

/** A flow as `ovs-ofctl dump-flows` writes it, without a line's end; it begins with a blank. */
export function formatFlowStats(flow: FlowStats, options: FlowTextOptions = {}): string {
  const withStats = options.stats !== false;
  let text = withStats || flow.cookie !== 0n ? ` cookie=0x${flow.cookie.toString(16)}, ` : " ";
  if (withStats) text += `duration=${formatDuration(flow.durationSec, flow.durationNsec)}, `;
  if (withStats || flow.table !== 0 || options.tableName?.(flow.table) !== undefined) {
    text += `table=${formatTable(flow.table, options)}, `;
  }
  if (withStats) text += `n_packets=${formatCount(flow.packets)}, n_bytes=${formatCount(flow.bytes)}, `;
  if (flow.idleTimeout !== 0) text += `idle_timeout=${flow.idleTimeout}, `;
  if (flow.hardTimeout !== 0) text += `hard_timeout=${flow.hardTimeout}, `;
  if (flow.flags !== 0) text += formatFlowFlags(flow.flags);
  if (flow.importance !== 0) text += `importance=${flow.importance}, `;
  if (withStats && flow.idleAge !== undefined) text += `idle_age=${flow.idleAge}, `;
  if (withStats && flow.hardAge !== undefined && flow.hardAge !== flow.durationSec) {
    text += `hard_age=${flow.hardAge}, `;
  }
  const match = formatPriorityMatch(flow.match, flow.priority, options);
  if (match !== "") text += `${match} `;
  return `${text}actions=${formatActions(flow.actions, options)}`;
}
