import type { MessageRow } from "../message.js";
import { type PortDescReply, type PortDescRequest, portDescReply, portDescRequest } from "./port-desc.js";
import { type PortMod, portMod } from "./port-mod.js";
import { type PortStatsReply, type PortStatsRequest, portStatsReply, portStatsRequest } from "./port-stats.js";
import { type PortStatus, portStatus } from "./port-status.js";
import {
  type QueueConfigReply,
  type QueueConfigRequest,
  queueConfigReply,
  queueConfigRequest,
} from "./queue-config.js";
import { type QueueStatsReply, type QueueStatsRequest, queueStatsReply, queueStatsRequest } from "./queue-stats.js";

/** Messages about ports and their queues. */
export type PortBody =
  | PortStatus
  | PortMod
  | PortDescRequest
  | PortDescReply
  | PortStatsRequest
  | PortStatsReply
  | QueueConfigRequest
  | QueueConfigReply
  | QueueStatsRequest
  | QueueStatsReply;

export const portRows: readonly MessageRow<PortBody>[] = [
  portStatus,
  portMod,
  portDescRequest,
  portDescReply,
  portStatsRequest,
  portStatsReply,
  queueConfigRequest,
  queueConfigReply,
  queueStatsRequest,
  queueStatsReply,
];
