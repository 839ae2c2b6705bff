import type { GroupDescRequest } from "#openflow/messages/group/group-desc.js";
import type { GroupFeaturesRequest } from "#openflow/messages/group/group-features.js";
import type { GroupMod } from "#openflow/messages/group/group-mod.js";
import type { GroupStatsRequest } from "#openflow/messages/group/group-stats.js";
import { groupDescription, groupFeatures, groupStatistics } from "../../groups/group-replies.js";
import type { Handler } from "../handler.js";
import { commitOne } from "./commit-one.js";
import { originOf } from "./origin.js";

/** OFPT_GROUP_MOD and Nicira's form of it. */
export const groupModHandler: Handler<GroupMod> = {
  kind: "group_mod",
  changes: true,
  handle: (mod, request) => {
    const { bridge } = request;
    return commitOne(bridge, bridge.groupModification(mod, originOf(request)));
  },
};

/** What groups there are: OFPMP_GROUP_DESC. */
export const groupDescHandler: Handler<GroupDescRequest> = {
  kind: "group_desc_request",
  changes: false,
  handle: ({ groupId }, { bridge }) => [groupDescription(bridge.state.groups, groupId)],
};

/** What groups have counted: OFPMP_GROUP. */
export const groupStatsHandler: Handler<GroupStatsRequest> = {
  kind: "group_stats_request",
  changes: false,
  handle: ({ groupId }, { bridge }) => {
    bridge.collectStatistics();
    const { groups, tables } = bridge.state;
    return [groupStatistics(groups, tables, groupId, bridge.backer.clock.now())];
  },
};

/** What groups can do: OFPMP_GROUP_FEATURES. */
export const groupFeaturesHandler: Handler<GroupFeaturesRequest> = {
  kind: "group_features_request",
  changes: false,
  handle: () => [groupFeatures],
};
