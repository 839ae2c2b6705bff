import { UserError } from "#util/errors.js";
import { parseKeyValues } from "../key-value.js";
import { parseUnsigned } from "../number-text.js";
import { OfpError, ofpError } from "../ofp-error.js";
import { OF13, since } from "../version.js";
import type { WireReader } from "../wire-reader.js";
import type { ActionRow } from "./action.js";
import { parseHex } from "./note.js";
import { LONGEST, nx } from "./wire-form.js";

/** A property of the header that is put on. */
type EncapProperty =
  | { readonly kind: "md_type"; readonly mdType: number }
  | {
      readonly kind: "tlv";
      readonly class: number;
      readonly type: number;
      /** Up to 240 bytes. */
      readonly data: Uint8Array;
    };

/** Puts a header on: Ethernet, a network service header, MPLS. */
export interface Encap {
  readonly kind: "encap";
  /** namespace:16 | type:16 of the new outermost header. */
  readonly packetType: number;
  /** Bytes of the header, where it is said; 0 where not. */
  readonly headerSize: number;
  readonly properties: readonly EncapProperty[];
}

const headers: ReadonlyMap<string, number> = new Map([
  ["ethernet", 0],
  ["nsh", 0x1894f],
  ["mpls", 0x18847],
  ["mpls_mc", 0x18848],
]);
const NSH = 0x1894f;

/** Class of network service headers' properties, and its types. */
const NSH_CLASS = 4;
const MD_TYPE = 1;
const TLV = 2;
const MAX_DATA = 240;

const bytesOf = (length: number): number => Math.ceil(length / 8) * 8;

function decodeProperties(r: WireReader): EncapProperty[] {
  const found: EncapProperty[] = [];
  const bad = ofpError("NXBAC_BAD_ED_PROP");
  while (r.left > 0) {
    if (r.left < 4) throw bad();
    const [cls, type, length] = [r.u16(), r.u8(), r.u8()];
    if (length < 4 || length - 4 > r.left) throw new OfpError("OFPBAC_BAD_LEN");
    const body = r.slice(length - 4, bad);
    r.skip(Math.min(bytesOf(length) - length, r.left));
    if (cls !== NSH_CLASS || (type !== MD_TYPE && type !== TLV)) throw new OfpError("NXBAC_UNKNOWN_ED_PROP");
    if (type === MD_TYPE) {
      const mdType = body.u8();
      if (mdType !== 1 && mdType !== 2) throw bad();
      found.push({ kind: "md_type", mdType });
      continue;
    }
    const tlv = { kind: "tlv", class: body.u16(), type: body.u8() } as const;
    found.push({ ...tlv, data: body.copy(body.u8()) });
  }
  return found;
}

function parseProperty(name: string, value: string, header: number): EncapProperty {
  if (header !== NSH || (name !== "md_type" && name !== "tlv")) throw new UserError(`Invalid property: ${name}`);
  if (name === "md_type") {
    const mdType = parseUnsigned(value, 0xff);
    if (mdType !== 1 && mdType !== 2) throw new UserError("invalid md_type");
    return { kind: "md_type", mdType };
  }
  const found = /^0x([0-9a-fA-F]{1,4}),(\d{1,3}),0x([0-9a-fA-F]+)$/.exec(value);
  const data = found === null || found[3]!.length % 2 !== 0 ? undefined : parseHex(found[3]!, "");
  if (data === undefined || Number(found![2]) > 0xff || data.length > MAX_DATA) {
    throw new UserError(`Invalid NSH TLV header: ${value}`);
  }
  return { kind: "tlv", class: Number.parseInt(found![1]!, 16), type: Number(found![2]), data };
}

function formatProperty(p: EncapProperty): string {
  if (p.kind === "md_type") return `md_type=${p.mdType}`;
  const data = [...p.data].map((b) => b.toString(16).padStart(2, "0")).join("");
  return `tlv(0x${p.class.toString(16).padStart(4, "0")},${p.type},0x${data})`;
}

export const encap: ActionRow<Encap> = {
  kind: "encap",
  wire: [
    {
      ids: [nx(since(OF13), 46)],
      length: [16, LONGEST],
      decode: (r) => {
        const [headerSize, packetType] = [r.u16(), r.u32()];
        if (![...headers.values()].includes(packetType)) throw new OfpError("NXBAC_BAD_HEADER_TYPE");
        return { kind: "encap", packetType, headerSize, properties: decodeProperties(r) };
      },
      encode: ({ packetType, headerSize, properties }, w) => {
        w.u16(headerSize).u32(packetType);
        for (const p of properties) {
          const start = w.length;
          if (p.kind === "md_type") w.u16(NSH_CLASS).u8(MD_TYPE).u8(5).u8(p.mdType);
          else {
            // A TLV's padding counts as part of it.
            w.u16(NSH_CLASS)
              .u8(TLV)
              .u8(bytesOf(8 + p.data.length));
            w.u16(p.class).u8(p.type).u8(p.data.length).raw(p.data);
          }
          w.align(8, start);
        }
      },
    },
  ],
  format: ({ packetType, properties }) => {
    const name = [...headers].find(([, type]) => type === packetType)?.[0];
    const list = properties.map(formatProperty).join(",");
    return `encap(${name}${list === "" ? "" : `(${list})`})`;
  },
  parse: {
    encap: (text) => {
      const [header] = parseKeyValues(text);
      if (header === undefined) throw new UserError(`Missing encap hdr: ${text}`);
      const packetType = headers.get(header.key);
      if (packetType === undefined) throw new UserError("Encap hdr not supported: ");
      const properties = parseKeyValues(header.value).map((p) => parseProperty(p.key, p.value, packetType));
      return { kind: "encap", packetType, headerSize: 0, properties };
    },
  },
};
