import { copyKey, newKey } from "#flow/key.js";
import { W } from "#flow/layout.js";
import type { Group as GroupAction } from "#openflow/actions/group.js";
import { GroupType } from "#openflow/messages/group/group-number.js";
import type { Group, GroupBucket } from "../../groups/group.js";
import type { TranslationContext } from "../context.js";
import { mayGoDeeper } from "../depth.js";
import { finishFreezing } from "../finish-freezing.js";
import { freezeForHash } from "../freeze.js";
import { bucketByDpHash, bucketByFields, bucketByLiveness } from "../select-bucket.js";

/** `group:N`: gives copies of the packet to buckets. */
export function translateGroup(ctx: TranslationContext, action: GroupAction): void {
  if (!mayGoDeeper(ctx)) return;
  const group = ctx.bridge.groups.get(action.groupId);
  if (group === undefined) {
    ctx.trace?.note(` >> output to nonexistent group ${action.groupId}`);
    ctx.refuse("no_such_group");
    return;
  }
  const wasInGroup = ctx.inGroup;
  ctx.inGroup = true;
  ctx.depth++;
  ctx.steps++;
  if (group.type === GroupType.all || group.type === GroupType.indirect) runAll(ctx, group);
  else runOne(ctx, group, action);
  ctx.depth--;
  ctx.inGroup = wasInGroup;
}

function runAll(ctx: TranslationContext, group: Group): void {
  ctx.effects.push({ kind: "group", group, buckets: group.buckets });
  if (group.buckets.length === 0) ctx.refuse("no_live_bucket");
  for (const bucket of group.buckets) runBucket(ctx, bucket);
}

/** Of select and fast failover groups: one bucket, or none. */
function runOne(ctx: TranslationContext, group: Group, action: GroupAction): void {
  const note = (text: string): void => ctx.trace?.note(text);
  const { dpHash } = group;
  const mustWait = dpHash !== undefined && ctx.flow[W.dpHash] === 0;
  const bucket = mustWait ? undefined : choose(ctx, group, note);
  if (bucket !== undefined) {
    note(` -> using bucket ${bucket.settings.bucketId}`);
    ctx.effects.push({ kind: "group", group, buckets: [bucket] });
    runBucket(ctx, bucket);
    return;
  }
  note(" -> no live bucket");
  if (mustWait) freezeForHash(ctx, { algorithm: dpHash.algorithm, basis: dpHash.basis }, action);
  else ctx.refuse("no_live_bucket");
}

function choose(ctx: TranslationContext, group: Group, note: (text: string) => void): GroupBucket | undefined {
  if (group.type === GroupType.fastFailover) return bucketByLiveness(ctx, group, note);
  return group.dpHash === undefined ? bucketByFields(ctx, group, note) : bucketByDpHash(ctx, group, group.dpHash.map);
}

/** Does a bucket's actions; afterwards the packet, as OpenFlow sees it, is what it was. */
function runBucket(ctx: TranslationContext, { settings, actions }: GroupBucket): void {
  ctx.trace?.enter("bucket", `bucket ${settings.bucketId}`);
  const before = newKey();
  copyKey(before, ctx.flow);
  const { stack, wasMpls, conntracked, actionSet } = ctx;
  ctx.stack = [...stack];
  if (actions.length === 0 && !ctx.failed) {
    ctx.trace?.enter("action", "drop");
    ctx.trace?.leave();
    ctx.refuse("rule_drop");
  } else if (!ctx.failed) ctx.pipeline.runActions(ctx, actions);
  finishFreezing(ctx);
  copyKey(ctx.flow, before);
  Object.assign(ctx, { stack, wasMpls, conntracked, actionSet });
  ctx.exit = false;
  ctx.trace?.leave();
}
