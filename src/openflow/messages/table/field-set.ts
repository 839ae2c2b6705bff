import type { Field } from "#flow/fields/field.js";
import { codepointFor, fieldByCodepoint, fieldByName } from "#flow/fields/table.js";
import { type OfpError, ofpError } from "../../ofp-error.js";
import type { Version } from "../../version.js";
import type { WireReader } from "../../wire-reader.js";
import type { WireWriter } from "../../wire-writer.js";
import { fieldOrder } from "./field-names.js";

/** Names of fields, in the order of `fieldOrder`, each once. */
export type FieldSet = readonly string[];

const rank: ReadonlyMap<string, number> = new Map(fieldOrder.map((name, i) => [name, i]));

/** Fields in order, each once. */
export function fieldSet(names: Iterable<string>): FieldSet {
  return [...new Set(names)].sort((a, b) => rank.get(a)! - rank.get(b)!);
}

const EXPERIMENTER_CLASS = 0xffff;

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
export function readOxmIds(r: WireReader): OxmHeader[] {
  const found: OxmHeader[] = [];
  while (r.left > 0) {
    const header = readOxmId(r);
    if (header !== undefined) found.push(header);
  }
  return found;
}

const badLength: () => OfpError = ofpError("OFPBPC_BAD_LEN");

function readOxmId(r: WireReader): OxmHeader | undefined {
  if (r.left < 4) throw badLength();
  const cls = r.u16();
  const fieldAndMask = r.u8();
  const length = r.u8();
  const isExperimenter = cls === EXPERIMENTER_CLASS;
  if (isExperimenter && r.left < 4) throw badLength();
  const experimenter = isExperimenter ? r.u32() : undefined;
  const hasMask = (fieldAndMask & 1) !== 0;
  const field = fieldByCodepoint(cls, fieldAndMask >> 1, experimenter);
  if (field === undefined) return undefined;
  if (length !== oxmLength(field, isExperimenter, hasMask)) return undefined;
  return { name: field.name, hasMask };
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
