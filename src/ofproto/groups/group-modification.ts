import type { TlvMap } from "#flow/tlv-map.js";
import { mapTunMetadata } from "#openflow/actions/map-tlvs.js";
import type { Bucket } from "#openflow/messages/group/bucket.js";
import type { GroupMod } from "#openflow/messages/group/group-mod.js";
import { OFPG, OFPG_BUCKET } from "#openflow/messages/group/group-number.js";
import { OfpError } from "#openflow/ofp-error.js";
import { type FlowModification, flowRemoval } from "../tables/flow-modification.js";
import type { FlowTables } from "../tables/flow-tables.js";
import { Group, type GroupBucket, newBucket } from "./group.js";
import type { GroupTable } from "./group-table.js";

/** What a group-mod needs to know besides groups and tables. */
export interface GroupModEnvironment {
  readonly groups: GroupTable;
  readonly tables: FlowTables;
  /** Where the bridge has tunnel metadata. */
  readonly tlvs: TlvMap;
  /** Clock milliseconds. */
  now(): number;
  /** The datapath's best hash: 0 l4, 1 sym_l4 too. */
  readonly maxHashAlgorithm: number;
}

/**
 * A group-mod as a change that can be taken back; flows that use a group that goes, go with it (`changes`). `start` throws `OfpError`: OFPGMFC_INVALID_GROUP,
 * OFPGMFC_GROUP_EXISTS, OFPGMFC_UNKNOWN_GROUP, OFPGMFC_UNKNOWN_BUCKET, OFPGMFC_BUCKET_EXISTS.
 */
export function groupModification(mod: GroupMod, env: GroupModEnvironment): FlowModification {
  return new GroupChange(mod, env);
}

class GroupChange implements FlowModification {
  readonly #mod: GroupMod;
  readonly #env: GroupModEnvironment;
  /** Groups as they were, undefined where there was none. */
  readonly #before: [id: number, group: Group | undefined][] = [];
  #flows: FlowModification | undefined;

  constructor(mod: GroupMod, env: GroupModEnvironment) {
    this.#mod = mod;
    this.#env = env;
  }

  get changes(): FlowModification["changes"] {
    return this.#flows?.changes ?? { added: [], modified: [], removed: [] };
  }

  start(): void {
    const { command, groupId } = this.#mod;
    switch (command) {
      case "add":
        this.#add();
        return;
      case "modify":
        this.#modify();
        return;
      case "add_or_mod":
        if (this.#env.groups.has(groupId)) this.#modify();
        else this.#add();
        return;
      case "delete":
        this.#delete();
        return;
      case "insert_bucket":
        this.#replaceBuckets((group) => inserted(group, this.#mod));
        return;
      case "remove_bucket":
        this.#replaceBuckets((group) => withoutBuckets(group, this.#mod.commandBucketId));
        return;
    }
  }

  finish(): void {
    this.#flows?.finish();
  }

  revert(): void {
    this.#flows?.revert();
    const { groups } = this.#env;
    for (const [id, group] of this.#before.splice(0).reverse()) {
      if (group === undefined) groups.delete(id);
      else groups.set(group);
    }
  }

  #add(): void {
    const { groupId } = this.#mod;
    if (groupId > OFPG.max) throw new OfpError("OFPGMFC_INVALID_GROUP");
    if (this.#env.groups.has(groupId)) throw new OfpError("OFPGMFC_GROUP_EXISTS");
    this.#put({ ...this.#mod, buckets: this.#buckets().map(newBucket), created: this.#env.now() });
  }

  #modify(): void {
    const { created } = this.#known();
    this.#put({ ...this.#mod, buckets: this.#buckets().map(newBucket), created });
  }

  #delete(): void {
    const { groups, tables } = this.#env;
    const { groupId } = this.#mod;
    const found = groupId === OFPG.all ? groups.inOrder() : [groups.get(groupId)].filter((g) => g !== undefined);
    const rules = found.flatMap((g) => tables.users.groups.of(g.groupId));
    this.#flows = flowRemoval(tables, rules, "group_delete");
    this.#flows.start();
    for (const group of found) {
      this.#before.push([group.groupId, group]);
      groups.delete(group.groupId);
    }
  }

  #replaceBuckets(change: (group: Group) => readonly GroupBucket[]): void {
    const group = this.#known();
    this.#put({ ...group, buckets: change(group) });
  }

  #known(): Group {
    const { groupId } = this.#mod;
    const group = this.#env.groups.get(groupId);
    if (group === undefined) throw new OfpError("OFPGMFC_UNKNOWN_GROUP");
    return group;
  }

  #put(init: ConstructorParameters<typeof Group>[0]): void {
    const { groups, maxHashAlgorithm } = this.#env;
    const { groupId, type, selection, buckets, created } = init;
    this.#before.push([groupId, groups.get(groupId)]);
    groups.set(new Group({ groupId, type, selection, buckets, created, maxHashAlgorithm }));
  }

  #buckets(): readonly Bucket[] {
    return mapped(this.#mod.buckets, this.#env.tlvs);
  }
}

/** Buckets whose actions name tunnel metadata by its place in this bridge. */
function mapped(buckets: readonly Bucket[], tlvs: TlvMap): readonly Bucket[] {
  return buckets.map((b) => ({ ...b, actions: mapTunMetadata(b.actions, tlvs) }));
}

/** A group's buckets with those of a mod put in behind the one it names, first or last. */
function inserted({ buckets }: Group, mod: GroupMod): readonly GroupBucket[] {
  const at = placeOf(buckets, mod.commandBucketId);
  const ids = new Set(buckets.map((b) => b.settings.bucketId));
  if (mod.buckets.some((b) => ids.has(b.bucketId))) throw new OfpError("OFPGMFC_BUCKET_EXISTS");
  return [...buckets.slice(0, at), ...mod.buckets.map(newBucket), ...buckets.slice(at)];
}

/** How many buckets come before those that are inserted. */
function placeOf(buckets: readonly GroupBucket[], after: number): number {
  if (after === OFPG_BUCKET.first) return 0;
  if (after === OFPG_BUCKET.last) return buckets.length;
  return positionOf(buckets, after) + 1;
}

function withoutBuckets({ buckets }: Group, which: number): readonly GroupBucket[] {
  switch (which) {
    case OFPG_BUCKET.all:
      return [];
    case OFPG_BUCKET.first:
      return buckets.slice(1);
    case OFPG_BUCKET.last:
      return buckets.slice(0, -1);
    default:
      return buckets.toSpliced(positionOf(buckets, which), 1);
  }
}

function positionOf(buckets: readonly GroupBucket[], id: number): number {
  const found = buckets.findIndex((b) => b.settings.bucketId === id);
  if (found < 0) throw new OfpError("OFPGMFC_UNKNOWN_BUCKET");
  return found;
}
