import { OfpError } from "../ofp-error.js";
import { formatSubfield, type Subfield } from "../subfield.js";
import { always } from "../version.js";
import type { ActionRow } from "./action.js";
import { isLongField, readField, readRange, readShortField, writeField, writeRange } from "./field-id.js";
import { nx } from "./wire-form.js";

/** Output to the port whose number is in a field. */
export interface OutputRegister {
  readonly kind: "output_reg";
  readonly source: Subfield;
  /** Bytes for a controller, should the port be that. */
  readonly maxLength: number;
}

export const outputRegister: ActionRow<OutputRegister> = {
  kind: "output_reg",
  wire: [
    {
      ids: [nx(always, 15)],
      length: [24, 24],
      canSay: ({ source }) => !isLongField(source.field),
      decode: (r) => {
        const range = r.u16();
        const name = r.slice(4);
        const maxLength = r.u16();
        if (!r.zeros(6)) throw new OfpError("OFPBAC_BAD_ARGUMENT");
        const source = readRange(range, readShortField(name));
        return { kind: "output_reg", source, maxLength };
      },
      encode: ({ source, maxLength }, w) => {
        writeRange(source, w);
        writeField(source.field, w);
        w.u16(maxLength).zeros(6);
      },
    },
    {
      ids: [nx(always, 32)],
      length: [24, 24],
      decode: (r) => {
        const range = r.u16();
        const maxLength = r.u16();
        return { kind: "output_reg", source: readRange(range, readField(r)), maxLength };
      },
      encode: ({ source, maxLength }, w) => {
        writeRange(source, w);
        w.u16(maxLength);
        writeField(source.field, w);
        w.zeros(24 - 10 - 4 - 8);
      },
    },
  ],
  format: ({ source }) => `output:${formatSubfield(source)}`,
  parse: {},
};
