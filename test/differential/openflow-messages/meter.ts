import fc from "fast-check";
import type { MeterConfig } from "#openflow/messages/meter/meter-config.js";
import type { MessageFamily, Sample } from "./harness.js";

const u8 = fc.integer({ min: 0, max: 0xff });
const u32 = fc.oneof(fc.integer({ min: 0, max: 9 }), fc.integer({ min: 0, max: 0xffffffff }));
const u64 = fc.oneof(fc.bigInt({ min: 0n, max: 9n }), fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }));
const meterId = fc.oneof(
  fc.integer({ min: 1, max: 9 }),
  fc.constantFrom(0, 0xffff0000, 0xffff0001, 0xfffffffc, 0xfffffffd, 0xfffffffe, 0xffffffff),
);

const band = fc.oneof(
  fc.record({ type: fc.constant("drop" as const), rate: u32, burstSize: u32, precedence: fc.constant(0) }),
  fc.record({ type: fc.constant("dscp_remark" as const), rate: u32, burstSize: u32, precedence: u8 }),
);
const bands = fc.array(band, { maxLength: 4 });
const duration = fc.record({
  seconds: u32,
  nanoseconds: fc.oneof(
    fc.constant(0),
    fc.integer({ min: 0, max: 999 }).map((ms) => ms * 1_000_000),
    fc.integer({ min: 0, max: 999_999_999 }),
  ),
});

/** Flags of which no two are units. */
const flags = fc
  .tuple(fc.constantFrom(0, 1, 2), fc.constantFrom(0, 4, 8, 12, 0x10, 0x8000))
  .map(([unit, more]) => unit | more);

const meter: fc.Arbitrary<MeterConfig> = fc.record({ meterId, flags, bands });

/** Changes of meters. */
export const meterMods: fc.Arbitrary<Sample> = fc.oneof(
  fc
    .tuple(fc.constantFrom("add" as const, "modify" as const), meter)
    .map(([command, m]) => ({ body: { kind: "meter_mod" as const, command, meter: m } })),
  meterId.map((id) => ({
    body: { kind: "meter_mod" as const, command: "delete" as const, meter: { meterId: id, flags: 0, bands: [] } },
  })),
);

const requests: fc.Arbitrary<Sample> = fc.oneof(
  fc
    .tuple(fc.constantFrom("meter_stats_request" as const, "meter_config_request" as const), meterId)
    .map(([kind, id]) => ({ body: { kind, meterId: id } })),
  fc.constant({ body: { kind: "meter_features_request" as const } }),
);

const counts = fc.record({ packets: u64, bytes: u64 });
const stats = fc.record({
  meterId,
  flows: u32,
  packets: u64,
  bytes: u64,
  duration,
  bands: fc.array(counts, { maxLength: 3 }),
});

const replies: fc.Arbitrary<Sample> = fc.oneof(
  fc.array(meter, { maxLength: 4 }).map((meters) => ({ body: { kind: "meter_config_reply" as const, meters } })),
  fc.array(stats, { maxLength: 4 }).map((meters) => ({ body: { kind: "meter_stats_reply" as const, meters } })),
  fc
    .record({ maxMeters: u32, bandTypes: u32, capabilities: u32, maxBands: u8, maxColors: u8 })
    .map((features) => ({ body: { kind: "meter_features_reply" as const, ...features } })),
);

/** Messages about meters. */
export const meterFamily: MessageFamily = {
  name: "meter",
  samples: (version) => (version < 4 ? [] : [meterMods, requests, replies]),
};
