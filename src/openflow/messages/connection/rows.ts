import type { MessageRow } from "../message.js";
import { type AsyncConfig, type GetAsyncRequest, getAsyncReply, getAsyncRequest, setAsync } from "./async-config.js";
import { type Barrier, barrierReply, barrierRequest } from "./barrier.js";
import {
  type SetControllerId,
  type SetPacketInFormat,
  setControllerId,
  setPacketInFormat,
} from "./controller-settings.js";
import { type CtFlush, type CtFlushZone, ctFlush, ctFlushZone } from "./ct-flush.js";
import { type DescriptionReply, type DescriptionRequest, descriptionReply, descriptionRequest } from "./description.js";
import { type Echo, echoReply, echoRequest } from "./echo.js";
import { type ErrorBody, error } from "./error.js";
import { type FeaturesReply, type FeaturesRequest, featuresReply, featuresRequest } from "./features.js";
import { type HelloMessage, hello } from "./hello.js";
import {
  type IpfixBridgeStatsReply,
  type IpfixFlowStatsReply,
  type IpfixStatsRequest,
  ipfixBridgeStatsReply,
  ipfixBridgeStatsRequest,
  ipfixFlowStatsReply,
  ipfixFlowStatsRequest,
} from "./ipfix-stats.js";
import { type RequestForward, requestForward } from "./request-forward.js";
import { type RoleMessage, type RoleStatus, roleReply, roleRequest, roleStatus } from "./role.js";
import {
  type GetConfigRequest,
  getConfigReply,
  getConfigRequest,
  type SwitchConfig,
  setConfig,
} from "./switch-config.js";
import {
  type TlvTableMod,
  type TlvTableReply,
  type TlvTableRequest,
  tlvTableMod,
  tlvTableReply,
  tlvTableRequest,
} from "./tlv-table.js";

/** Messages about the connection itself, and about the switch as a whole. */
export type ConnectionBody =
  | AsyncConfig
  | Barrier
  | CtFlush
  | CtFlushZone
  | DescriptionReply
  | DescriptionRequest
  | Echo
  | ErrorBody
  | FeaturesReply
  | FeaturesRequest
  | GetAsyncRequest
  | GetConfigRequest
  | HelloMessage
  | IpfixBridgeStatsReply
  | IpfixFlowStatsReply
  | IpfixStatsRequest
  | RequestForward
  | RoleMessage
  | RoleStatus
  | SetControllerId
  | SetPacketInFormat
  | SwitchConfig
  | TlvTableMod
  | TlvTableReply
  | TlvTableRequest;

export const connectionRows: readonly MessageRow<ConnectionBody>[] = [
  barrierRequest,
  barrierReply,
  ctFlush,
  ctFlushZone,
  descriptionRequest,
  descriptionReply,
  echoRequest,
  echoReply,
  error,
  featuresRequest,
  featuresReply,
  getAsyncRequest,
  getAsyncReply,
  getConfigRequest,
  getConfigReply,
  hello,
  ipfixBridgeStatsRequest,
  ipfixBridgeStatsReply,
  ipfixFlowStatsRequest,
  ipfixFlowStatsReply,
  requestForward,
  roleRequest,
  roleReply,
  roleStatus,
  setAsync,
  setConfig,
  setControllerId,
  setPacketInFormat,
  tlvTableMod,
  tlvTableRequest,
  tlvTableReply,
];
