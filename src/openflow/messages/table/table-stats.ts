import { always, OF10, OF11, OF12, OF13, only, since, type Version } from "../../version.js";
import type { WireReader } from "../../wire-reader.js";
import type { WireWriter } from "../../wire-writer.js";
import { readElements } from "../elements.js";
import { type MessageDecodeContext, type MessageForm, type MessageRow, ofpst } from "../message.js";
import { sameFeatures, type TableFeatures } from "./features-model.js";
import { featureLines, formatTables, type ShownTable } from "./features-text.js";
import { readTable10, readTable11, readTable12, writeTable10, writeTable11, writeTable12 } from "./old-features.js";
import { tableTitle } from "./table-title.js";

/** Asks for the counters of tables. */
export interface TableStatsRequest {
  readonly kind: "table_stats_request";
}

/** The counters of a table. */
export interface TableStats {
  readonly table: number;
  /** Flows in it. */
  readonly active: number;
  readonly lookups: bigint;
  readonly matches: bigint;
  /** What it can do: before OpenFlow 1.3. */
  readonly features?: TableFeatures;
}

/** The counters of tables. */
export interface TableStatsReply {
  readonly kind: "table_stats_reply";
  readonly tables: readonly TableStats[];
}

const TYPE = 3;

export const tableStatsRequest: MessageRow<TableStatsRequest> = {
  kind: "table_stats_request",
  forms: [
    {
      name: "OFPST_TABLE request",
      numbers: [ofpst("request", always, TYPE)],
      length: [0, 0],
      decode: () => ({ kind: "table_stats_request" }),
      encode: () => {},
    },
  ],
  format: () => "",
};

interface Layout {
  readonly length: number;
  read(r: WireReader, warn: MessageDecodeContext["warn"]): TableStats;
  write(w: WireWriter, stats: TableStats): void;
}

const layouts: Partial<Record<Version, Layout>> = {
  [OF10]: { length: 64, read: readTable10, write: writeTable10 },
  [OF11]: { length: 88, read: readTable11, write: writeTable11 },
  [OF12]: { length: 128, read: readTable12, write: writeTable12 },
};

const layout13: Layout = {
  length: 24,
  read: (r) => {
    const table = r.u8();
    r.skip(3);
    return { table, active: r.u32(), lookups: r.u64(), matches: r.u64() };
  },
  write: (w, { table, active, lookups, matches }) => {
    w.u8(table).zeros(3).u32(active).u64(lookups).u64(matches);
  },
};

const form = (version: Version): MessageForm<TableStatsReply> => {
  const layout = layouts[version] ?? layout13;
  return {
    name: "OFPST_TABLE reply",
    numbers: [ofpst("reply", version === OF13 ? since(OF13) : only(version), TYPE)],
    length: [0, layout.length],
    decode: (r, ctx) => {
      const body = (tables: readonly TableStats[]): TableStatsReply => ({ kind: "table_stats_reply", tables });
      return body(
        readElements(
          r,
          () => layout.read(r, ctx.warn),
          (before) => ctx.partial(body(before)),
        ),
      );
    },
    encode: ({ tables }, w, ctx) => {
      for (const stats of tables) {
        ctx.element();
        layout.write(w, stats);
      }
    },
  };
};

export const tableStatsReply: MessageRow<TableStatsReply> = {
  kind: "table_stats_reply",
  forms: [form(OF10), form(OF11), form(OF12), form(OF13)],
  format: ({ tables }) =>
    formatTables(
      tables.map((stats, i): ShownTable => {
        const before = tables[i - 1];
        const name = stats.features?.name ?? "";
        return {
          table: stats.table,
          title: tableTitle(stats.table, name),
          named: name !== "",
          lines: statsLines(stats, before),
        };
      }),
    ).replace(/\n$/, ""),
};

function statsLines(now: TableStats, before: TableStats | undefined): readonly string[] | undefined {
  const sameCounters =
    before !== undefined &&
    before.active === now.active &&
    before.lookups === now.lookups &&
    before.matches === now.matches;
  const bothFeatures = before?.features !== undefined && now.features !== undefined;
  const same = bothFeatures ? sameFeatures(before.features, now.features) : before !== undefined;
  if (sameCounters && same) return undefined;
  const counters = `    active=${now.active}, lookup=${now.lookups}, matched=${now.matches}`;
  if (now.features === undefined) return [counters];
  const features = featureLines(now.features, before?.features);
  if (!same) return [counters, ...features];
  return features.length === 0 ? [counters] : [counters, "    (same features)"];
}
