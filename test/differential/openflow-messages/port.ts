import fc from "fast-check";
import type { Counter, Duration } from "#openflow/messages/port/counters.js";
import type { PhyPort } from "#openflow/messages/port/phy-port.js";
import type { PortStats } from "#openflow/messages/port/port-stats.js";
import type { QueueConfig } from "#openflow/messages/port/queue-config.js";
import type { QueueStats } from "#openflow/messages/port/queue-stats.js";
import type { Body } from "#openflow/messages/table.js";
import { OF10, OF13, OF14, type Version } from "#openflow/version.js";
import type { MessageFamily, Sample } from "./harness.js";

const plainPort = fc.integer({ min: 0, max: 0xfeff });
const port: fc.Arbitrary<number> = fc.oneof(
  { weight: 4, arbitrary: fc.integer({ min: 0, max: 12 }) },
  plainPort,
  fc.integer({ min: 0xff00, max: 0xffff }),
);
const u32 = fc.oneof(fc.constantFrom(0, 1, 0xffff_fffe), fc.nat(0xffff_ffff));
const bits16 = fc.oneof(fc.constant(0), fc.nat(0xffff));
const mac = fc.nat(2 ** 48 - 1);
const name = fc.string({
  unit: fc.constantFrom(..."abcdefghijklmnopqrstuvwxyz0123456789-._ \"'\u00e4\u0001"),
  maxLength: 15,
});
const counter: fc.Arbitrary<Counter> = fc.oneof(
  fc.constant(undefined),
  fc.bigInt({ min: 0n, max: 2n ** 64n - 2n }),
  fc.bigInt({ min: 0n, max: 100n }),
);
const duration: fc.Arbitrary<Duration | undefined> = fc.oneof(
  fc.constant(undefined),
  fc.record({
    seconds: fc.nat(0xffff_fffe),
    nanoseconds: fc.oneof(
      fc.nat(999_999_999),
      fc.nat(999).map((n) => n * 1_000_000),
    ),
  }),
);
const others = fc.array(
  fc.record({ type: fc.integer({ min: 4, max: 0xffee }), data: fc.uint8Array({ maxLength: 9 }) }),
  {
    maxLength: 2,
  },
);
const withOthers = <T extends object>(value: T, list: PhyPort["others"], version: Version): T =>
  version >= OF14 && list !== undefined && list.length > 0 ? { ...value, others: list } : value;

const phyPort = (version: Version): fc.Arbitrary<PhyPort> =>
  fc
    .record({
      number: port,
      address: mac,
      name,
      config: fc.nat(0x7f),
      state: fc.oneof(fc.nat(7), fc.nat(0x307)),
      current: bits16,
      advertised: bits16,
      supported: bits16,
      peer: bits16,
      currentSpeed: u32,
      maxSpeed: u32,
      others,
    })
    .map(({ others: list, ...told }) => withOthers(told, list, version));

const portStats = (version: Version): fc.Arbitrary<PortStats> =>
  fc
    .record({
      port,
      duration,
      counters: fc.array(counter, { minLength: 12, maxLength: 12 }),
      rfc2819: fc.option(fc.array(counter, { minLength: 21, maxLength: 21 }), { nil: undefined }),
      custom: fc.option(
        fc.array(fc.record({ name, value: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }) }), { maxLength: 8 }),
        { nil: undefined },
      ),
      others,
    })
    .map(({ port: number, duration: time, counters: c, rfc2819, custom, others: list }) => {
      const stats: PortStats = {
        port: number,
        duration: version < OF13 ? undefined : time,
        rxPackets: c[0],
        txPackets: c[1],
        rxBytes: c[2],
        txBytes: c[3],
        rxDropped: c[4],
        txDropped: c[5],
        rxErrors: c[6],
        txErrors: c[7],
        rxFrameErrors: c[8],
        rxOverErrors: c[9],
        rxCrcErrors: c[10],
        collisions: c[11],
      };
      if (version < OF14) return stats;
      const intel = { ...(rfc2819 !== undefined && { rfc2819 }), ...(custom !== undefined && { custom }) };
      return withOthers({ ...stats, ...intel }, list, version);
    });

const queueId = fc.oneof(fc.nat(9), u32);
const rate = fc.option(fc.oneof(fc.nat(1010), fc.nat(0xfffe)), { nil: undefined });
const queue: fc.Arbitrary<QueueConfig> = fc
  .record({ port, queue: queueId, minRate: rate, maxRate: rate })
  .map(({ minRate, maxRate, ...told }) => ({
    ...told,
    ...(minRate !== undefined && { minRate }),
    ...(maxRate !== undefined && { maxRate }),
  }));
const queueStats: fc.Arbitrary<QueueStats> = fc.record({
  port,
  queue: queueId,
  txBytes: counter,
  txPackets: counter,
  txErrors: counter,
  duration,
});

const list = <T>(of: fc.Arbitrary<T>): fc.Arbitrary<T[]> => fc.array(of, { maxLength: 4 });
const say = (body: fc.Arbitrary<Body>): fc.Arbitrary<Sample> => body.map((b) => ({ body: b }));

/**
 * What upstream logs, without what ours does not have: that of counters that it reads twice is told once, and properties of queues that
 * nobody knows are not told of.
 */
function withoutNoise(text: string): string {
  const lines = text.split("\n");
  const isNoise = (line: string, i: number): boolean =>
    line.startsWith("log ") && (line === lines[i - 1] || line.includes("ofp_queue|INFO|unknown queue property"));
  return lines.filter((line, i) => !isNoise(line, i)).join("\n");
}

/** Messages about ports and their queues. */
export const portFamily: MessageFamily = {
  name: "port",
  differs: ({ real, ours }) => withoutNoise(real) === withoutNoise(ours),
  samples: (version) => {
    const asked = version < OF14 ? fc.constant(0xffff_ffff) : queueId;
    return [
      say(
        fc.record({
          kind: fc.constant("port_status" as const),
          reason: fc.constantFrom("add" as const, "delete" as const, "modify" as const),
          port: phyPort(version),
        }),
      ),
      say(
        fc
          .record({
            kind: fc.constant("port_mod" as const),
            port,
            address: mac,
            config: fc.nat(0x7f),
            mask: fc.nat(0x7f),
            advertise: bits16,
            others,
          })
          .map(({ others: properties, ...mod }) => withOthers(mod, properties, version)),
      ),
      say(fc.record({ kind: fc.constant("port_desc_request" as const), port })),
      say(fc.record({ kind: fc.constant("port_desc_reply" as const), ports: list(phyPort(version)) })),
      say(fc.record({ kind: fc.constant("port_stats_request" as const), port })),
      say(fc.record({ kind: fc.constant("port_stats_reply" as const), ports: list(portStats(version)) })),
      say(
        fc.record({
          kind: fc.constant("queue_config_request" as const),
          port: version === OF10 ? plainPort : fc.oneof(plainPort, fc.constant(0xffff)),
          queue: asked,
        }),
      ),
      say(fc.record({ kind: fc.constant("queue_config_reply" as const), port, queues: list(queue) })),
      say(fc.record({ kind: fc.constant("queue_stats_request" as const), port, queue: queueId })),
      say(fc.record({ kind: fc.constant("queue_stats_reply" as const), queues: list(queueStats) })),
    ];
  },
};
