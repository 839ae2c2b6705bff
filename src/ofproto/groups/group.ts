import type { Action } from "#openflow/actions/action.js";
import { resolveActionSet } from "#openflow/actions/action-set.js";
import type { Bucket } from "#openflow/messages/group/bucket.js";
import { GroupType } from "#openflow/messages/group/group-number.js";
import type { Selection } from "#openflow/messages/group/selection.js";
import { type DpHash, dpHashOf } from "./dp-hash.js";

/** A bucket of a group that exists, with what it has counted. */
export interface GroupBucket {
  readonly settings: Bucket;
  /** Its actions as they are done: as a set. */
  readonly actions: readonly Action[];
  packets: number;
  bytes: number;
}

/**
 * An OpenFlow group. Type, selection and the list of buckets never change: a modification makes another group, which counts from zero; buckets that stay where
 * others are inserted or removed are the same objects.
 */
export class Group {
  readonly groupId: number;
  readonly type: number;
  readonly selection: Selection;
  readonly buckets: readonly GroupBucket[];
  /** Clock milliseconds of when it was added; a modification leaves it. */
  readonly created: number;
  /** Of a select group that chooses by the datapath's hash. */
  readonly dpHash: DpHash | undefined;
  packets = 0;
  bytes = 0;

  /** `maxHashAlgorithm`: see `dpHashOf`. */
  constructor(init: {
    groupId: number;
    type: number;
    selection: Selection;
    buckets: readonly GroupBucket[];
    created: number;
    maxHashAlgorithm?: number;
  }) {
    this.groupId = init.groupId;
    this.type = init.type;
    this.selection = init.selection;
    this.buckets = init.buckets;
    this.created = init.created;
    const weights = init.buckets.map((b) => b.settings.weight);
    this.dpHash =
      init.type === GroupType.select ? dpHashOf(init.selection, weights, init.maxHashAlgorithm ?? 1) : undefined;
  }
}

/** A bucket that has counted nothing yet. */
export function newBucket(settings: Bucket): GroupBucket {
  return { settings, actions: resolveActionSet(settings.actions), packets: 0, bytes: 0 };
}
