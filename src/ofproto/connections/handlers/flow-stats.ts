import type { FlowStats } from "#openflow/messages/flow/flow-stats.js";
import type { FlowStatsRequest } from "#openflow/messages/flow/flow-stats-request.js";
import type { Message } from "#openflow/messages/message.js";
import { FlowStatsWriter } from "#openflow/templates/flow-stats-writer.js";
import { OF12, OF14 } from "#openflow/version.js";
import { elapsed } from "../../elapsed.js";
import type { Rule } from "../../tables/rule.js";
import { selectFlows } from "../../tables/select-flows.js";
import type { Handler, Request } from "../handler.js";

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

/** The reply, of flows whose bytes are mostly those that their controller sent. */
function written(flows: readonly Rule[], now: number, { version, xid }: Message): readonly Uint8Array[] {
  const writer = new FlowStatsWriter(version, xid);
  for (const rule of flows) {
    const wire = rule.wire(version);
    if (wire === undefined) {
      writer.addOther(flowStats(rule, now));
      continue;
    }
    const { seconds, nanoseconds } = elapsed(now - rule.created);
    writer.add(rule, wire, seconds, nanoseconds);
  }
  return writer.done();
}

/** Flows and what they have counted: OFPMP_FLOW and NXST_FLOW. */
export const flowStatsHandler: Handler<FlowStatsRequest & { kind: "flow_stats_request" }> = {
  kind: "flow_stats_request",
  changes: false,
  handle: (wanted, request) => {
    const flows = flowsOf(wanted, request);
    const now = request.bridge.backer.clock.now();
    const { version } = request.message;
    if (version >= OF12 && version <= OF14) {
      for (const message of written(flows, now, request.message)) request.send(message);
      return undefined;
    }
    return [{ kind: "flow_stats_reply", flows: flows.map((rule) => flowStats(rule, now)) }];
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
