import fc from "fast-check";
import { errorRows } from "#openflow/errors/table.js";
import { upTo } from "#openflow/hello.js";
import { encodeMessage } from "#openflow/messages/codec.js";
import type { AsyncKind } from "#openflow/messages/connection/async-config.js";
import type { CtAddress, CtTuple } from "#openflow/messages/connection/ct-flush.js";
import type { Capability } from "#openflow/messages/connection/features.js";
import type { Role } from "#openflow/messages/connection/role.js";
import type { GroupMod } from "#openflow/messages/group/group-mod.js";
import type { MeterMod } from "#openflow/messages/meter/meter-mod.js";
import type { Body } from "#openflow/messages/table.js";
import { inRange, OF10, OF11, OF12, OF13, OF14, type Version } from "#openflow/version.js";
import { wireMessage } from "./bytes.js";
import { groupMods } from "./group.js";
import type { MessageFamily, Sample } from "./harness.js";
import { meterMods } from "./meter.js";

const big = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
const u32 = fc.nat({ max: 0xffffffff });
const u16 = fc.nat({ max: 0xffff });
const u8 = fc.nat({ max: 0xff });
const data = fc.uint8Array({ maxLength: 40 });
const sample = <T extends Body>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<Sample> =>
  arbitrary.map((body) => ({ body }));
const bare = (...kinds: readonly string[]): fc.Arbitrary<Sample> =>
  fc.constantFrom(...kinds).map((kind) => ({ body: { kind } as Body }));

const echo = sample(fc.record({ kind: fc.constantFrom("echo_request", "echo_reply"), data }));

const hello = (version: Version): fc.Arbitrary<Sample> =>
  sample(
    fc.oneof(
      fc.nat({ max: 0x7fffffff }).map((bits) => ({ kind: "hello" as const, allowed: ((bits << 1) | 2) >>> 0 })),
      data
        .filter((bytes) => bytes.length > 0 && bytes.length < 4)
        .map((illFormed) => ({ kind: "hello" as const, allowed: upTo(version), illFormed })),
    ),
  );

const errorOf = (version: Version): fc.Arbitrary<Sample> => {
  const names = errorRows.filter((r) => r.numbers.some((n) => inRange(n.range, version))).map((r) => r.name);
  const requests = fc.oneof(
    data,
    fc.constant(new Uint8Array()),
    fc.constantFrom(
      encodeMessage({ kind: "barrier_request" }, version, 7),
      encodeMessage({ kind: "echo_request", data: new Uint8Array(80) }, version, 7).subarray(0, 64),
      encodeMessage({ kind: "error", error: "OFPBRC_BAD_TYPE", data: Uint8Array.of(1, 2, 3) }, version, 7),
    ),
  );
  const older = new Set(["OFPBRC_IS_SECONDARY", "OFPBIC_BAD_EXP_TYPE"]);
  return sample(
    fc.record({
      kind: fc.constant("error" as const),
      error: fc.constantFrom(...names.filter((name) => !older.has(name))),
      data: requests,
    }),
  );
};

const capabilities = (version: Version): Capability[] => [
  "FLOW_STATS",
  "TABLE_STATS",
  "PORT_STATS",
  version === OF10 ? "STP" : "GROUP_STATS",
  "IP_REASM",
  "QUEUE_STATS",
  ...(version <= OF11 ? (["ARP_MATCH_IP"] as const) : (["PORT_BLOCKED"] as const)),
  ...(version >= OF14 ? (["BUNDLES", "FLOW_MONITORING"] as const) : []),
];

const features = (version: Version): fc.Arbitrary<Sample> => {
  const port = fc.record({
    number: fc.nat({ max: 0xfeff }),
    address: fc.nat({ max: 0xffffffff }),
    name: fc.constantFrom("p1", "eth0", "br-int"),
    config: fc.constant(0),
    state: fc.constantFrom(0, 1),
    current: fc.constant(0),
    advertised: fc.constant(0),
    supported: fc.constant(0),
    peer: fc.constant(0),
    currentSpeed: fc.constant(0),
    maxSpeed: fc.constant(0),
  });
  return sample(
    fc.record({
      kind: fc.constant("features_reply" as const),
      datapathId: big,
      buffers: u32,
      tables: u8,
      auxiliaryId: version < OF13 ? fc.constant(0) : u8,
      capabilities: fc.subarray(capabilities(version)),
      actions: version === OF10 ? fc.subarray(["output", "enqueue", "set_vlan_vid", "mod_tp_dst"]) : fc.constant([]),
      ports: version < OF13 ? fc.array(port, { maxLength: 3 }) : fc.constant([]),
    }),
  );
};

const config = (version: Version): fc.Arbitrary<Sample> =>
  sample(
    fc.record({
      kind: fc.constantFrom("get_config_reply", "set_config"),
      fragments: fc.constantFrom("normal", "drop", "reassemble", "nx-match"),
      invalidTtlToController: version <= OF12 ? fc.boolean() : fc.constant(false),
      missSendLength: u16,
    }),
  );

const generation = fc.oneof(
  fc.constant({}),
  big.map((generationId) => ({ generationId })),
);
const role = (version: Version): fc.Arbitrary<Sample> =>
  fc
    .tuple(
      fc.constantFrom("role_request" as const, "role_reply" as const),
      fc.constantFrom<Role>("equal", "primary", "secondary"),
      version < OF12 ? fc.constant({}) : generation,
    )
    .map(([kind, name, told]) => ({ body: { kind, role: name, ...told } }));
const roleStatus = fc
  .tuple(fc.constantFrom<Role>("nochange", "equal", "primary", "secondary"), generation, u8)
  .map(([name, told, reason]): Sample => ({ body: { kind: "role_status", role: name, ...told, reason: reason % 5 } }));

const reasons = (version: Version, old: boolean): fc.Arbitrary<Record<AsyncKind, number>> =>
  fc
    .tuple(fc.nat(version < OF14 ? 7 : 63), fc.nat(7), fc.nat(63), fc.nat(7), fc.nat(3), fc.nat(3))
    .map(([packet, port, removed, roles, table, forward]) => ({
      PACKET_IN: packet,
      PORT_STATUS: port,
      FLOW_REMOVED: removed,
      ROLE_STATUS: old ? 0 : roles,
      TABLE_STATUS: old ? 0 : table << 3,
      REQUESTFORWARD: old ? 0 : forward,
    }));
const async = (version: Version, kind: "get_async_reply" | "set_async", old: boolean): fc.Arbitrary<Sample> =>
  sample(fc.record({ kind: fc.constant(kind), primary: reasons(version, old), secondary: reasons(version, old) }));

const maps = fc.array(
  fc.record({ optionClass: u16, optionType: u8, length: fc.nat(31).map((n) => 4 * n), index: fc.nat(63) }),
  { maxLength: 4 },
);
const tlvTable = fc.oneof(
  sample(
    fc.record({
      kind: fc.constant("tlv_table_mod" as const),
      command: fc.constantFrom("add", "delete", "clear"),
      mappings: maps,
    }),
  ),
  sample(
    fc.record({
      kind: fc.constant("tlv_table_reply" as const),
      maxSpace: u32,
      maxFields: fc.integer({ min: 64, max: 0xffff }),
      mappings: maps,
    }),
  ),
);

const word = fc.constantFrom(0, 1, 0xfc000000, 0xffff, 0x0a000001);
const address = (isIpv4: boolean): fc.Arbitrary<CtAddress> =>
  fc.oneof(
    fc.constant([0, 0, 0, 0] as const),
    isIpv4 ? u32.map((a) => [0, 0, 0xffff, a] as const) : fc.tuple(fc.constant(0xfc000000), word, word, word),
  );
const tuple = (isIpv4: boolean): fc.Arbitrary<CtTuple> =>
  fc.record({
    source: address(isIpv4),
    destination: address(isIpv4),
    sourcePort: fc.oneof(fc.constant(0), u16),
    destinationPort: fc.oneof(fc.constant(0), u16),
  });
const ctFlush = fc
  .tuple(fc.boolean(), fc.option(u16), fc.constantFrom(0, 1, 6, 17, 58, 132))
  .chain(([isIpv4, zone, protocol]) =>
    fc.tuple(tuple(isIpv4), tuple(isIpv4)).map(
      ([original, reply]): Sample => ({
        body: { kind: "ct_flush", ...(zone === null ? {} : { zone }), protocol, original, reply },
      }),
    ),
  );

const text = fc.string({ maxLength: 31 }).map((t) => t.replaceAll("\0", " "));
const description = sample(
  fc.record({
    kind: fc.constant("desc_reply" as const),
    manufacturer: text,
    hardware: text,
    software: text,
    serialNumber: text,
    datapath: text,
  }),
);

const count = fc.oneof(big, fc.constant(2n ** 64n - 1n));
const counters = {
  flows: count,
  currentFlows: count,
  packets: count,
  ipv4Packets: count,
  ipv6Packets: count,
  packetErrors: count,
  ipv4Errors: count,
  ipv6Errors: count,
  sentPackets: count,
  sendErrors: count,
};
const ipfix = fc.oneof(
  sample(fc.record({ kind: fc.constant("ipfix_bridge_stats_reply" as const), ...counters })),
  sample(
    fc.record({
      kind: fc.constant("ipfix_flow_stats_reply" as const),
      collectors: fc.array(fc.record({ collectorSet: u32, ...counters }), { maxLength: 3 }),
    }),
  ),
);

const forwarded = (version: Version): fc.Arbitrary<Sample> =>
  fc.tuple(u32, fc.oneof(groupMods(version), meterMods)).map(([xid, { body: request }]) => ({
    body: { kind: "request_forward" as const, xid, request: request as GroupMod | MeterMod },
  }));

/** Nicira's forms of messages that these versions have a form of their own for. */
const nicira = (version: Version): fc.Arbitrary<Uint8Array> =>
  fc.oneof(
    wireMessage(
      version,
      { nxt: 10 },
      fc.nat(2).map((n) => Uint8Array.of(0, 0, 0, n)),
    ),
    wireMessage(
      version,
      { nxt: 11 },
      fc.nat(2).map((n) => Uint8Array.of(0, 0, 0, n)),
    ),
    wireMessage(version, { nxt: 19 }, fc.uint8Array({ minLength: 24, maxLength: 24 })),
  );

/** Messages about the connection itself. */
export const connection: MessageFamily = {
  name: "connection",
  samples: (version) => [
    hello(version),
    errorOf(version),
    echo,
    bare("barrier_request", "barrier_reply", "features_request", "get_config_request", "desc_request"),
    bare("tlv_table_request", "ipfix_bridge_stats_request", "ipfix_flow_stats_request"),
    features(version),
    config(version),
    role(version),
    ...(version >= OF13 ? [roleStatus, bare("get_async_request")] : []),
    ...(version >= OF13 ? [async(version, "get_async_reply", version === OF13)] : []),
    ...(version >= OF13 ? [forwarded(version)] : []),
    async(version, "set_async", true),
    async(version, "set_async", false),
    sample(fc.record({ kind: fc.constant("set_controller_id" as const), id: u16 })),
    sample(
      fc.record({
        kind: fc.constant("set_packet_in_format" as const),
        format: fc.constantFrom("standard", "nxt_packet_in", "nxt_packet_in2"),
      }),
    ),
    tlvTable,
    sample(fc.record({ kind: fc.constant("ct_flush_zone" as const), zone: u16 })),
    ctFlush,
    description,
    ipfix,
    nicira(version),
  ],
};
