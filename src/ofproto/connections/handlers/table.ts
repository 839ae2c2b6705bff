import type { Handler } from "../handler.js";
import { getAsyncHandler, setAsyncHandler } from "./async-config.js";
import { barrierHandler } from "./barrier.js";
import { bundleAddHandler, bundleControlHandler } from "./bundles.js";
import { setControllerIdHandler, setPacketInFormatHandler } from "./controller-settings.js";
import { ctFlushHandler, ctFlushZoneHandler } from "./ct-flush.js";
import { descriptionHandler } from "./description.js";
import { featuresHandler } from "./features.js";
import { flowModTableIdHandler, setFlowFormatHandler } from "./flow-format.js";
import { flowModHandler } from "./flow-mod.js";
import { flowMonitorCancelHandler, flowMonitorHandler } from "./flow-monitors.js";
import { aggregateHandler, flowStatsHandler } from "./flow-stats.js";
import { groupDescHandler, groupFeaturesHandler, groupModHandler, groupStatsHandler } from "./groups.js";
import { ignoredHandlers } from "./ignored.js";
import { ipfixHandlers } from "./ipfix-stats.js";
import { meterConfigHandler, meterFeaturesHandler, meterModHandler, meterStatsHandler } from "./meters.js";
import { packetOutHandler } from "./packet-out.js";
import { portDescHandler, portModHandler, portStatsHandler } from "./ports.js";
import { queueConfigHandler, queueStatsHandler } from "./queues.js";
import { resumeHandler } from "./resume.js";
import { roleHandler } from "./role.js";
import { getConfigHandler, setConfigHandler } from "./switch-config.js";
import { tableDescHandler, tableFeaturesHandler, tableModHandler, tableStatsHandler } from "./tables.js";
import { tlvTableHandler, tlvTableModHandler } from "./tlv-table.js";

/** What a bridge does with each kind of message. */
export const handlers: readonly Handler[] = [
  aggregateHandler,
  barrierHandler,
  bundleAddHandler,
  bundleControlHandler,
  ctFlushHandler,
  ctFlushZoneHandler,
  descriptionHandler,
  featuresHandler,
  flowModHandler,
  flowModTableIdHandler,
  flowMonitorCancelHandler,
  flowMonitorHandler,
  flowStatsHandler,
  getAsyncHandler,
  getConfigHandler,
  groupDescHandler,
  groupFeaturesHandler,
  groupModHandler,
  groupStatsHandler,
  ...ignoredHandlers,
  ...ipfixHandlers,
  meterConfigHandler,
  meterFeaturesHandler,
  meterModHandler,
  meterStatsHandler,
  packetOutHandler,
  portDescHandler,
  portModHandler,
  portStatsHandler,
  queueConfigHandler,
  queueStatsHandler,
  resumeHandler,
  roleHandler,
  setAsyncHandler,
  setConfigHandler,
  setControllerIdHandler,
  setFlowFormatHandler,
  setPacketInFormatHandler,
  tableDescHandler,
  tableFeaturesHandler,
  tableModHandler,
  tableStatsHandler,
  tlvTableHandler,
  tlvTableModHandler,
];
