import { UserError } from "#util/errors.js";
import { OfpError } from "../ofp-error.js";
import { formatSubfield, parseSubfield, type Subfield } from "../subfield.js";
import { between, OF10, OF13, OF14, OF15, only } from "../version.js";
import type { WireReader } from "../wire-reader.js";
import type { ActionRow } from "./action.js";
import { checkSubfield, notWritable, readField, writeField } from "./field-id.js";
import { LONGEST, nx, of, onf, readAs } from "./wire-form.js";

/** Copies bits of a field to as many bits of another. */
export interface Move {
  readonly kind: "move";
  readonly source: Subfield;
  readonly destination: Subfield;
}

function decode(r: WireReader, gap: number): Move {
  const [bits, from, to] = [r.u16(), r.u16(), r.u16()];
  r.skip(gap);
  const [sourceField, destinationField] = [readField(r), readField(r)];
  const source = checkSubfield({ field: sourceField, start: from, bits });
  const destination = checkSubfield({ field: destinationField, start: to, bits });
  if (!destination.field.writable) throw notWritable(destination.field);
  if (r.left >= 8 || !r.zeros(r.left)) throw new OfpError("NXBRC_MUST_BE_ZERO");
  return { kind: "move", source, destination };
}

export const move: ActionRow<Move> = {
  kind: "move",
  wire: [
    {
      ids: [nx({ first: OF10, last: OF14 }, 6)],
      length: [16, LONGEST],
      decode: (r) => decode(r, 0),
      encode: ({ source, destination }, w) => {
        w.u16(source.bits).u16(source.start).u16(destination.start);
        writeField(source.field, w);
        writeField(destination.field, w);
      },
    },
    {
      // ONF's copy_field of 1.3 and 1.4 is read, and written as Nicira's.
      ids: [readAs(onf(between(OF13, OF14), 3200))],
      length: [24, LONGEST],
      decode: (r) => {
        r.skip(2);
        return decode(r, 2);
      },
      encode: () => {},
    },
    {
      ids: [of(only(OF15), 28)],
      length: [16, LONGEST],
      decode: (r) => decode(r, 2),
      encode: ({ source, destination }, w, { version }) => {
        w.u16(source.bits).u16(source.start).u16(destination.start).zeros(2);
        writeField(source.field, w, version);
        writeField(destination.field, w, version);
      },
    },
  ],
  format: ({ source, destination }) => `move:${formatSubfield(source)}->${formatSubfield(destination)}`,
  parse: {
    move: (text) => {
      const [from, to] = text.split("->", 2);
      const source = parseSubfield(from!, text);
      if (to === undefined) throw new UserError(`${text}: missing \`->' following source`);
      const destination = parseSubfield(to);
      if (source.bits !== destination.bits) {
        throw new UserError(
          `${text}: source field is ${source.bits} bits wide but destination is ${destination.bits} bits wide`,
        );
      }
      return { kind: "move", source, destination };
    },
  },
};
