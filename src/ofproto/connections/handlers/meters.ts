import type { MeterFeaturesRequest } from "#openflow/messages/meter/meter-features.js";
import type { MeterMod } from "#openflow/messages/meter/meter-mod.js";
import type { MeterRequest } from "#openflow/messages/meter/meter-request.js";
import { meterConfigurations, meterFeatures, meterStatistics } from "../../meters/meter-replies.js";
import type { Handler } from "../handler.js";
import { commitOne } from "./commit-one.js";
import { originOf } from "./origin.js";

/** OFPT_METER_MOD. */
export const meterModHandler: Handler<MeterMod> = {
  kind: "meter_mod",
  changes: true,
  handle: (mod, request) => {
    const { bridge } = request;
    return commitOne(bridge, bridge.meterModification(mod, originOf(request)));
  },
};

/** What meters there are: OFPMP_METER_CONFIG. */
export const meterConfigHandler: Handler<MeterRequest & { kind: "meter_config_request" }> = {
  kind: "meter_config_request",
  changes: false,
  handle: ({ meterId }, { bridge }) => [meterConfigurations(bridge.state.meters, meterId)],
};

/** What meters have counted: OFPMP_METER. */
export const meterStatsHandler: Handler<MeterRequest & { kind: "meter_stats_request" }> = {
  kind: "meter_stats_request",
  changes: false,
  handle: ({ meterId }, { bridge }) => {
    const { state, backer } = bridge;
    return [meterStatistics(state.meters, state.tables, backer.meters, meterId, backer.clock.now())];
  },
};

/** What meters can do: OFPMP_METER_FEATURES. */
export const meterFeaturesHandler: Handler<MeterFeaturesRequest> = {
  kind: "meter_features_request",
  changes: false,
  handle: (_, { bridge }) => [meterFeatures(bridge.backer.meters)],
};
