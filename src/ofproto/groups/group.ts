import type { Bucket } from "#openflow/messages/group/bucket.js";
import type { Selection } from "#openflow/messages/group/selection.js";

/** A bucket of a group that exists, with what it has counted. */
export interface GroupBucket {
  readonly settings: Bucket;
  packets: number;
  bytes: number;
}

/**
 * An OpenFlow group. Type, selection and the list of buckets never change: a modification makes another group, with the counters of buckets
 * whose number stays.
 */
export class Group {
  readonly groupId: number;
  readonly type: number;
  readonly selection: Selection;
  readonly buckets: readonly GroupBucket[];
  /** Clock milliseconds. */
  readonly created: number;
  packets = 0;
  bytes = 0;

  constructor(init: {
    groupId: number;
    type: number;
    selection: Selection;
    buckets: readonly GroupBucket[];
    created: number;
  }) {
    this.groupId = init.groupId;
    this.type = init.type;
    this.selection = init.selection;
    this.buckets = init.buckets;
    this.created = init.created;
  }
}
