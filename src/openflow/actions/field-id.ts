import type { Codepoint, Field } from "#flow/fields/field.js";
import { fieldByCodepoint } from "#flow/fields/table.js";
import { BugError } from "#util/errors.js";
import { OfpError } from "../ofp-error.js";
import { namedBits, type Subfield } from "../subfield.js";
import { OF12, type Version } from "../version.js";
import type { WireReader } from "../wire-reader.js";
import type { WireWriter } from "../wire-writer.js";

const EXPERIMENTER_CLASS = 0xffff;

/** The codepoint by which Nicira's actions name a field: an NXM one, or else the oldest, whatever the version. */
export function nxmCodepoint(f: Field): Codepoint {
  const found = f.nxm[0] ?? [...f.oxm].sort((a, b) => a.since - b.since)[0];
  if (found === undefined) throw new BugError(`${f.name} has no number`);
  return found;
}

/** The codepoint by which a version's own actions and matches name a field. */
export function versionCodepoint(f: Field, version: Version): Codepoint {
  return (version >= OF12 ? f.oxm.find((c) => version >= c.since) : undefined) ?? nxmCodepoint(f);
}

/** True where naming a field takes 8 bytes, an experimenter's number among them, and not 4. */
export function isLongField(f: Field): boolean {
  return nxmCodepoint(f).experimenter !== undefined;
}

/** True for fields that bytes can name. */
export function hasNumber(f: Field): boolean {
  return f.nxm.length + f.oxm.length > 0;
}

/** True for fields that Nicira's load cannot write: those of experimenters and of no fixed width. */
export function needsLoad2(f: Field): boolean {
  return isLongField(f) || f.tlv !== undefined;
}

/** Writes class:16 field:7 mask:1 length:8, and the experimenter where there is one; `values` are the bytes that the length counts. */
export function writeFieldId(c: Codepoint, hasMask: boolean, values: number, w: WireWriter): void {
  const length = values + (c.experimenter === undefined ? 0 : 4);
  w.u16(c.class)
    .u8((c.field << 1) | (hasMask ? 1 : 0))
    .u8(length);
  if (c.experimenter !== undefined) w.u32(c.experimenter);
}

/** Names a field, without a value. */
export function writeField(f: Field, w: WireWriter, version?: Version): void {
  writeFieldId(version === undefined ? nxmCodepoint(f) : versionCodepoint(f, version), false, f.bytes, w);
}

/** A field's name in bytes. Unknown numbers have no field. */
export interface FieldId {
  readonly field: Field | undefined;
  readonly hasMask: boolean;
  /** Bytes of value and mask. */
  readonly values: number;
}

/** Reads a field's name as `writeFieldId` has it. Throws OFPBMC_BAD_LEN where an experimenter's has no room for its number. */
export function readFieldId(r: WireReader): FieldId {
  const [cls, number, length] = [r.u16(), r.u8(), r.u8()];
  const isLong = cls === EXPERIMENTER_CLASS;
  if (isLong && (length < 4 || r.left < 4)) throw new OfpError("OFPBMC_BAD_LEN");
  const experimenter = isLong ? r.u32() : undefined;
  const field = fieldByCodepoint(cls, number >> 1, experimenter);
  return { field, hasMask: (number & 1) !== 0, values: isLong ? length - 4 : length };
}

/** The error of an action that would write what cannot be written. */
export function notWritable(f: Field, module: "meta_flow" | "ofp_actions" = "meta_flow"): OfpError {
  const error = new OfpError("OFPBAC_BAD_SET_ARGUMENT", f.name);
  return error.complain(module, `destination field ${f.name} is not writable`);
}

/** Reads the name of a field that has no value with it. Throws `OfpError` with the errors of a match. */
export function readField(r: WireReader): Field {
  if (r.left < 4) throw new OfpError("OFPBMC_BAD_LEN");
  const { field, hasMask, values } = readFieldId(r);
  if (field === undefined || !hasItsLength(field, hasMask, values)) throw new OfpError("OFPBMC_BAD_FIELD");
  if (hasMask) throw new OfpError("OFPBMC_BAD_MASK");
  return field;
}

/** Reads a field's name of 4 bytes, as older actions have it. Throws OFPBAC_BAD_SET_TYPE where it means none. */
export function readShortField(r: WireReader): Field {
  const cls = r.u16();
  const [number, length] = [r.u8(), r.u8()];
  const field = cls === EXPERIMENTER_CLASS ? undefined : fieldByCodepoint(cls, number >> 1);
  if (field === undefined || !hasItsLength(field, (number & 1) !== 0, length))
    throw new OfpError("OFPBAC_BAD_SET_TYPE");
  return field;
}

/** A field's length is part of its name, that of tunnel metadata not. */
function hasItsLength(f: Field, hasMask: boolean, values: number): boolean {
  const most = (hasMask ? 2 : 1) * f.bytes;
  return f.tlv === undefined ? values === most : values <= most;
}

/** The part of a field that a range (first bit:10, bits less one:6) names. */
export function readRange(range: number, field: Field): Subfield {
  return checkSubfield({ field, start: range >> 6, bits: (range & 0x3f) + 1 });
}

/** Writes a range of at most 64 bits. */
export function writeRange({ start, bits }: Subfield, w: WireWriter): void {
  w.u16((start << 6) | (bits - 1));
}

/** A subfield that lies in its field; throws OFPBAC_BAD_SET_LEN where it does not. */
export function checkSubfield(s: Subfield): Subfield {
  if (s.bits === 0 || s.start + s.bits > namedBits(s.field)) throw new OfpError("OFPBAC_BAD_SET_LEN");
  return s;
}
