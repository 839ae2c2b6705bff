import { W } from "#flow/layout.js";
import { murmurNumber } from "#util/murmur-hash.js";
import type { Group, GroupBucket } from "../groups/group.js";
import { firstLiveBucket, isBucketLive, type Note, noteDead } from "../groups/liveness.js";
import type { TranslationContext } from "./context.js";
import { hashPacket } from "./field-hash.js";
import { hashFields } from "./flow-hash.js";

const silent: Note = () => {};

/** The bucket that a packet's `dp_hash` stands for; where it is not live, the next that is. */
export function bucketByDpHash(ctx: TranslationContext, group: Group, map: Uint16Array): GroupBucket | undefined {
  const { buckets } = group;
  const low = map.length - 1;
  ctx.mask[W.dpHash] = ctx.mask[W.dpHash]! | low;
  const first = map[ctx.flow[W.dpHash]! & low]!;
  for (let i = 0; i < buckets.length; i++) {
    const bucket = buckets[(first + i) % buckets.length]!;
    if (isUsable(ctx, bucket, silent)) return bucket;
  }
  return undefined;
}

/** The live bucket whose number, hashed with the packet's fields and times its weight, is greatest. */
export function bucketByFields(ctx: TranslationContext, group: Group, note: Note): GroupBucket | undefined {
  const { method, parameter, fields } = group.selection;
  const basis =
    method === "hash" && fields.length > 0 ? hashFields(ctx, fields, parameter) : hashPacket(ctx, "symmetric_l4", 0);
  let best: GroupBucket | undefined;
  let most = 0;
  for (const bucket of group.buckets) {
    const { bucketId, weight } = bucket.settings;
    if (!isUsable(ctx, bucket, note)) {
      noteDead(bucket, note);
      continue;
    }
    const score = (murmurNumber(bucketId, basis) & 0xffff) * weight;
    note(` -> bucket ${bucketId}: score ${score}`);
    if (score >= most) {
      best = bucket;
      most = score;
    }
  }
  return best;
}

/** The first live bucket. */
export function bucketByLiveness({ bridge }: TranslationContext, group: Group, note: Note): GroupBucket | undefined {
  return firstLiveBucket(bridge, group, note);
}

/** Whether a bucket of a select group may get packets. */
function isUsable({ bridge }: TranslationContext, bucket: GroupBucket, note: Note): boolean {
  return bucket.settings.weight > 0 && isBucketLive(bridge, bucket, note);
}
