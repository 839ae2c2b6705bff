import type { MessageRow } from "../message.js";
import { type MeterConfigReply, meterConfigReply } from "./meter-config-reply.js";
import {
  type MeterFeaturesReply,
  type MeterFeaturesRequest,
  meterFeaturesReply,
  meterFeaturesRequest,
} from "./meter-features.js";
import { type MeterMod, meterMod } from "./meter-mod.js";
import { type MeterRequest, meterConfigRequest, meterStatsRequest } from "./meter-request.js";
import { type MeterStatsReply, meterStatsReply } from "./meter-stats.js";

/** Messages about meters. */
export type MeterBody =
  | MeterMod
  | MeterRequest
  | MeterConfigReply
  | MeterStatsReply
  | MeterFeaturesRequest
  | MeterFeaturesReply;

export const meterRows: readonly MessageRow<MeterBody>[] = [
  meterMod,
  meterConfigRequest,
  meterConfigReply,
  meterStatsRequest,
  meterStatsReply,
  meterFeaturesRequest,
  meterFeaturesReply,
];
