import { hexText } from "../../number-text.js";
import { OfpError } from "../../ofp-error.js";
import { always } from "../../version.js";
import type { WireReader } from "../../wire-reader.js";
import type { WireWriter } from "../../wire-writer.js";
import { type MessageDecodeContext, type MessageRow, nxt } from "../message.js";

const commands = ["add", "delete", "clear"] as const;
const MOST_LENGTH = 124;
/** Fields `tun_metadata`n that there are. */
const FIELDS = 64;

/** Which tunnel option is which field. */
export interface TlvMap {
  /** Class and type of the option (Geneve). */
  readonly optionClass: number;
  readonly optionType: number;
  /** Bytes of the option: 0 to 124, a multiple of 4. */
  readonly length: number;
  /** n of `tun_metadata`n. */
  readonly index: number;
}

/** Changes the table of tunnel options. */
export interface TlvTableMod {
  readonly kind: "tlv_table_mod";
  readonly command: (typeof commands)[number];
  readonly mappings: readonly TlvMap[];
}

/** Asks for the table of tunnel options. */
export interface TlvTableRequest {
  readonly kind: "tlv_table_request";
}

/** Tells the table of tunnel options. */
export interface TlvTableReply {
  readonly kind: "tlv_table_reply";
  /** Bytes that all options together may have. */
  readonly maxSpace: number;
  readonly maxFields: number;
  readonly mappings: readonly TlvMap[];
}

function readMappings(r: WireReader, { warn }: MessageDecodeContext, maxFields: number): TlvMap[] {
  const found: TlvMap[] = [];
  while (r.left > 0) {
    const map = { optionClass: r.u16(), optionType: r.u8(), length: r.u8(), index: r.u16() };
    r.skip(2);
    if (map.length > MOST_LENGTH || map.length % 4 !== 0) {
      warn("ofp_match", `tlv table option length (${map.length}) is not a valid option size`);
      throw new OfpError("NXTTMFC_BAD_OPT_LEN");
    }
    if (map.index >= maxFields) {
      warn("ofp_match", `tlv table field index (${map.index}) is too large (max ${maxFields - 1})`);
      throw new OfpError("NXTTMFC_BAD_FIELD_IDX");
    }
    found.push(map);
  }
  return found;
}

function writeMappings(w: WireWriter, mappings: readonly TlvMap[]): void {
  for (const { optionClass, optionType, length, index } of mappings) {
    w.u16(optionClass).u8(optionType).u8(length).u16(index).zeros(2);
  }
}

function formatMappings(mappings: readonly TlvMap[]): string {
  const hex = (n: number, width: number): string => hexText(n).padStart(width);
  const lines = mappings.map(
    (m) =>
      `\n ${hex(m.optionClass, 6)}  ${hex(m.optionType, 4)}  ${String(m.length).padStart(6)}  tun_metadata${m.index}`,
  );
  return ` mapping table:\n  class  type  length  match field\n ------  ----  ------  --------------${lines.join("")}`;
}

const headings = { add: " ADD", delete: " DEL", clear: " CLEAR" } as const;

export const tlvTableMod: MessageRow<TlvTableMod> = {
  kind: "tlv_table_mod",
  forms: [
    {
      name: "NXT_TLV_TABLE_MOD",
      numbers: [nxt(always, 24)],
      length: [8, 8],
      decode: (r, ctx) => {
        const number = r.u16();
        const command = commands[number];
        if (command === undefined) {
          ctx.warn("ofp_match", `tlv table mod command (${number}) is out of range`);
          throw new OfpError("NXTTMFC_BAD_COMMAND");
        }
        r.skip(6);
        return { kind: "tlv_table_mod", command, mappings: readMappings(r, ctx, FIELDS) };
      },
      encode: ({ command, mappings }, w) => {
        w.u16(commands.indexOf(command)).zeros(6);
        writeMappings(w, mappings);
      },
    },
  ],
  format: ({ command, mappings }) => `\n${headings[command]}${command === "clear" ? "" : formatMappings(mappings)}`,
};

export const tlvTableRequest: MessageRow<TlvTableRequest> = {
  kind: "tlv_table_request",
  forms: [
    {
      name: "NXT_TLV_TABLE_REQUEST",
      numbers: [nxt(always, 25)],
      length: [0, 0],
      decode: () => ({ kind: "tlv_table_request" }),
      encode: () => {},
    },
  ],
  format: () => "",
};

export const tlvTableReply: MessageRow<TlvTableReply> = {
  kind: "tlv_table_reply",
  forms: [
    {
      name: "NXT_TLV_TABLE_REPLY",
      numbers: [nxt(always, 26)],
      length: [16, 8],
      decode: (r, ctx) => {
        const maxSpace = r.u32();
        const maxFields = r.u16();
        r.skip(10);
        return { kind: "tlv_table_reply", maxSpace, maxFields, mappings: readMappings(r, ctx, maxFields) };
      },
      encode: ({ maxSpace, maxFields, mappings }, w) => {
        w.u32(maxSpace).u16(maxFields).zeros(10);
        writeMappings(w, mappings);
      },
    },
  ],
  format: ({ maxSpace, maxFields, mappings }) => {
    const allocated = mappings.reduce((bytes, { length }) => bytes + length, 0);
    return `\n max option space=${maxSpace} max fields=${maxFields}\n allocated option space=${allocated}\n\n${formatMappings(mappings)}`;
  },
};
