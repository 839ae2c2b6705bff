import type { Field } from "#flow/fields/field.js";
import { codepointFor, fieldByCodepoint, fieldByName } from "#flow/fields/table.js";
import { OfpError, ofpError } from "../../ofp-error.js";
import type { Version } from "../../version.js";
import type { WireReader } from "../../wire-reader.js";
import type { WireWriter } from "../../wire-writer.js";
import type { MessageDecodeContext } from "../message.js";
import { fieldOrder } from "./field-names.js";

/** Names of fields, in the order of `fieldOrder`, each once. */
export type FieldSet = readonly string[];

const rank: ReadonlyMap<string, number> = new Map(fieldOrder.map((name, i) => [name, i]));

/** Fields in order, each once. */
export function fieldSet(names: Iterable<string>): FieldSet {
  return [...new Set(names)].sort((a, b) => rank.get(a)! - rank.get(b)!);
}

const EXPERIMENTER_CLASS = 0xffff;
const LONGEST_TUNNEL_METADATA = 127;

/** A field as an OXM header names it. */
export interface OxmHeader {
  readonly name: string;
  /** Its bit that says that there is a mask. */
  readonly hasMask: boolean;
}

/**
 * Reads OXM headers without values (`oxm_ids`) to the reader's end: 4 bytes, and 4 of the experimenter in class 0xffff. Unknown fields are
 * left out. Throws `OfpError`.
 */
export function readOxmIds(r: WireReader, warn: MessageDecodeContext["warn"]): OxmHeader[] {
  const found: OxmHeader[] = [];
  while (r.left > 0) {
    const header = readOxmId(r, warn);
    if (header !== undefined) found.push(header);
  }
  return found;
}

const badLength: () => OfpError = ofpError("OFPBMC_BAD_LEN");

function readOxmId(r: WireReader, warn: MessageDecodeContext["warn"]): OxmHeader | undefined {
  if (r.left < 4) throw badLength();
  const cls = r.u16();
  const fieldAndMask = r.u8();
  const length = r.u8();
  const number = fieldAndMask >> 1;
  const hasMask = (fieldAndMask & 1) !== 0;
  const isExperimenter = cls === EXPERIMENTER_CLASS;
  if (isExperimenter && r.left < 4) throw badLength();
  const experimenter = isExperimenter ? r.u32() : undefined;
  if (experimenter !== undefined && length < 4) {
    const header = `0x${experimenter.toString(16).padStart(8, "0")}:${cls}:${number}:${hasMask ? 1 : 0}:${length}`;
    warn("nx_match", `OXM header ${header} has invalid length ${length} (minimum is 8)`);
    throw badLength();
  }
  const field = fieldByCodepoint(cls, number, experimenter);
  if (field === undefined) return undefined;
  // How long tunnel metadata are, a map says that is not known here.
  const rest = length - (isExperimenter ? 4 : 0);
  // As upstream has it, a mask may be a byte longer than its value.
  const bytes = hasMask ? rest >> 1 : rest;
  const isFitting = field.tlv === undefined ? bytes === field.bytes : bytes <= LONGEST_TUNNEL_METADATA;
  return isFitting ? { name: field.name, hasMask } : undefined;
}

/** Reads fields that cannot have masks. Throws as `readOxmIds`, and OFPBMC_BAD_MASK. */
export function readFields(r: WireReader, warn: MessageDecodeContext["warn"]): FieldSet {
  const ids = readOxmIds(r, warn);
  if (ids.some((id) => id.hasMask)) throw new OfpError("OFPBMC_BAD_MASK");
  return fieldSet(ids.map((id) => id.name));
}

const oxmLength = (field: Field, isExperimenter: boolean, hasMask: boolean): number =>
  (isExperimenter ? 4 : 0) + field.bytes * (hasMask ? 2 : 1);

/** Writes OXM headers as `readOxmIds` reads them; those of `masked` say that there may be a mask. */
export function writeOxmIds(w: WireWriter, set: FieldSet, version: Version, masked: FieldSet = []): void {
  for (const name of set) {
    const field = fieldByName(name);
    const codepoint = field && codepointFor(field, version);
    if (field === undefined || codepoint === undefined) continue;
    const hasMask = masked.includes(name);
    const isExperimenter = codepoint.experimenter !== undefined;
    w.u16(codepoint.class)
      .u8(codepoint.field * 2 + (hasMask ? 1 : 0))
      .u8(oxmLength(field, isExperimenter, hasMask));
    if (codepoint.experimenter !== undefined) w.u32(codepoint.experimenter);
  }
}
