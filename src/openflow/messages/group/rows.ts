import type { MessageRow } from "../message.js";
import { type GroupDescReply, type GroupDescRequest, groupDescReply, groupDescRequest } from "./group-desc.js";
import {
  type GroupFeaturesReply,
  type GroupFeaturesRequest,
  groupFeaturesReply,
  groupFeaturesRequest,
} from "./group-features.js";
import { type GroupMod, groupMod } from "./group-mod.js";
import { type GroupStatsReply, type GroupStatsRequest, groupStatsReply, groupStatsRequest } from "./group-stats.js";

/** Messages about groups. */
export type GroupBody =
  | GroupMod
  | GroupDescRequest
  | GroupDescReply
  | GroupStatsRequest
  | GroupStatsReply
  | GroupFeaturesRequest
  | GroupFeaturesReply;

export const groupRows: readonly MessageRow<GroupBody>[] = [
  groupMod,
  groupDescRequest,
  groupDescReply,
  groupStatsRequest,
  groupStatsReply,
  groupFeaturesRequest,
  groupFeaturesReply,
];
