import { OfpError } from "../../ofp-error.js";
import { OF14, since } from "../../version.js";
import type { WireReader } from "../../wire-reader.js";
import type { WireWriter } from "../../wire-writer.js";
import { readElements } from "../elements.js";
import { type MessageDecodeContext, type MessageRow, type MessageTextOptions, ofpst } from "../message.js";
import { type OtherProperty, readProperties, writeOtherProperties, writeProperty } from "../property.js";
import { readEviction, TableConfig, TableProperty } from "./table-mod.js";

/** How full a table is, in percent of free places, and from when it tells. */
interface Vacancy {
  readonly down: number;
  readonly up: number;
  readonly now: number;
}

/** How a table is configured. */
export interface TableDesc {
  readonly table: number;
  /** Whether flows make room for others. */
  readonly eviction: boolean;
  /** What decides which flow goes: 1 other things, 2 importance, 4 lifetime. */
  readonly evictionFlags?: number;
  /** Where it tells how full it is. */
  readonly vacancy?: Vacancy;
  /** Properties that are not understood here. */
  readonly others?: readonly OtherProperty[];
}

/** Asks how tables are configured. */
export interface TableDescRequest {
  readonly kind: "table_desc_request";
}

/** How tables are configured. */
export interface TableDescReply {
  readonly kind: "table_desc_reply";
  readonly tables: readonly TableDesc[];
}

const TYPE = 14;
/** Flags that say nothing. */
const UNKNOWN = 0xffff_ffff;
/** Bytes before the properties. */
const LEAST = 8;

/** Reads how one table is configured. Throws `OfpError`. */
export function readTableDesc(r: WireReader, { warn }: MessageDecodeContext): TableDesc {
  if (r.left < LEAST) throw new OfpError("OFPBRC_BAD_LEN");
  const length = r.u16();
  const table = r.u8();
  r.skip(1);
  const config = r.u32();
  if (length < LEAST || length - LEAST > r.left) {
    warn("ofp_table", `OFP14_TABLE_DESC reply claims invalid length ${length}`);
    throw new OfpError("OFPBRC_BAD_LEN");
  }
  let evictionFlags: number | undefined;
  let vacancy: Vacancy | undefined;
  const others: OtherProperty[] = [];
  for (const property of readProperties(r.slice(length - LEAST))) {
    const { type, body } = property;
    if (type === TableProperty.eviction) {
      const flags = readEviction(property);
      evictionFlags = flags === UNKNOWN ? undefined : flags;
    } else if (type === TableProperty.vacancy) {
      if (body.left !== 4) throw new OfpError("OFPBPC_BAD_LEN");
      vacancy = { down: body.u8(), up: body.u8(), now: body.u8() };
    } else others.push(property.other());
  }
  const isVacancyOn = (config & TableConfig.vacancy) !== 0;
  return {
    table,
    eviction: (config & TableConfig.eviction) !== 0,
    ...(evictionFlags !== undefined && { evictionFlags }),
    ...(isVacancyOn && { vacancy: vacancy ?? { down: 0, up: 0, now: 0 } }),
    ...(others.length > 0 && { others }),
  };
}

/** Writes how one table is configured. */
export function writeTableDesc(w: WireWriter, { table, eviction, evictionFlags, vacancy, others }: TableDesc): void {
  const start = w.length;
  const config = (eviction ? TableConfig.eviction : 0) | (vacancy === undefined ? 0 : TableConfig.vacancy);
  w.u16(0).u8(table).zeros(1).u32(config);
  if (evictionFlags !== undefined) writeProperty(w, TableProperty.eviction, () => w.u32(evictionFlags));
  if (vacancy !== undefined) {
    writeProperty(w, TableProperty.vacancy, () => w.u8(vacancy.down).u8(vacancy.up).u8(vacancy.now).zeros(1));
  }
  writeOtherProperties(w, others);
  w.patch16(start, w.length - start);
}

/** How one table is configured, begun with a line end. */
export function formatTableDesc(desc: TableDesc, { tableName }: MessageTextOptions): string {
  const { vacancy, evictionFlags } = desc;
  const flags = evictionFlags === undefined ? "(default)" : formatEvictionFlags(evictionFlags);
  const limits =
    vacancy === undefined
      ? "off"
      : `on vacancy_down=${vacancy.down}% vacancy_up=${vacancy.up}% vacancy=${vacancy.now}%`;
  return [
    `\n  table ${tableName?.(desc.table) ?? desc.table}:`,
    `   eviction=${desc.eviction ? "on" : "off"} eviction_flags=${flags}`,
    `   vacancy=${limits}`,
  ].join("\n");
}

function formatEvictionFlags(flags: number): string {
  if (flags === 0) return "0";
  const names = ["OTHER", "IMPORTANCE", "LIFETIME"].filter((_, i) => ((flags >>> i) & 1) === 1);
  const rest = (flags & ~7) >>> 0;
  return [...names, ...(rest === 0 ? [] : [`0x${rest.toString(16)}`])].join("|");
}

export const tableDescRequest: MessageRow<TableDescRequest> = {
  kind: "table_desc_request",
  forms: [
    {
      name: "OFPST_TABLE_DESC request",
      numbers: [ofpst("request", since(OF14), TYPE)],
      length: [0, 0],
      decode: () => ({ kind: "table_desc_request" }),
      encode: () => {},
    },
  ],
  format: () => "",
};

export const tableDescReply: MessageRow<TableDescReply> = {
  kind: "table_desc_reply",
  forms: [
    {
      name: "OFPST_TABLE_DESC reply",
      numbers: [ofpst("reply", since(OF14), TYPE)],
      length: [LEAST, 8],
      decode: (r, ctx) => {
        const body = (tables: readonly TableDesc[]): TableDescReply => ({ kind: "table_desc_reply", tables });
        return body(
          readElements(
            r,
            () => readTableDesc(r, ctx),
            (before) => ctx.partial(body(before), before.length === 0 ? " " : "\n"),
          ),
        );
      },
      encode: ({ tables }, w, ctx) => {
        for (const desc of tables) {
          ctx.element();
          writeTableDesc(w, desc);
        }
      },
    },
  ],
  format: ({ tables }, ctx) => tables.map((desc) => formatTableDesc(desc, ctx)).join("\n"),
};
