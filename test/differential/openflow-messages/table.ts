import fc from "fast-check";
import type {
  ActionFeatures,
  InstructionFeatures,
  MissConfig,
  TableFeatures,
} from "#openflow/messages/table/features-model.js";
import { fieldOrder } from "#openflow/messages/table/field-names.js";
import { fieldSet } from "#openflow/messages/table/field-set.js";
import type { TableDesc } from "#openflow/messages/table/table-desc.js";
import type { TableMod } from "#openflow/messages/table/table-mod.js";
import type { TableStats } from "#openflow/messages/table/table-stats.js";
import type { Body } from "#openflow/messages/table.js";
import { OF10, OF11, OF12, OF13, OF14, OF15, type Version } from "#openflow/version.js";
import type { MessageFamily, Sample } from "./harness.js";

const u32 = fc.oneof(fc.nat(9), fc.nat(0xffff_ffff));
const u64 = fc.oneof(fc.constantFrom(0n, 2n ** 64n - 1n), fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }));
const name = fc.oneof(
  { weight: 3, arbitrary: fc.constant("") },
  fc.string({ unit: fc.constantFrom(..."abcdefghijklm0123456789-_ "), maxLength: 31 }),
);
const fields = fc.oneof(
  fc.constant<string[]>([]),
  fc.subarray([...fieldOrder], { maxLength: 12 }).map((names) => [...fieldSet(names)]),
);
const numbers = (max: number): fc.Arbitrary<number[]> =>
  fc.uniqueArray(fc.nat(max), { maxLength: 12 }).map((list) => list.sort((a, b) => a - b));
const some = (words: string): fc.Arbitrary<string[]> => fc.subarray(words.split(" "));

const actionNames =
  "output group set_field strip_vlan push_vlan mod_nw_ttl dec_ttl set_mpls_ttl dec_mpls_ttl push_mpls pop_mpls set_queue";
const actions: fc.Arbitrary<ActionFeatures> = fc.record({ actions: some(actionNames), setFields: fields });
const instructions: fc.Arbitrary<InstructionFeatures> = fc
  .record({
    next: numbers(254),
    instructions: some("meter apply_actions clear_actions write_actions write_metadata goto_table"),
    write: actions,
    apply: actions,
    same: fc.boolean(),
  })
  .map(({ same, ...features }) => (same ? { ...features, apply: features.write } : features));

interface Choice {
  readonly miss: MissConfig;
  readonly eviction: boolean;
  readonly vacancy: boolean;
  readonly onMiss: InstructionFeatures;
  readonly same: boolean;
}

const features = (version: Version): fc.Arbitrary<TableFeatures> =>
  fc
    .record({
      table: fc.nat(254),
      name,
      metadataMatch: u64,
      metadataWrite: u64,
      maxEntries: u32,
      nonMiss: instructions,
      onMiss: instructions,
      same: fc.boolean(),
      match: fields,
      eviction: fc.boolean(),
      vacancy: fc.boolean(),
      miss: fc.constantFrom<MissConfig>("controller", "continue", "drop"),
    })
    .map(({ miss, eviction, vacancy, onMiss, same, ...told }) => {
      const choice: Choice = { miss, eviction, vacancy, onMiss, same };
      return withChoice({ ...told, mask: told.match.slice(0, 2), wildcard: told.match.slice(0, 4) }, choice, version);
    });

function withChoice(
  told: Omit<TableFeatures, "onMiss" | "miss">,
  { miss, eviction, vacancy, onMiss, same }: Choice,
  version: Version,
): TableFeatures {
  return {
    ...told,
    miss: version === OF11 || version === OF12 ? miss : "default",
    ...(version >= OF14 && { eviction, vacancy }),
    onMiss: same || version < OF13 ? told.nonMiss : onMiss,
    ...(version === OF15 && { command: "modify", flags: 1 }),
  };
}

/** Tables of which many are as the one before, as those of a switch are. */
const manyFeatures = (version: Version): fc.Arbitrary<TableFeatures[]> =>
  fc
    .tuple(
      fc.array(features(version), { minLength: 1, maxLength: 3 }),
      fc.array(fc.tuple(fc.nat(2), fc.nat(2), fc.constantFrom(1, 1, 1, 2)), { minLength: 1, maxLength: 6 }),
    )
    .map(([of, plan]) => {
      let table = 0;
      return plan.map(([which, , step]) => {
        table += step;
        const chosen = of[which % of.length]!;
        const next = chosen.nonMiss.next.filter((t) => t > table);
        return { ...chosen, table, nonMiss: { ...chosen.nonMiss, next } };
      });
    });

const stats = (version: Version): fc.Arbitrary<TableStats> =>
  fc
    .record({ active: fc.nat(3), lookups: fc.oneof(fc.constant(0n), u64), matches: u64, told: features(version) })
    .map(({ told, ...counters }) => {
      const { table } = told;
      return version < OF13 ? { table, ...counters, features: told } : { table, ...counters };
    });

/** Counters twice, so that some are as the ones before. */
const manyStats = (version: Version): fc.Arbitrary<TableStats[]> =>
  fc
    .array(fc.tuple(stats(version), fc.integer({ min: 1, max: 3 })), { maxLength: 3 })
    .map((list) => list.flatMap(([one, times]) => Array.from({ length: times }, (_, i) => ({ ...one, table: i }))));

const percent = fc.nat(100);
const evictionFlags = fc.option(fc.oneof(fc.nat(7), fc.nat(0xffff_fffe)), { nil: undefined });

const mod = (version: Version): fc.Arbitrary<TableMod> =>
  fc
    .record({
      table: fc.nat(255),
      miss: fc.constantFrom<MissConfig>("controller", "continue", "drop"),
      eviction: fc.boolean(),
      evictionFlags,
      vacancy: fc.boolean(),
      limits: fc.tuple(percent, percent),
      hasLimits: fc.boolean(),
    })
    .map(({ table, miss, eviction, evictionFlags: flags, vacancy, limits: [a, b], hasLimits }) => {
      if (version < OF14) return { kind: "table_mod", table, miss: version < OF13 ? miss : "default" };
      return {
        kind: "table_mod",
        table,
        miss: "default",
        eviction,
        ...(flags !== undefined && { evictionFlags: flags }),
        vacancy,
        ...(hasLimits && { vacancyLimits: { down: Math.min(a, b), up: Math.max(a, b) } }),
      };
    });

const desc: fc.Arbitrary<TableDesc> = fc
  .record({
    table: fc.nat(255),
    eviction: fc.boolean(),
    evictionFlags,
    vacancy: fc.option(fc.record({ down: fc.nat(255), up: fc.nat(255), now: fc.nat(255) }), { nil: undefined }),
  })
  .map(({ table, eviction, evictionFlags: flags, vacancy }) => ({
    table,
    eviction,
    ...(flags !== undefined && { evictionFlags: flags }),
    ...(vacancy !== undefined && { vacancy }),
  }));

const say = (body: fc.Arbitrary<Body>): fc.Arbitrary<Sample> => body.map((b) => ({ body: b }));

/** Messages about flow tables. */
export const tableFamily: MessageFamily = {
  name: "table",
  // Where a table status ends before its description, upstream prints a number that is no error's.
  differs: ({ real }) => real.includes("decode error: <invalid>"),
  samples: (version) => [
    say(fc.constant({ kind: "table_stats_request" as const })),
    say(fc.record({ kind: fc.constant("table_stats_reply" as const), tables: manyStats(version) })),
    ...(version === OF10 ? [] : [say(mod(version))]),
    ...(version < OF13
      ? []
      : [
          say(fc.record({ kind: fc.constant("table_features_request" as const), tables: manyFeatures(version) })),
          say(fc.record({ kind: fc.constant("table_features_reply" as const), tables: manyFeatures(version) })),
        ]),
    ...(version < OF14
      ? []
      : [
          say(fc.constant({ kind: "table_desc_request" as const })),
          say(
            fc.record({
              kind: fc.constant("table_desc_reply" as const),
              tables: fc.array(desc, { minLength: 1, maxLength: 4 }),
            }),
          ),
          say(
            fc.record({
              kind: fc.constant("table_status" as const),
              reason: fc.constantFrom("vacancy_down" as const, "vacancy_up" as const),
              desc,
            }),
          ),
        ]),
  ],
};
