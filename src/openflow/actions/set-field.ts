import type { Field } from "#flow/fields/field.js";
import { field, fieldByName, fields } from "#flow/fields/table.js";
import { VLAN_PRESENT } from "#flow/layout.js";
import { u16 } from "#util/big-endian.js";
import { UserError } from "#util/errors.js";
import { ALL_TUNNEL_FLAGS, formatMaskedValue, parseRawFieldText, valueBits } from "../field-text.js";
import { explainBadWildcards } from "../match/bad-wildcards.js";
import { hexText } from "../number-text.js";
import { OfpError } from "../ofp-error.js";
import { type PortNames, portFrom32, portTo32 } from "../port-number.js";
import { OF10, OF11, OF12, OF14, OF15, only, type Version } from "../version.js";
import type { WireReader } from "../wire-reader.js";
import type { WireWriter } from "../wire-writer.js";
import type { Action, ActionRow } from "./action.js";
import {
  hasNumber,
  needsLoad2,
  notWritable,
  nxmCodepoint,
  readFieldId,
  versionCodepoint,
  writeFieldId,
} from "./field-id.js";
import { LONGEST, nx, of, type WireForm } from "./wire-form.js";

/** Writes a field, or the bits of it that a mask has. */
export interface SetField {
  readonly kind: "set_field";
  readonly field: Field;
  readonly value: bigint;
  readonly mask: bigint;
  /** It is written with its mask, even where that has all bits of the field. */
  readonly masked?: true;
  /** It says what a load does: where there is a form of Nicira's for it, it is written by that. */
  readonly loads?: true;
}

/** True for values that a field can have. Those of ERSPAN are cut to their width, as upstream does. */
function isValid(f: Field, value: bigint): boolean {
  if (f.name === "nw_tos") return (value & 3n) === 0n;
  if (f.name === "arp_op") return value <= 0xffn;
  return f.format.includes("Port") || f.name.startsWith("tun_") || value <= ones(f);
}

/** A VLAN's ID has the bit that says that there is a header. Text need not say so, as upstream has it. */
const isTagged = (f: Field, value: bigint): boolean => f.name !== "vlan_vid" || (value & BigInt(VLAN_PRESENT)) !== 0n;

/** All bits that a field's value may have: of tunnel flags also those that have no name. */
const allOnes: readonly bigint[] = fields.map((f) =>
  f.name === "tun_flags" ? ALL_TUNNEL_FLAGS : (1n << BigInt(valueBits(f))) - 1n,
);
/** Of tunnel metadata that a map has placed, as many as its option has. */
const ones = (f: Field): bigint => (f.tlv !== undefined && f.bits !== 0 ? (1n << BigInt(f.bits)) - 1n : allOnes[f.id]!);
const isWhole = ({ field: f, mask, masked }: SetField): boolean => masked !== true && mask === ones(f);

/** Bytes of a value: of tunnel metadata as few as hold it and its mask, since nobody says how wide the option is. */
function valueBytes({ field: f, value, mask }: SetField): number {
  if (f.tlv === undefined) return f.bytes;
  const highest = mask === ones(f) ? value : value | mask;
  return Math.max(1, Math.ceil(highest.toString(16).length / 2));
}

function encodeBody(a: SetField, w: WireWriter, version?: Version): void {
  const bytes = valueBytes(a);
  const masked = !isWhole(a);
  const c = version === undefined ? nxmCodepoint(a.field) : versionCodepoint(a.field, version);
  writeFieldId(c, masked, masked ? 2 * bytes : bytes, w);
  w.big(a.value, bytes);
  if (masked) w.big(a.mask, bytes);
}

const classes: ReadonlySet<number> = new Set(fields.flatMap((f) => [...f.oxm, ...f.nxm].map((c) => c.class)));
const isClass = (cls: number): boolean => classes.has(cls);

function decodeBody(r: WireReader, mayMask: boolean): SetField {
  const { at } = r;
  const cls = r.left < 2 ? 0 : u16(r.bytes, at);
  const { field: f, hasMask, values } = readFieldId(r);
  // Of a class that nobody knows, upstream finds fault with the length.
  if (f === undefined) throw new OfpError(isClass(cls) || values === 0 ? "OFPBAC_BAD_SET_TYPE" : "OFPBAC_BAD_SET_LEN");
  if (f.tlv === undefined && values !== (hasMask ? 2 : 1) * f.bytes) {
    throw new OfpError(values === 0 ? "OFPBAC_BAD_SET_TYPE" : "OFPBAC_BAD_SET_LEN");
  }
  if (hasMask && !f.maskable && !mayMask) throw new OfpError("OFPBAC_BAD_SET_MASK");
  const bytes = hasMask ? values / 2 : values;
  if (!(bytes >= 1 && bytes <= f.bytes && Number.isInteger(bytes))) throw new OfpError("OFPBAC_BAD_SET_LEN");
  if (values > r.left) throw new OfpError("OFPBAC_BAD_SET_LEN");
  const value = r.big(bytes);
  const mask = hasMask ? r.big(bytes) : ones(f);
  if (r.left >= 8 || !r.zeros(r.left)) throw new OfpError("OFPBAC_BAD_SET_ARGUMENT");
  if ((value & ~mask) !== 0n) {
    if (!hasMask) throw new OfpError("OFPBAC_BAD_SET_ARGUMENT");
    throw explainBadWildcards(new OfpError("OFPBMC_BAD_WILDCARDS"), r.bytes, at);
  }
  if (hasMask && (mask === 0n || !mayMask)) throw new OfpError("OFPBAC_BAD_SET_MASK");
  if (!f.writable) throw notWritable(f, "ofp_actions");
  if (!isValid(f, value) || !isTagged(f, value)) throw new OfpError("OFPBAC_BAD_SET_ARGUMENT", f.name);
  const isPort = f.format === "of11Port";
  if (isPort && (value === 0n || portFrom32(Number(value)) === undefined))
    throw new OfpError("OFPBAC_BAD_SET_ARGUMENT");
  return { kind: "set_field", field: f, value, mask, ...(hasMask && mask === ones(f) && { masked: true }) };
}

const standard = (version: typeof OF12 | typeof OF15): WireForm<SetField> => ({
  ids: [of(version === OF15 ? only(OF15) : { first: OF12, last: 5 }, 25)],
  length: [8, LONGEST],
  canSay: (a) => hasNumber(a.field) && (version === OF15 || (isWhole(a) && !(a.loads && needsLoad2(a.field)))),
  decode: (r) => decodeBody(r, version === OF15),
  encode: (a, w, ctx) => encodeBody(a, w, ctx.version),
});

export const setField: ActionRow<SetField> = {
  kind: "set_field",
  wire: [
    standard(OF12),
    standard(OF15),
    {
      ids: [nx({ first: OF10, last: OF14 }, 33)],
      length: [16, LONGEST],
      canSay: ({ field: f }) => hasNumber(f) && needsLoad2(f),
      decode: (r) => decodeBody(r, true),
      encode: (a, w) => encodeBody(a, w),
    },
  ],
  instead: (a, version) => {
    const old = version <= OF11 ? asOldAction(a, version) : undefined;
    return old ?? (hasNumber(a.field) ? asLoads(a) : asNewField(a));
  },
  format: (a, ctx) => `set_field:${formatValue(a, ctx)}->${a.field.name}`,
  parse: {
    set_field: (text, ctx) => {
      const arrow = text.indexOf("->");
      if (arrow < 0) throw new UserError(`${text}: missing \`->'`);
      const name = text.slice(arrow + 2).trim();
      if (name === "") throw new UserError(`${text}: missing field name following \`->'`);
      const f = /^[A-Z]/.test(name) ? undefined : fieldByName(name);
      if (f === undefined) throw new UserError(`${name} is not a valid OXM field name`);
      if (!f.writable) throw new UserError(`${f.name} is read-only`);
      const given = text.slice(0, arrow);
      if (given === "") throw new UserError(`: bad syntax for ${f.name} value`);
      const raw = parseRawFieldText(f, given, ctx);
      if (!isValid(f, raw.value)) throw new UserError(`${given} is not a valid value for field ${f.name}`);
      const value = raw.value & ones(f);
      const mask = raw.mask & ones(f);
      const onWire = f.format === "of11Port" ? BigInt(portTo32(Number(value))) : value;
      return { kind: "set_field", field: f, value: onWire, mask };
    },
  },
};

/** A value, with its mask where that is to be written. */
function formatValue(a: SetField, ports: PortNames): string {
  const text = formatMaskedValue(a.field, a, ports);
  if (isWhole(a)) return text;
  const isNumber = /decimal|Port$/.test(a.field.format);
  return !isNumber || text.includes("/") ? text : `${text}/${hexText(a.mask)}`;
}

/** OpenFlow 1.0's VLAN fields, which have no numbers, as those that have. */
function asNewField({ field: f, value, mask }: SetField): readonly Action[] | undefined {
  if (mask !== ones(f)) return undefined;
  if (f.name === "dl_vlan") {
    return [{ kind: "set_field", field: field("vlan_vid"), value: (value & 0xfffn) | 0x1000n, mask: 0x1fffn }];
  }
  return f.name === "dl_vlan_pcp" ? [{ kind: "set_field", field: field("vlan_pcp"), value, mask }] : undefined;
}

/** The action of OpenFlow 1.0 or 1.1 that writes this whole field. */
function asOldAction({ field: f, value }: SetField, version: Version): readonly Action[] | undefined {
  const n = Number(value);
  const bytes = (): Uint8Array =>
    Uint8Array.from({ length: 6 }, (_, i) => Number((value >> BigInt(8 * (5 - i))) & 255n));
  const of11 = version === OF11;
  switch (f.name) {
    case "eth_src":
      return [{ kind: "mod_dl_src", address: bytes() }];
    case "eth_dst":
      return [{ kind: "mod_dl_dst", address: bytes() }];
    case "ip_src":
      return [{ kind: "mod_nw_src", address: n }];
    case "ip_dst":
      return [{ kind: "mod_nw_dst", address: n }];
    case "ip_dscp":
      return [{ kind: "mod_nw_tos", value: n << 2 }];
    case "nw_tos":
      return [{ kind: "mod_nw_tos", value: n & 0xfc }];
    case "nw_ecn":
      return of11 ? [{ kind: "mod_nw_ecn", value: n }] : undefined;
    case "tcp_src":
    case "udp_src":
      return [{ kind: "mod_tp_src", port: n }];
    case "tcp_dst":
    case "udp_dst":
      return [{ kind: "mod_tp_dst", port: n }];
    case "vlan_vid":
    case "dl_vlan":
      return [{ kind: "set_vlan_vid", value: n & 0xfff, pushes: !of11 }];
    case "vlan_pcp":
    case "dl_vlan_pcp":
      return [{ kind: "set_vlan_pcp", value: n, pushes: !of11 }];
    case "vlan_tci":
      return asTagActions(n, of11);
    default:
      return undefined;
  }
}

function asTagActions(tci: number, of11: boolean): readonly Action[] {
  if ((tci & 0x1000) === 0) return [{ kind: "strip_vlan" }];
  const push: Action = { kind: "push_vlan", ethertype: 0x8100 };
  return [
    ...(of11 ? [push] : []),
    { kind: "set_vlan_vid", value: tci & 0xfff, pushes: !of11 },
    { kind: "set_vlan_pcp", value: tci >> 13, pushes: !of11 },
  ];
}

/** Loads of at most 64 bits, one for each run of ones in the mask, lowest first. */
function asLoads({ field: f, value, mask }: SetField): readonly Action[] {
  const loads: Action[] = [];
  const width = valueBits(f);
  for (let start = 0; start < width; ) {
    if (((mask >> BigInt(start)) & 1n) === 0n) {
      start++;
      continue;
    }
    let bits = 1;
    while (bits < 64 && start + bits < width && ((mask >> BigInt(start + bits)) & 1n) === 1n) bits++;
    const part = (value >> BigInt(start)) & ((1n << BigInt(bits)) - 1n);
    loads.push({ kind: "load", destination: { field: f, start, bits }, value: part });
    start += bits;
  }
  return loads;
}
