import type { MessageRow } from "../message.js";
import { type AggregateReply, aggregateReply } from "./aggregate-reply.js";
import {
  type FlowAge,
  type FlowModTableId,
  flowAge,
  flowModTableId,
  type SetFlowFormat,
  setFlowFormat,
} from "./flow-format.js";
import { type FlowMod, flowMod } from "./flow-mod.js";
import { type FlowMonitorReply, flowMonitorReply } from "./flow-monitor-reply.js";
import { type FlowMonitorRequest, flowMonitorRequest } from "./flow-monitor-request.js";
import {
  type FlowMonitorCancel,
  type FlowMonitorState,
  flowMonitorCancel,
  flowMonitorPaused,
  flowMonitorResumed,
} from "./flow-monitor-state.js";
import { type FlowRemoved, flowRemoved } from "./flow-removed.js";
import { type FlowStatsReply, flowStatsReply } from "./flow-stats-reply.js";
import { aggregateRequest, type FlowStatsRequest, flowStatsRequest } from "./flow-stats-request.js";

/** Messages about flows: mods, removals, statistics, monitors. */
export type FlowBody =
  | FlowMod
  | FlowRemoved
  | FlowStatsRequest
  | FlowStatsReply
  | AggregateReply
  | FlowMonitorRequest
  | FlowMonitorReply
  | FlowMonitorCancel
  | FlowMonitorState
  | SetFlowFormat
  | FlowModTableId
  | FlowAge;

export const flowRows: readonly MessageRow<FlowBody>[] = [
  flowMod,
  flowRemoved,
  flowStatsRequest,
  aggregateRequest,
  flowStatsReply,
  aggregateReply,
  flowMonitorRequest,
  flowMonitorReply,
  flowMonitorCancel,
  flowMonitorPaused,
  flowMonitorResumed,
  setFlowFormat,
  flowModTableId,
  flowAge,
];
