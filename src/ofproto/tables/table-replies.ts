import { fieldByName } from "#flow/fields/table.js";
import type { InstructionFeatures, MissConfig, TableFeatures } from "#openflow/messages/table/features-model.js";
import { fieldOrder } from "#openflow/messages/table/field-names.js";
import { actionNames } from "#openflow/messages/table/table-actions.js";
import type { TableDesc, TableDescReply } from "#openflow/messages/table/table-desc.js";
import type { TableFeaturesMessage } from "#openflow/messages/table/table-features.js";
import type { TableStatsReply } from "#openflow/messages/table/table-stats.js";
import { OfpError } from "#openflow/ofp-error.js";
import { OF11, OF13, OF14, OF15, type Version } from "#openflow/version.js";
import type { FlowTable } from "./flow-table.js";
import { type FlowTables, INTERNAL_TABLE } from "./flow-tables.js";

/** What a table takes that has no limit, as controllers are told it. */
const MANY = 1_000_000;
const ALL_BITS = 0xffffffffffffffffn;
/** OFPTMPEF14_*: what decides which flow is evicted, all of which counts. */
const EVICTION_FLAGS = 7;

const fieldsThat = (allows: (name: string) => boolean): readonly string[] => fieldOrder.filter(allows);

/** What tables can match, mask and set: the same for all. */
let fields: { readonly maskable: readonly string[]; readonly writable: readonly string[] } | undefined;

function fieldSets(): NonNullable<typeof fields> {
  fields ??= {
    maskable: fieldsThat((name) => fieldByName(name)?.maskable === true),
    writable: fieldsThat((name) => fieldByName(name)?.writable === true),
  };
  return fields;
}

/** Tables that controllers are told of. */
function shown(tables: FlowTables): FlowTable[] {
  return [...tables].filter((t) => t.id !== INTERNAL_TABLE);
}

function instructions(table: number, version: Version): InstructionFeatures {
  const next = Array.from({ length: INTERNAL_TABLE - 1 - table }, (_, i) => table + 1 + i);
  const both = { actions: actionNames, setFields: fieldSets().writable };
  return {
    next,
    instructions: [
      ...(version === OF13 || version === OF14 ? ["meter"] : []),
      ...["apply_actions", "clear_actions", "write_actions", "write_metadata"],
      ...(next.length > 0 ? ["goto_table"] : []),
    ],
    write: both,
    apply: both,
  };
}

/** In OpenFlow 1.1 upstream tells the number of another. */
const misses11: Readonly<Record<MissConfig, MissConfig>> = {
  default: "controller",
  controller: "continue",
  continue: "drop",
  drop: "default",
};

/** What becomes of packets that nothing matches, as a version is told it: before OpenFlow 1.3 the default is the controller. */
function toldMiss(miss: MissConfig, version: Version): MissConfig {
  if (version === OF11) return misses11[miss];
  return version < OF13 && miss === "default" ? "controller" : miss;
}

/** What a table can do, as a version tells it. */
function tableFeatures(table: FlowTable, version: Version): TableFeatures {
  const same = instructions(table.id, version);
  return {
    table: table.id,
    name: table.name,
    metadataMatch: ALL_BITS,
    metadataWrite: ALL_BITS,
    miss: toldMiss(table.missConfig, version),
    ...(version >= OF14 && { eviction: false, vacancy: false }),
    maxEntries: table.flowLimit ?? MANY,
    nonMiss: same,
    onMiss: same,
    match: fieldOrder,
    mask: fieldSets().maskable,
    wildcard: fieldOrder,
    ...(version >= OF15 && { command: "replace" as const }),
  };
}

/** Counters of tables, and before OpenFlow 1.3 what they can do. */
export function tableStatsReply(tables: FlowTables, version: Version): TableStatsReply {
  return {
    kind: "table_stats_reply",
    tables: shown(tables).map((table) => ({
      table: table.id,
      active: table.active,
      lookups: BigInt(table.lookups),
      matches: BigInt(table.matches),
      ...(version < OF13 && { features: tableFeatures(table, version) }),
    })),
  };
}

/** What tables can do. */
export function tableFeaturesReply(tables: FlowTables, version: Version): TableFeaturesMessage {
  return { kind: "table_features_reply", tables: shown(tables).map((table) => tableFeatures(table, version)) };
}

/** How a table is configured. */
export function tableDesc(table: FlowTable): TableDesc {
  const { vacancyLimits } = table;
  return {
    table: table.id,
    eviction: table.mayEvict,
    evictionFlags: EVICTION_FLAGS,
    ...(vacancyLimits !== undefined && { vacancy: { ...vacancyLimits, now: table.vacancy } }),
  };
}

/** How tables are configured. */
export function tableDescReply(tables: FlowTables): TableDescReply {
  return { kind: "table_desc_reply", tables: shown(tables).map(tableDesc) };
}

/**
 * Gives tables the names that a request for features tells; nothing else of them can be set. Throws NXTFFC_DUP_TABLE, OFPTFFC_BAD_TABLE, and
 * OFPTFFC_EPERM where something else is other than it is.
 */
export function setTableNames(tables: FlowTables, { tables: wanted }: TableFeaturesMessage): void {
  if (new Set(wanted.map((t) => t.table)).size < wanted.length) throw new OfpError("NXTFFC_DUP_TABLE");
  for (const features of wanted) {
    if (features.table > INTERNAL_TABLE) throw new OfpError("OFPTFFC_BAD_TABLE");
    if (features.table === INTERNAL_TABLE || isOther(tables.table(features.table), features)) {
      throw new OfpError("OFPTFFC_EPERM");
    }
  }
  for (const { table, name } of wanted) tables.table(table).givenName = name;
}

/** True where a request would change what a table can do. */
function isOther(table: FlowTable, { metadataMatch, metadataWrite, maxEntries, command }: TableFeatures): boolean {
  if (metadataMatch !== ALL_BITS || metadataWrite !== ALL_BITS) return true;
  return maxEntries !== (table.flowLimit ?? MANY) || command === "enable" || command === "disable";
}
