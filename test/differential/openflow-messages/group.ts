import fc from "fast-check";
import { field } from "#flow/fields/table.js";
import type { Action } from "#openflow/actions/action.js";
import type { Bucket } from "#openflow/messages/group/bucket.js";
import { GroupType, OFPG, OFPG_BUCKET } from "#openflow/messages/group/group-number.js";
import { byFieldOrder, type HashedField, noSelection, type Selection } from "#openflow/messages/group/selection.js";
import type { Version } from "#openflow/version.js";
import type { Difference, MessageFamily, Sample } from "./harness.js";

const u32 = fc.oneof(fc.integer({ min: 0, max: 9 }), fc.integer({ min: 0, max: 0xffffffff }));
const u64 = fc.oneof(fc.bigInt({ min: 0n, max: 9n }), fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }));
const port = fc.oneof(fc.integer({ min: 0, max: 0xfeff }), fc.constantFrom(0xfff8, 0xfffb, 0xfffc, 0xfffe));
const groupId = fc.oneof(
  fc.integer({ min: 0, max: 99 }),
  fc.constantFrom<number>(OFPG.max, OFPG.all, OFPG.any, 0xffffff01),
);
const hasIds = (version: Version): boolean => version === 1 || version >= 6;

const action: fc.Arbitrary<Action> = fc.oneof(
  port.map((p): Action => ({ kind: "output", port: p })),
  u32.map((queueId): Action => ({ kind: "set_queue", queueId })),
  u32.map((id): Action => ({ kind: "group", groupId: id })),
  fc.constant<Action>({ kind: "exit" }),
);
const actions = fc.array(action, { maxLength: 3 });

/** Masks of fields; where a field's bits fill its bytes, any. */
const hashed: fc.Arbitrary<HashedField[]> = fc
  .uniqueArray(
    fc.constantFrom(
      "ip_src",
      "ip_dst",
      "eth_src",
      "eth_dst",
      "tcp_src",
      "udp_dst",
      "nw_proto",
      "in_port",
      "reg3",
      "ipv6_dst",
    ),
    { maxLength: 4 },
  )
  .chain((names) =>
    fc.tuple(
      ...names.map((name) => {
        const f = field(name);
        const whole = (1n << BigInt(8 * f.bytes)) - 1n;
        return fc
          .oneof(fc.constant(whole), f.maskable ? fc.bigInt({ min: 0n, max: whole }) : fc.constant(0n))
          .map((mask): HashedField => ({ field: f, mask }));
      }),
    ),
  )
  .map((list) => [...list].sort(byFieldOrder));

const selection: fc.Arbitrary<Selection> = fc.oneof(
  fc.constant(noSelection),
  u64.map((parameter) => ({ method: "dp_hash", parameter, fields: [] })),
  fc.tuple(u64, hashed).map(([parameter, fields]) => ({ method: "hash", parameter, fields })),
);

type Watching = Pick<Bucket, "watchPort" | "watchGroup">;
const watching: fc.Arbitrary<Watching> = fc.oneof(
  port.map((watchPort) => ({ watchPort })),
  fc.integer({ min: 0, max: 99 }).map((watchGroup) => ({ watchGroup })),
  fc
    .tuple(
      port,
      u32.filter((g) => g !== OFPG.any),
    )
    .map(([watchPort, watchGroup]) => ({ watchPort, watchGroup })),
);

/** Buckets such as a group of the type may have. */
function bucketsOf(type: number, version: Version): fc.Arbitrary<Bucket[]> {
  const watch: fc.Arbitrary<Watching> =
    type === GroupType.fastFailover
      ? watching
      : type === GroupType.select
        ? fc.oneof(fc.constant<Watching>({}), watching)
        : fc.constant<Watching>({});
  const weight = type === GroupType.select ? fc.integer({ min: 0, max: 0xffff }) : fc.constant(0);
  const one = fc.tuple(weight, watch, actions);
  const range = type === GroupType.indirect ? { minLength: 1, maxLength: 1 } : { maxLength: 4 };
  const ids = fc.uniqueArray(fc.oneof(fc.nat(9), fc.integer({ min: 0, max: OFPG_BUCKET.max })), {
    minLength: 4,
    maxLength: 4,
  });
  return fc
    .tuple(ids, fc.array(one, range))
    .map(([numbers, list]) =>
      list.map(([w, seen, a], i) => ({ bucketId: hasIds(version) ? numbers[i]! : i, weight: w, ...seen, actions: a })),
    );
}

const anyType = fc.constantFrom<number>(0, 1, 2, 3);

function group(version: Version): fc.Arbitrary<{ type: number; buckets: Bucket[]; selection: Selection }> {
  return anyType.chain((type) =>
    fc.record({
      type: fc.constant(type),
      buckets: bucketsOf(type, version),
      selection: hasIds(version) && type === GroupType.select ? selection : fc.constant(noSelection),
    }),
  );
}

/** Changes of groups. */
export function groupMods(version: Version): fc.Arbitrary<Sample> {
  const whole = fc
    .tuple(fc.constantFrom("add" as const, "modify" as const, "add_or_mod" as const), groupId, group(version))
    .map(([command, id, g]) => ({
      body: { kind: "group_mod" as const, command, groupId: id, commandBucketId: OFPG_BUCKET.all, ...g },
    }));
  const deletion = fc.tuple(groupId, anyType).map(([id, type]) => ({
    body: {
      kind: "group_mod" as const,
      command: "delete" as const,
      type,
      groupId: id,
      commandBucketId: OFPG_BUCKET.all,
      selection: noSelection,
      buckets: [],
    },
  }));
  if (!hasIds(version)) return fc.oneof(whole, deletion);
  const bucketId = fc.constantFrom<number>(0, 5, OFPG_BUCKET.max, OFPG_BUCKET.first, OFPG_BUCKET.last);
  const insertion = fc.tuple(groupId, bucketId, group(version)).map(([id, commandBucketId, g]) => ({
    body: {
      kind: "group_mod" as const,
      command: "insert_bucket" as const,
      groupId: id,
      commandBucketId,
      ...g,
      selection: noSelection,
    },
  }));
  const removal = fc
    .tuple(groupId, fc.oneof(bucketId, fc.constant<number>(OFPG_BUCKET.all)))
    .map(([id, commandBucketId]) => ({
      body: {
        kind: "group_mod" as const,
        command: "remove_bucket" as const,
        type: 0,
        groupId: id,
        commandBucketId,
        selection: noSelection,
        buckets: [],
      },
    }));
  return fc.oneof(whole, whole, deletion, insertion, removal);
}

const counts = fc.record({ packets: u64, bytes: u64 });
const duration = fc.record({ seconds: fc.nat(9), nanoseconds: fc.constantFrom(0, 5, 7_000_000, 999_999_999) });

function requests(version: Version): fc.Arbitrary<Sample> {
  const all: fc.Arbitrary<Sample>[] = [groupId.map((id) => ({ body: { kind: "group_stats_request", groupId: id } }))];
  all.push(
    (hasIds(version) ? groupId : fc.constant<number>(OFPG.all)).map((id) => ({
      body: { kind: "group_desc_request", groupId: id },
    })),
  );
  if (version !== 2) all.push(fc.constant({ body: { kind: "group_features_request" } }));
  return fc.oneof(...all);
}

const actionNames: Readonly<Record<"old" | "new", readonly string[]>> = {
  old: ["output", "enqueue", "set_vlan_vid", "strip_vlan", "mod_dl_src", "mod_nw_tos", "mod_tp_dst"],
  new: ["output", "group", "set_field", "strip_vlan", "push_vlan", "dec_ttl", "set_mpls_ttl", "pop_mpls", "set_queue"],
};

function replies(version: Version): fc.Arbitrary<Sample> {
  const stats = fc
    .record({ groupId, references: u32, packets: u64, bytes: u64, buckets: fc.array(counts, { maxLength: 3 }) })
    .chain((s) =>
      version === 2 || version === 3
        ? fc.constant(s)
        : fc.oneof(duration, fc.constant(undefined)).map((d) => (d === undefined ? s : { ...s, duration: d })),
    );
  const desc = fc.tuple(groupId, group(version)).map(([id, g]) => ({ groupId: id, ...g }));
  const all: fc.Arbitrary<Sample>[] = [
    fc.array(stats, { maxLength: 4 }).map((groups) => ({ body: { kind: "group_stats_reply", groups } })),
    fc.array(desc, { maxLength: 3 }).map((groups) => ({ body: { kind: "group_desc_reply", groups } })),
  ];
  if (version !== 2) {
    const names = actionNames[version === 1 ? "old" : "new"];
    const byType = fc.array(fc.record({ maxGroups: u32, actions: fc.subarray([...names]) }), {
      minLength: 4,
      maxLength: 4,
    });
    all.push(
      fc
        .record({ types: fc.nat(31), capabilities: fc.nat(31), byType })
        .map((features) => ({ body: { kind: "group_features_reply", ...features } })),
    );
  }
  return fc.oneof(...all);
}

/** Upstream's output action complains of its port in words of its own, beside its error. */
export function saysPortTwice({ real, ours }: Difference): boolean {
  const complaint = /^log ofp_port\|WARN\|port \d+ is outside the supported range .*\n/gm;
  return real.includes("OFPBAC_BAD_OUT_PORT") && real.replace(complaint, "") === ours.replace(complaint, "");
}

/** Messages about groups. */
export const groupFamily: MessageFamily = {
  name: "group",
  differs: saysPortTwice,
  samples: (version) => [groupMods(version), requests(version), replies(version)],
};
