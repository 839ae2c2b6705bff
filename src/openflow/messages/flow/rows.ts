import type { MessageRow } from "../message.js";
import { type AggregateReply, aggregateReply } from "./aggregate-reply.js";
import { type FlowMod, flowMod } from "./flow-mod.js";
import { type FlowStatsReply, flowStatsReply } from "./flow-stats-reply.js";
import { aggregateRequest, type FlowStatsRequest, flowStatsRequest } from "./flow-stats-request.js";

/** Messages about flows: mods, removals, statistics, monitors. */
export type FlowBody = FlowMod | FlowStatsRequest | FlowStatsReply | AggregateReply;

export const flowRows: readonly MessageRow<FlowBody>[] = [
  flowMod,
  flowStatsRequest,
  aggregateRequest,
  flowStatsReply,
  aggregateReply,
];
