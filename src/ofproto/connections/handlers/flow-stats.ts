import type { FlowStats } from "#openflow/messages/flow/flow-stats.js";
import type { FlowStatsRequest } from "#openflow/messages/flow/flow-stats-request.js";
import type { Message } from "#openflow/messages/message.js";
import { FlowStatsWriter } from "#openflow/templates/flow-stats-writer.js";
import { OF12, OF14 } from "#openflow/version.js";
import { elapsed } from "../../elapsed.js";
import type { Rule } from "../../tables/rule.js";
import { selectFlows } from "../../tables/select-flows.js";
import type { Handler, Request } from "../handler.js";
import { nextTurn } from "../next-turn.js";

/** The flows that a request is about, with counters of now. */
function flowsOf(request: FlowStatsRequest, { bridge }: Request): Rule[] {
  bridge.collectStatistics();
  return selectFlows(bridge.state.tables, request);
}

/** A flow as controllers are told it at `now` (clock milliseconds). */
function flowStats(rule: Rule, now: number): FlowStats {
  const { seconds, nanoseconds } = elapsed(now - rule.created);
  return {
    match: rule.match,
    priority: rule.priority,
    table: rule.tableId,
    cookie: rule.cookie,
    durationSec: seconds,
    durationNsec: nanoseconds,
    idleTimeout: rule.idleTimeout,
    hardTimeout: rule.hardTimeout,
    idleAge: elapsed(now - rule.used).seconds,
    hardAge: elapsed(now - rule.modified).seconds,
    packets: BigInt(rule.packets),
    bytes: BigInt(rule.bytes),
    importance: rule.importance,
    flags: rule.flags,
    actions: rule.actions,
  };
}

/** Flows that are written before others have their turn: those whose bytes are there, and others. */
const [QUICK, SLOW] = [4000, 400];

/** Writes flows to a reply, some at a time. */
interface Part {
  readonly size: number;
  /** Writes flows; `last` where none follow. Gives the messages that are whole. */
  write(flows: readonly Rule[], last: boolean): readonly Uint8Array[];
}

/** A reply of flows whose bytes are mostly those that their controller sent. */
function quickly(now: number, { version, xid }: Message): Part {
  const writer = new FlowStatsWriter(version, xid);
  const add = (rule: Rule): void => {
    const wire = rule.wire(version);
    const { seconds, nanoseconds } = elapsed(now - rule.created);
    if (wire === undefined) writer.addOther(flowStats(rule, now));
    else writer.add(rule, wire, seconds, nanoseconds);
  };
  const write = (flows: readonly Rule[], last: boolean): readonly Uint8Array[] => {
    for (const rule of flows) add(rule);
    return last ? writer.done() : writer.take();
  };
  return { size: QUICK, write };
}

/** A reply of any version. */
function anyhow(now: number, request: Request): Part {
  const write = (flows: readonly Rule[], last: boolean): readonly Uint8Array[] =>
    request.encode({ kind: "flow_stats_reply", flows: flows.map((rule) => flowStats(rule, now)) }, !last);
  return { size: SLOW, write };
}

/** Sends a reply part by part, as fast as the peer takes it. */
async function sendParts(
  flows: readonly Rule[],
  { size, write }: Part,
  { connection, send }: Request,
): Promise<undefined> {
  for (let at = 0; at < flows.length && connection.isConnected; at += size) {
    for (const message of write(flows.slice(at, at + size), at + size >= flows.length)) send(message);
    await nextTurn();
    if (connection.backlog() > MAX_BACKLOG) await connection.drained();
  }
  return undefined;
}

/** Bytes that may wait for the peer while a reply goes on. */
const MAX_BACKLOG = 1 << 20;

/** Flows and what they have counted: OFPMP_FLOW and NXST_FLOW. */
export const flowStatsHandler: Handler<FlowStatsRequest & { kind: "flow_stats_request" }> = {
  kind: "flow_stats_request",
  changes: false,
  handle: (wanted, request) => {
    const flows = flowsOf(wanted, request);
    const now = request.bridge.backer.clock.now();
    const { version } = request.message;
    const part = version >= OF12 && version <= OF14 ? quickly(now, request.message) : anyhow(now, request);
    if (flows.length > part.size) return sendParts(flows, part, request);
    for (const message of part.write(flows, true)) request.send(message);
    return undefined;
  },
};

/** Sums over flows: OFPMP_AGGREGATE and NXST_AGGREGATE. */
export const aggregateHandler: Handler<FlowStatsRequest & { kind: "aggregate_request" }> = {
  kind: "aggregate_request",
  changes: false,
  handle: (wanted, request) => {
    const flows = flowsOf(wanted, request);
    const sum = (count: (rule: Rule) => number): bigint => BigInt(flows.reduce((n, rule) => n + count(rule), 0));
    return [
      {
        kind: "aggregate_reply",
        packets: sum((rule) => rule.packets),
        bytes: sum((rule) => rule.bytes),
        flows: flows.length,
      },
    ];
  },
};
