import { describe, expect, it } from "vitest";
import { TlvMap } from "#flow/tlv-map.js";
import { parseFlowMod } from "#openflow/flow-text.js";
import type { GroupCommand } from "#openflow/messages/group/group-mod.js";
import { parseGroupMod } from "#openflow/messages/group/group-mod-parse.js";
import { OFPG } from "#openflow/messages/group/group-number.js";
import { commit } from "../modification.js";
import { type FlowModification, flowModification } from "../tables/flow-modification.js";
import { FlowTables } from "../tables/flow-tables.js";
import { groupModification } from "./group-modification.js";
import { groupDescription, groupStatistics } from "./group-replies.js";
import { GroupTable } from "./group-table.js";

function bed(): {
  readonly groups: GroupTable;
  readonly tables: FlowTables;
  group(command: GroupCommand, text: string): FlowModification;
  flow(text: string): FlowModification;
  /** What was refused, and why; empty where all was done. */
  commit(...all: FlowModification[]): string;
} {
  const groups = new GroupTable();
  const tables = new FlowTables();
  const env = { groups, tables, tlvs: TlvMap.empty, now: () => 1000, maxHashAlgorithm: 1 };
  const flowEnv = {
    now: () => 1000,
    tlvs: TlvMap.empty,
    hasGroup: (id: number) => groups.has(id),
    hasMeter: () => true,
  };
  return {
    groups,
    tables,
    group: (command, text) => groupModification(parseGroupMod(text, command).groupMod, env),
    flow: (text) => flowModification(tables, parseFlowMod(text, "add").flowMod, flowEnv as never),
    commit: (...all) => {
      const failure = commit(all, () => {
        tables.version++;
      });
      return failure === undefined ? "" : `${failure.index} ${(failure.error as Error).message}`;
    },
  };
}

describe("group-mods", () => {
  it("take flows with them that use a group, and bring them back", () => {
    const b = bed();
    expect(b.commit(b.group("add", "group_id=1,type=all,bucket=output:1"), b.flow("actions=group:1"))).toBe("");
    const gone = b.group("delete", "group_id=1");
    expect(b.commit(gone, b.flow("priority=3,actions=group:1"))).toBe("1 OFPBAC_BAD_OUT_GROUP");
    expect([b.groups.size, b.tables.rules().length, b.tables.users.groups.count(1)]).toEqual([1, 1, 1]);
    expect(b.commit(b.group("delete", "group_id=1"))).toBe("");
    expect([b.groups.size, b.tables.rules().length]).toEqual([0, 0]);
  });

  it("say which flows went, and why", () => {
    const b = bed();
    b.commit(b.group("add", "group_id=1,type=all,bucket=output:1"), b.flow("actions=write_actions(group:1)"));
    const gone = b.group("delete", "group_id=all");
    b.commit(gone);
    expect(gone.changes.removed.map((r) => r.reason)).toEqual(["group_delete"]);
  });

  it("of one commit see each other", () => {
    const b = bed();
    const all = [
      b.group("add", "group_id=1,type=select,bucket=output:1"),
      b.group("insert_bucket", "group_id=1,command_bucket_id=last,bucket=bucket_id:4,output:2"),
      b.group("remove_bucket", "group_id=1,command_bucket_id=first"),
    ];
    expect(b.commit(...all)).toBe("");
    expect(b.groups.get(1)!.buckets.map((bucket) => bucket.settings.bucketId)).toEqual([4]);
    expect(b.commit(...all.slice(1), b.group("add", "group_id=1,type=all"))).toMatch(/OFPGMFC/);
    expect(b.groups.get(1)!.buckets.map((bucket) => bucket.settings.bucketId)).toEqual([4]);
  });

  it("leave a bucket's counters where others come and go, and when the group was made", () => {
    const b = bed();
    b.commit(b.group("add", "group_id=1,type=all,bucket=output:1"));
    const before = b.groups.get(1)!;
    before.packets = before.buckets[0]!.packets = 7;
    b.commit(b.group("insert_bucket", "group_id=1,command_bucket_id=first,bucket=bucket_id:4,output:2"));
    // A flow of before the change is credited late.
    before.buckets[0]!.packets++;
    const [told] = groupStatistics(b.groups, b.tables, 1, 3500).groups;
    expect(told).toMatchObject({ packets: 0n, duration: { seconds: 2 }, buckets: [{ packets: 0n }, { packets: 8n }] });
    b.commit(b.group("modify", "group_id=1,type=all,bucket=output:1"));
    expect(groupStatistics(b.groups, b.tables, 1, 3500).groups[0]!.buckets).toMatchObject([{ packets: 0n }]);
  });

  it("of thousands of groups take no longer for each", () => {
    const b = bed();
    const many = 5000;
    const ids = Array.from({ length: many }, (_, i) => i + 1);
    expect(b.commit(...ids.map((id) => b.group("add", `group_id=${id},type=indirect,bucket=output:1`)))).toBe("");
    expect(b.commit(...ids.map((id) => b.flow(`table=1,reg0=${id},actions=group:${id}`)))).toBe("");
    expect(groupDescription(b.groups, OFPG.all).groups.length).toBe(many);
    const start = performance.now();
    expect(b.commit(...ids.map((id) => b.group("delete", `group_id=${id}`)))).toBe("");
    expect(b.tables.rules()).toEqual([]);
    expect(performance.now() - start).toBeLessThan(3000);
  });
});
