import { isFieldZero, setBitsAt } from "#flow/access.js";
import type { Field } from "#flow/fields/field.js";
import { field } from "#flow/fields/table.js";
import type { Match } from "#flow/match.js";
import { prerequisiteHolds } from "#flow/prerequisites.js";
import { LONGEST_TLV, type TlvMap } from "#flow/tlv-map.js";
import { u16 } from "#util/big-endian.js";
import { readFieldId } from "../actions/field-id.js";
import { valueBits } from "../field-text.js";
import { OfpError } from "../ofp-error.js";
import { demandPort32 } from "../port-number.js";
import type { WireReader } from "../wire-reader.js";
import type { WireWriter } from "../wire-writer.js";
import { explainBadWildcards } from "./bad-wildcards.js";
import { MatchBuilder } from "./match-builder.js";

export { encodeOxm } from "./oxm-encode.js";

/** How TLVs are read. */
export interface OxmOptions {
  /** Unknown fields of a match are an error (`OFPBMC_BAD_FIELD`), and not passed over; fields need their prerequisites. */
  readonly strict: boolean;
  /** The bridge's map of tunnel metadata; fields that it lacks are an error (`NXFMFC_INVALID_TLV_FIELD`). Without one, a match has a map of its own. */
  readonly tlvs?: TlvMap | undefined;
}

const STRICT: OxmOptions = { strict: true };

/** A flow's cookie among a match's TLVs: NXM_NX_COOKIE. */
export interface MaskedCookie {
  readonly cookie: bigint;
  readonly mask: bigint;
}

/** Reads TLVs to the reader's end. Throws `OfpError` with the errors of OFPET_BAD_MATCH. */
export function decodeOxm(r: WireReader, options: OxmOptions = STRICT): Match {
  const match = new MatchBuilder(options.tlvs);
  while (r.left > 0) decodeExplained(r, match, options.strict);
  return match.done();
}

/** As `decodeOxm`, where a cookie may be among the TLVs. */
export function decodeOxmWithCookie(
  r: WireReader,
  options: OxmOptions = STRICT,
): { readonly match: Match; readonly cookie: MaskedCookie | undefined } {
  const match = new MatchBuilder(options.tlvs);
  let cookie: MaskedCookie | undefined;
  while (r.left > 0) {
    if (!isCookie(r)) decodeExplained(r, match, options.strict);
    else if (cookie === undefined) cookie = decodeCookie(r);
    else throw new OfpError("OFPBMC_DUP_FIELD");
  }
  return { match: match.done(), cookie };
}

const COOKIE_CLASS = 1;
const COOKIE_FIELD = 30;
const ALL_64 = 0xffffffffffffffffn;

function isCookie({ left, bytes, at }: WireReader): boolean {
  // mpls_ttl has the same number, and one byte.
  return left >= 4 && u16(bytes, at) === COOKIE_CLASS && bytes[at + 2]! >> 1 === COOKIE_FIELD && bytes[at + 3]! >= 8;
}

function decodeCookie(r: WireReader): MaskedCookie {
  r.skip(2);
  const hasMask = (r.u8() & 1) !== 0;
  const length = r.u8();
  if (length > r.left) throw new OfpError("OFPBMC_BAD_LEN");
  if (length !== (hasMask ? 16 : 8)) throw new OfpError("OFPBMC_BAD_FIELD");
  const cookie = r.u64();
  const mask = hasMask ? r.u64() : ALL_64;
  if ((cookie & ~mask) !== 0n) throw new OfpError("OFPBMC_BAD_WILDCARDS");
  return { cookie, mask };
}

/** Writes a cookie as a TLV; none where its mask is 0. */
export function encodeCookie({ cookie, mask }: MaskedCookie, w: WireWriter): void {
  if (mask === 0n) return;
  const hasMask = mask !== ALL_64;
  w.u16(COOKIE_CLASS).u8((COOKIE_FIELD << 1) | (hasMask ? 1 : 0));
  w.u8(hasMask ? 16 : 8).u64(cookie & mask);
  if (hasMask) w.u64(mask);
}

const [dscp, nwTos] = [field("ip_dscp"), field("nw_tos")] as [Field, Field];

/** Has the log name a TLV whose value has bits outside its mask. */
function decodeExplained(r: WireReader, match: MatchBuilder, strict: boolean): void {
  const { at } = r;
  try {
    decodeTlv(r, match, strict);
  } catch (error) {
    if (!(error instanceof OfpError) || error.error !== "OFPBMC_BAD_WILDCARDS") throw error;
    throw explainBadWildcards(error, r.bytes, at);
  }
}

function decodeTlv(r: WireReader, match: MatchBuilder, strict: boolean): void {
  if (r.left < 4) throw new OfpError("OFPBMC_BAD_LEN");
  const { field: f, hasMask, values } = readFieldId(r);
  if (values > r.left) throw new OfpError("OFPBMC_BAD_LEN");
  if (f?.tlv !== undefined) {
    decodeTunMetadata(r, match, f, hasMask, values);
    return;
  }
  // A field's length is part of its name.
  if (f === undefined || values !== (hasMask ? 2 : 1) * f.bytes) {
    if (hasMask) checkWildcards(r, values >> 1);
    if (strict) throw new OfpError("OFPBMC_BAD_FIELD", f?.name);
    r.skip(values);
    return;
  }
  if (f.bytes <= 4) decodeNumber(r, match, f, hasMask, strict);
  else decodeWide(r, match, f, hasMask, strict);
}

/** Throws where a value, which the mask follows, has bits outside of it. */
function checkWildcards({ bytes, at }: WireReader, width: number): void {
  for (let i = 0; i < width; i++) {
    if ((bytes[at + i]! & ~bytes[at + width + i]!) !== 0) throw new OfpError("OFPBMC_BAD_WILDCARDS");
  }
}

function readNumber(r: WireReader, bytes: number): number {
  return bytes === 1 ? r.u8() : bytes === 2 ? r.u16() : bytes === 4 ? r.u32() : (r.u8() << 16) | r.u16();
}

/** A field of at most 32 bits. */
function decodeNumber(r: WireReader, match: MatchBuilder, f: Field, hasMask: boolean, strict: boolean): void {
  const { bytes } = f;
  const width = valueBits(f);
  const ones = width === 32 ? 0xffffffff : (1 << width) - 1;
  let value = readNumber(r, bytes);
  const mask = hasMask ? readNumber(r, bytes) : ones;
  if (hasMask && (value & ~mask) !== 0) throw new OfpError("OFPBMC_BAD_WILDCARDS", f.name);
  if (f.format === "of11Port") value = demandPort32(value, "OFPBMC_BAD_VALUE");
  if (hasMask && !f.maskable && mask !== (bytes === 4 ? 0xffffffff : (1 << (8 * bytes)) - 1))
    throw new OfpError("OFPBMC_BAD_MASK", f.name);
  if (!hasMask && value > ones) throw new OfpError("OFPBMC_BAD_VALUE", f.name);
  demand(match, f, strict);
  switch (f.name) {
    case "vlan_vid":
      match.setTci(value, mask & 0x1fff);
      break;
    case "vlan_pcp":
      match.setPcp(value);
      break;
    case "nw_tos":
      match.setTos(value, mask);
      break;
    case "in_port_oxm":
      match.setInPort(value);
      break;
    default:
      match.setBits(f, value, mask & ones);
  }
}

/** A field of 48, 64 or 128 bits, all of them on the wire. */
function decodeWide(r: WireReader, match: MatchBuilder, f: Field, hasMask: boolean, strict: boolean): void {
  const { bytes, at } = r;
  const total = f.bytes;
  r.skip(hasMask ? 2 * total : total);
  if (hasMask) {
    for (let i = 0; i < total; i++) {
      if ((bytes[at + i]! & ~bytes[at + total + i]!) !== 0) throw new OfpError("OFPBMC_BAD_WILDCARDS", f.name);
    }
  }
  demand(match, f, strict);
  for (let low = 0; low < f.bits; low += 32) {
    const count = Math.min(32, f.bits - low);
    const end = at + total - low / 8;
    setBitsAt(match.key, f, low, count, number(bytes, end, count));
    setBitsAt(match.mask, f, low, count, hasMask ? number(bytes, end + total, count) : 0xffffffff);
  }
}

/** The `bits` (16 or 32) before `end`. */
function number(bytes: Uint8Array, end: number, bits: number): number {
  const low = u16(bytes, end - 2);
  return bits === 16 ? low : (u16(bytes, end - 4) << 16) | low;
}

/** Throws where a field has not its prerequisites (`strict`), or was there before. */
function demand(match: MatchBuilder, f: Field, strict: boolean): void {
  if (strict && f.prerequisite !== "none" && !prerequisiteHolds(f.prerequisite, match.key)) {
    throw new OfpError("OFPBMC_BAD_PREREQ", f.name);
  }
  if (!isFieldZero(match.mask, f === nwTos ? dscp : f)) throw new OfpError("OFPBMC_DUP_FIELD", f.name);
}

function decodeTunMetadata(r: WireReader, match: MatchBuilder, f: Field, hasMask: boolean, values: number): void {
  const length = hasMask ? values >> 1 : values;
  if (length > LONGEST_TLV) throw new OfpError("OFPBMC_BAD_LEN", f.name);
  const value = r.big(length);
  const mask = hasMask ? r.big(length) : (1n << BigInt(8 * length)) - 1n;
  r.skip(values - (hasMask ? 2 : 1) * length);
  if ((value & ~mask) !== 0n) throw new OfpError("OFPBMC_BAD_WILDCARDS", f.name);
  switch (match.setTunMetadata(f.tlv!, { value, mask }, length, hasMask)) {
    case "unmapped":
      throw new OfpError("NXFMFC_INVALID_TLV_FIELD", f.name);
    case "twice":
      throw new OfpError("OFPBMC_DUP_FIELD", f.name);
    case "full":
    case "long":
      throw new OfpError("OFPBMC_BAD_LEN", f.name);
    case "set":
  }
}
