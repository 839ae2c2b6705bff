import type { Field } from "#flow/fields/field.js";
import { fieldByName } from "#flow/fields/table.js";
import { UserError } from "#util/errors.js";
import { valueBits } from "./field-text.js";

/** Some bits of a field, as `reg0[4..7]` names them. */
export interface Subfield {
  readonly field: Field;
  /** The lowest bit. */
  readonly start: number;
  readonly bits: number;
}

/** Bits that may be named: of a VLAN's ID the ID alone, of the connection's state all that the wire has. */
export function namedBits(f: Field): number {
  if (f.name === "vlan_vid") return 12;
  return f.name === "ct_state" ? 8 * f.bytes : valueBits(f);
}

/** All of a field. */
export function wholeField(field: Field): Subfield {
  return { field, start: 0, bits: namedBits(field) };
}

/** The name that texts of subfields give a field: Nicira's where there is one, or else its oldest. */
function subfieldName(f: Field): string {
  return f.nxm[0]?.name ?? f.oxm.at(-1)?.name ?? f.name;
}

/** `NXM_NX_REG0[]`, `NXM_NX_REG0[5]` or `NXM_NX_REG0[4..7]`. */
export function formatSubfield({ field, start, bits }: Subfield): string {
  const name = subfieldName(field);
  if (start === 0 && bits === namedBits(field)) return `${name}[]`;
  return bits === 1 ? `${name}[${start}]` : `${name}[${start}..${start + bits - 1}]`;
}

/** Reads a subfield; a field's name alone means all of it. `context` is the text that errors show. Throws `UserError`. */
export function parseSubfield(text: string, context: string = text): Subfield {
  const found = /^([^[]*)(?:\[(.*)\])?$/.exec(text);
  const name = found?.[1] ?? text;
  const f = fieldByName(name);
  if (f === undefined) throw new UserError(`${context}: unknown field \`${name}'`);
  const inside = found?.[2] ?? "";
  if (inside === "") return wholeField(f);
  const range = /^(\d+)(?:\.\.(\d+))?$/.exec(inside);
  if (range === null) {
    throw new UserError(`${context}: syntax error expecting [] or [<bit>] or [<start>..<end>]`);
  }
  const start = Number(range[1]);
  const end = Number(range[2] ?? start);
  const width = namedBits(f);
  const wide = `because field is only ${width} bits wide`;
  if (start > end) throw new UserError(`${context}: starting bit ${start} is after ending bit ${end}`);
  if (start >= width) throw new UserError(`${context}: starting bit ${start} is not valid ${wide}`);
  if (end >= width) throw new UserError(`${context}: ending bit ${end} is not valid ${wide}`);
  return { field: f, start, bits: end - start + 1 };
}
