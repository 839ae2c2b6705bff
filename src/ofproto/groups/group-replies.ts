import type { GroupDescReply } from "#openflow/messages/group/group-desc.js";
import type { GroupFeaturesReply } from "#openflow/messages/group/group-features.js";
import { OFPG } from "#openflow/messages/group/group-number.js";
import type { GroupStatsReply } from "#openflow/messages/group/group-stats.js";
import { elapsed } from "../elapsed.js";
import type { FlowTables } from "../tables/flow-tables.js";
import type { Group } from "./group.js";
import type { GroupTable } from "./group-table.js";

/** The groups that a request is about: one, none where it does not exist, or for `OFPG.all` all of them. */
function asked(groups: GroupTable, groupId: number): readonly Group[] {
  if (groupId === OFPG.all) return groups.inOrder();
  const group = groups.get(groupId);
  return group === undefined ? [] : [group];
}

/** What groups there are. */
export function groupDescription(groups: GroupTable, groupId: number): GroupDescReply {
  return {
    kind: "group_desc_reply",
    groups: asked(groups, groupId).map((g) => ({
      groupId: g.groupId,
      type: g.type,
      selection: g.selection,
      buckets: g.buckets.map((b) => b.settings),
    })),
  };
}

/** What groups have counted. `now`: clock milliseconds. */
export function groupStatistics(groups: GroupTable, tables: FlowTables, groupId: number, now: number): GroupStatsReply {
  const counts = ({ packets, bytes }: { packets: number; bytes: number }): { packets: bigint; bytes: bigint } => ({
    packets: BigInt(packets),
    bytes: BigInt(bytes),
  });
  return {
    kind: "group_stats_reply",
    groups: asked(groups, groupId).map((g) => ({
      groupId: g.groupId,
      references: tables.users.groups.count(g.groupId),
      ...counts(g),
      duration: elapsed(now - g.created),
      buckets: g.buckets.map(counts),
    })),
  };
}

const bucketActions: readonly string[] = [
  ...["output", "group", "enqueue", "set_field", "set_vlan_vid", "set_vlan_pcp", "strip_vlan", "push_vlan"],
  ...["mod_dl_src", "mod_dl_dst", "mod_nw_src", "mod_nw_dst", "mod_nw_tos", "mod_nw_ecn", "mod_nw_ttl"],
  ...["mod_tp_src", "mod_tp_dst", "dec_ttl", "set_mpls_label", "set_mpls_tc", "set_mpls_ttl", "dec_mpls_ttl"],
  ...["push_mpls", "pop_mpls", "set_queue"],
];

const WEIGHTS_LIVENESS_CHAINING = 7;

/** What groups there can be; a version's reply names the actions that it knows. */
export const groupFeatures: GroupFeaturesReply = {
  kind: "group_features_reply",
  types: 0xf,
  capabilities: WEIGHTS_LIVENESS_CHAINING,
  byType: Array.from({ length: 4 }, () => ({ maxGroups: OFPG.max, actions: bucketActions })),
};
