import { UserError } from "#util/errors.js";
import { OfpError } from "../../ofp-error.js";
import { between, OF11, OF12, OF13, OF14, OF15, only, since, type Version } from "../../version.js";
import type { WireReader } from "../../wire-reader.js";
import { type MessageDecodeContext, type MessageForm, type MessageRow, ofpt } from "../message.js";
import { type ReadProperty, readProperties, writeProperty } from "../property.js";
import type { MissConfig } from "./features-model.js";
import { configOfMiss, missOfConfig } from "./miss-config.js";

/** Every table. */
const ALL_TABLES = 0xff;

/** From which fill a table tells that it is getting empty or full, in percent of free places. */
interface VacancyLimits {
  readonly down: number;
  readonly up: number;
}

/** Changes how a table behaves. */
export interface TableMod {
  readonly kind: "table_mod";
  /** 255 for all. */
  readonly table: number;
  /** What becomes of packets that nothing matches, in OpenFlow 1.1 and 1.2; `default` in others. */
  readonly miss: MissConfig;
  /** Since OpenFlow 1.4: whether flows make room for others. */
  readonly eviction?: boolean;
  /** What decides which flow goes: bits of `EvictionFlags`. */
  readonly evictionFlags?: number;
  /** Since OpenFlow 1.4: whether the table tells how full it is. */
  readonly vacancy?: boolean;
  readonly vacancyLimits?: VacancyLimits;
}

/** Bits of the configuration since OpenFlow 1.4. */
export const TableConfig = { eviction: 0x4, vacancy: 0x8 } as const;
/** Numbers of properties. */
export const TableProperty = { eviction: 2, vacancy: 3 } as const;

const old: MessageForm<TableMod> = {
  name: "OFPT_TABLE_MOD",
  numbers: [ofpt(between(OF11, OF12), 17)],
  length: [8, 0],
  decode: (r, { warn }) => ({ kind: "table_mod", table: readTable(r), miss: missOfConfig(r.u32(), warn) }),
  encode: ({ table, miss }, w) => void w.u8(table).zeros(3).u32(configOfMiss(miss)),
};

const of13: MessageForm<TableMod> = {
  name: "OFPT_TABLE_MOD",
  numbers: [ofpt(only(OF13), 17)],
  length: [8, 0],
  decode: (r) => {
    const table = readTable(r);
    r.skip(4);
    return { kind: "table_mod", table, miss: "default" };
  },
  encode: ({ table }, w) => void w.u8(table).zeros(3).u32(0),
};

const withProperties: MessageForm<TableMod> = {
  name: "OFPT_TABLE_MOD",
  numbers: [ofpt(since(OF14), 17)],
  length: [8, 8],
  decode: (r, ctx) => {
    const table = readTable(r);
    const config = r.u32();
    const vacancy = (config & TableConfig.vacancy) !== 0;
    let evictionFlags: number | undefined;
    let vacancyLimits: VacancyLimits | undefined;
    for (const property of readProperties(r)) {
      if (property.type === TableProperty.eviction) evictionFlags = readEviction(property);
      else if (property.type === TableProperty.vacancy) vacancyLimits = readLimits(property, ctx);
      else throw new OfpError("OFPBRC_BAD_TYPE");
    }
    return {
      kind: "table_mod",
      table,
      miss: "default",
      eviction: (config & TableConfig.eviction) !== 0,
      ...(evictionFlags !== undefined && { evictionFlags }),
      vacancy,
      ...(vacancyLimits !== undefined && { vacancyLimits }),
    };
  },
  encode: ({ table, eviction, evictionFlags, vacancy, vacancyLimits }, w) => {
    const config = (eviction === true ? TableConfig.eviction : 0) | (vacancy === true ? TableConfig.vacancy : 0);
    w.u8(table).zeros(3).u32(config);
    if (evictionFlags !== undefined) writeProperty(w, TableProperty.eviction, () => w.u32(evictionFlags));
    if (vacancyLimits !== undefined) {
      writeProperty(w, TableProperty.vacancy, () => w.u8(vacancyLimits.down).u8(vacancyLimits.up).zeros(2));
    }
  },
};

function readTable(r: WireReader): number {
  const table = r.u8();
  r.skip(3);
  return table;
}

/** Reads what decides which flow is evicted. Throws OFPBPC_BAD_LEN. */
export function readEviction({ body }: ReadProperty): number {
  if (body.left !== 4) throw new OfpError("OFPBPC_BAD_LEN");
  return body.u32();
}

function readLimits({ body }: ReadProperty, { warn }: MessageDecodeContext): VacancyLimits {
  if (body.left !== 4) throw new OfpError("OFPBPC_BAD_LEN");
  const limits = { down: body.u8(), up: body.u8() };
  const vacancy = body.u8();
  const refuse = (words: string): never => {
    warn("ofp_table", words);
    throw new OfpError("OFPBPC_BAD_VALUE");
  };
  if (limits.down > limits.up) refuse("Value of vacancy_down is greater than vacancy_up");
  if (limits.up > HUNDRED || limits.down > HUNDRED) {
    refuse("Vacancy threshold percentage should not be greater than 100");
  }
  if (vacancy !== 0) refuse("Vacancy value should be zero for table-mod messages");
  return limits;
}

const HUNDRED = 100;

export const tableMod: MessageRow<TableMod> = {
  kind: "table_mod",
  forms: [old, of13, withProperties],
  format: (mod, { tableName }) => {
    const name = tableName?.(mod.table) ?? mod.table;
    const parts = [
      mod.table === ALL_TABLES ? " table_id: ALL_TABLES" : ` table_id=${name}`,
      ...(mod.miss === "default" ? [] : [`flow_miss_config=${mod.miss}`]),
      ...formatEviction(mod),
      ...formatVacancy(mod),
    ];
    return parts.join(", ");
  },
};

function formatEviction({ eviction, evictionFlags }: TableMod): string[] {
  if (eviction === undefined) return [];
  // Upstream takes the flags, where there are any, for whether it is on.
  const state = evictionFlags ?? (eviction ? 1 : 2);
  const text = ["", "on", "off"][state] ?? "***error***";
  return text === "" ? [] : [`eviction=${text}`];
}

function formatVacancy({ vacancy, vacancyLimits }: TableMod): string[] {
  if (vacancy === undefined) return [];
  const { down, up } = vacancyLimits ?? { down: 0, up: 0 };
  return [vacancy ? `vacancy=on vacancy:${down},${up}` : "vacancy=off"];
}

/** A setting of a table, and the versions that can say it. */
export interface TableSetting {
  readonly mod: TableMod;
  readonly versions: readonly Version[];
}

const missVersions: readonly Version[] = [OF11, OF12];
const evictionVersions: readonly Version[] = [OF14, OF15];

/**
 * Reads a setting as `ovs-ofctl mod-table` takes it: `controller`, `continue`, `drop`, `evict`, `noevict`, `vacancy:LOW,HIGH`, `novacancy`.
 * What it does not speak of is undefined. Throws `UserError`.
 */
export function parseTableSetting(table: number, text: string): TableSetting {
  const mod = { kind: "table_mod", table, miss: "default" } as const;
  if (text === "controller" || text === "continue" || text === "drop") {
    return { mod: { ...mod, miss: text }, versions: missVersions };
  }
  const later = (change: Partial<TableMod>): TableSetting => ({
    mod: { ...mod, ...change },
    versions: evictionVersions,
  });
  if (text === "evict") return later({ eviction: true });
  if (text === "noevict") return later({ eviction: false });
  if (text === "novacancy") return later({ vacancy: false });
  if (text === "vacancy" || text.startsWith("vacancy:"))
    return later({ vacancy: true, vacancyLimits: parseLimits(text) });
  throw new UserError(`invalid table_mod setting ${text}`);
}

function parseLimits(text: string): VacancyLimits {
  const words = text.slice("vacancy:".length).split(",");
  const [low, high] = words.filter((word) => word !== "");
  const percent = (word: string | undefined, which: string): number => {
    if (word === undefined) throw new UserError(`Vacancy ${which} value missing`);
    const value = /^\s*\+?\d+$/.test(word) ? Number(word) : HUNDRED + 1;
    if (value > HUNDRED) throw new UserError(`Invalid vacancy ${which} value "${word}"`);
    return value;
  };
  const down = percent(low, "down");
  const up = percent(high, "up");
  if (up < down) {
    throw new UserError("Invalid vacancy range, vacancy up should be greater than vacancy down (OFPBPC_BAD_VALUE)");
  }
  return { down, up };
}
