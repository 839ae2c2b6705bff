import type { Field } from "#flow/fields/field.js";
import { fieldByCodepoint } from "#flow/fields/table.js";
import { UserError } from "#util/errors.js";
import { versionCodepoint, writeFieldId } from "../../actions/field-id.js";
import { formatMaskedValue, valueBits } from "../../field-text.js";
import { OfpError } from "../../ofp-error.js";
import type { PortNames } from "../../port-number.js";
import type { Version } from "../../version.js";
import type { WireReader } from "../../wire-reader.js";
import type { WireWriter } from "../../wire-writer.js";
import { type ReadProperty, readProperties, writeExperimenterProperty } from "../property.js";
import { type BucketContext, unknownProperty } from "./bucket.js";
import { GroupType } from "./group-number.js";

/** A field and the bits of it that are hashed, as many as the field has bytes: all ones for the whole of it. */
export interface HashedField {
  readonly field: Field;
  readonly mask: bigint;
}

/** How a select group selects: Netronome's extension. */
export interface Selection {
  /** `hash`, `dp_hash`, or empty for the switch's own way. At most 15 characters. */
  readonly method: string;
  /** 64 bits, which mean what the method makes of them. */
  readonly parameter: bigint;
  /** In the order of the field table. */
  readonly fields: readonly HashedField[];
}

/** No selection method. */
export const noSelection: Selection = { method: "", parameter: 0n, fields: [] };

const NETRONOME = 0x154d;
const SELECTION_METHOD = 1;
/** A method's name, with the zero at its end. */
const NAME_BYTES = 16;
/** Behind the experimenter's numbers: padding, name, parameter. */
const LEAST = 4 + NAME_BYTES + 8;

/** Ones in all bytes of a field. */
export const wholeMask = (f: Field): bigint => (1n << BigInt(8 * f.bytes)) - 1n;

/** True where a field may be hashed in these bits: of some fields all or none. */
export const isMaskOf = ({ field, mask }: HashedField): boolean =>
  field.maskable || mask === 0n || mask === wholeMask(field);

/** Fields by the table's order. */
export const byFieldOrder = (a: HashedField, b: HashedField): number => a.field.id - b.field.id;

/** Whether a message makes a group, which is where selection methods belong; `unknown` for commands that nobody knows. */
export type GroupPurpose = "make" | "other" | "unknown";

/** Reads a group's properties to the reader's end. Throws `OfpError`. */
export function decodeSelection(r: WireReader, type: number, purpose: GroupPurpose, ctx: BucketContext): Selection {
  let selection = noSelection;
  for (const property of readProperties(r)) {
    const { vendor, subtype } = property;
    if (vendor !== NETRONOME || subtype !== SELECTION_METHOD)
      throw unknownProperty("group", property.type, vendor, subtype, ctx);
    selection = decodeMethod(property, type, purpose, ctx);
  }
  return selection;
}

function decodeMethod({ body }: ReadProperty, type: number, purpose: GroupPurpose, ctx: BucketContext): Selection {
  const refuse = (told: string, error: "OFPBPC_BAD_VALUE" | "OFPBPC_BAD_LEN" = "OFPBPC_BAD_VALUE"): OfpError => {
    ctx.warn("ofp_group", told);
    return new OfpError(error);
  };
  if (type > GroupType.fastFailover) throw new OfpError("OFPGMFC_BAD_TYPE");
  if (type !== GroupType.select) {
    throw refuse("ntr selection method property is only allowed for select groups");
  }
  if (purpose === "unknown") throw new OfpError("OFPGMFC_BAD_COMMAND");
  if (purpose === "other") {
    throw refuse("ntr selection method property is only allowed for add and delete group modifications");
  }
  if (body.left < LEAST) {
    throw refuse(`ntr selection method property length ${body.left + 12} is not valid`, "OFPBPC_BAD_LEN");
  }
  body.skip(4);
  const name = body.copy(NAME_BYTES);
  const end = name.indexOf(0);
  if (end < 0) throw refuse("ntr selection method is not null terminated");
  const method = new TextDecoder().decode(name.subarray(0, end));
  if (method !== "hash" && method !== "dp_hash") throw refuse(`ntr selection method '${method}' is not supported`);
  const parameter = body.u64();
  if (method !== "hash" && body.left > 0) throw refuse(`ntr selection method ${method} does not support fields`);
  return { method, parameter, fields: decodeFields(body, ctx) };
}

function decodeFields(r: WireReader, ctx: BucketContext): HashedField[] {
  try {
    const found: HashedField[] = [];
    while (r.left > 0) {
      const one = decodeField(r);
      if (found.some((f) => f.field === one.field)) throw new OfpError("OFPBMC_DUP_FIELD");
      if (!isMaskOf(one)) throw new OfpError("OFPBMC_BAD_MASK");
      found.push(one);
    }
    return found.sort(byFieldOrder);
  } catch (error) {
    if (error instanceof OfpError) {
      error.tell(ctx.warn);
      ctx.warn("ofp_group", "ntr selection method fields are invalid");
    }
    throw error;
  }
}

const EXPERIMENTER_CLASS = 0xffff;

function decodeField(r: WireReader): HashedField {
  if (r.left < 4) throw new OfpError("OFPBMC_BAD_LEN");
  const [cls, number, length] = [r.u16(), r.u8(), r.u8()];
  const isLong = cls === EXPERIMENTER_CLASS;
  if (isLong && (length < 4 || r.left < 4)) throw new OfpError("OFPBMC_BAD_LEN");
  const experimenter = isLong ? r.u32() : undefined;
  if ((number & 1) !== 0) throw new OfpError("OFPBMC_BAD_MASK");
  const bytes = isLong ? length - 4 : length;
  const field = fieldByCodepoint(cls, number >> 1, experimenter);
  if (r.left < bytes) throw new OfpError("OFPBMC_BAD_LEN");
  if (field === undefined || field.bytes !== bytes) throw new OfpError("OFPBMC_BAD_FIELD");
  return { field, mask: r.big(bytes) };
}

/** Writes the property that says how a group selects, where it says so. */
export function encodeSelection(
  { method, parameter, fields: hashed }: Selection,
  version: Version,
  w: WireWriter,
): void {
  if (method === "") return;
  writeExperimenterProperty(w, NETRONOME, SELECTION_METHOD, () => {
    w.zeros(4).text(method, NAME_BYTES).u64(parameter);
    for (const { field, mask } of hashed) {
      if (field.nxm.length + field.oxm.length === 0)
        throw new UserError(`field ${field.name} has no number to hash it by`);
      writeFieldId(versionCodepoint(field, version), false, field.bytes, w);
      w.big(mask, field.bytes);
    }
  });
}

/** `,selection_method=…` with what belongs to it. */
export function formatSelection({ method, parameter, fields: hashed }: Selection, ports: PortNames): string {
  if (method === "") return "";
  const told = parameter === 0n ? "" : `,selection_method_param=${parameter}`;
  const one = (f: HashedField): string =>
    f.mask === wholeMask(f.field) ? f.field.name : `${f.field.name}=${formatMask(f, ports)}`;
  const list = hashed.map(one).join(",");
  const shown = hashed.length === 0 ? "" : hashed.length === 1 ? `,fields=${list}` : `,fields(${list})`;
  return `,selection_method=${method}${told}${shown}`;
}

/** A mask, in the words of the field's values. */
function formatMask({ field, mask }: HashedField, ports: PortNames): string {
  if (mask >> BigInt(valueBits(field)) !== 0n) {
    return field.format === "decimal" ? String(mask) : `0x${mask.toString(16)}`;
  }
  return formatMaskedValue(field, { value: mask, mask: (1n << BigInt(valueBits(field))) - 1n }, ports);
}
