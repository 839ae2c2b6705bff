import type { Handler } from "../handler.js";
import { getAsyncHandler, setAsyncHandler } from "./async-config.js";
import { barrierHandler } from "./barrier.js";
import { setControllerIdHandler, setPacketInFormatHandler } from "./controller-settings.js";
import { descriptionHandler } from "./description.js";
import { featuresHandler } from "./features.js";
import { flowModTableIdHandler, setFlowFormatHandler } from "./flow-format.js";
import { flowModHandler } from "./flow-mod.js";
import { aggregateHandler, flowStatsHandler } from "./flow-stats.js";
import { ignoredHandlers } from "./ignored.js";
import { ipfixHandlers } from "./ipfix-stats.js";
import { portDescHandler, portModHandler, portStatsHandler } from "./ports.js";
import { queueConfigHandler, queueStatsHandler } from "./queues.js";
import { getConfigHandler, setConfigHandler } from "./switch-config.js";
import { tlvTableHandler, tlvTableModHandler } from "./tlv-table.js";

/** What a bridge does with each kind of message. */
export const handlers: readonly Handler[] = [
  aggregateHandler,
  barrierHandler,
  descriptionHandler,
  featuresHandler,
  flowModHandler,
  flowModTableIdHandler,
  flowStatsHandler,
  getAsyncHandler,
  getConfigHandler,
  ...ignoredHandlers,
  ...ipfixHandlers,
  portDescHandler,
  portModHandler,
  portStatsHandler,
  queueConfigHandler,
  queueStatsHandler,
  setAsyncHandler,
  setConfigHandler,
  setControllerIdHandler,
  setFlowFormatHandler,
  setPacketInFormatHandler,
  tlvTableHandler,
  tlvTableModHandler,
];
