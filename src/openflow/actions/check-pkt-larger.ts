import { UserError } from "#util/errors.js";
import { parseUnsigned } from "../number-text.js";
import { OfpError } from "../ofp-error.js";
import { formatSubfield, parseSubfield, type Subfield } from "../subfield.js";
import { always } from "../version.js";
import type { ActionRow } from "./action.js";
import { checkSubfield, notWritable, readField, writeField } from "./field-id.js";
import { LONGEST, nx } from "./wire-form.js";

/** Writes to a bit whether the packet is longer than so many bytes. */
export interface CheckPacketLarger {
  readonly kind: "check_pkt_larger";
  readonly length: number;
  /** One bit. */
  readonly destination: Subfield;
}

export const checkPacketLarger: ActionRow<CheckPacketLarger> = {
  kind: "check_pkt_larger",
  wire: [
    {
      ids: [nx(always, 49)],
      length: [24, LONGEST],
      decode: (r) => {
        const [length, start] = [r.u16(), r.u16()];
        const named = { field: readField(r), start, bits: 1 };
        if (!r.zeros(r.left)) throw new OfpError("NXBRC_MUST_BE_ZERO");
        const destination = checkSubfield(named);
        if (!destination.field.writable) throw notWritable(destination.field);
        return { kind: "check_pkt_larger", length, destination };
      },
      encode: ({ length, destination }, w) => {
        w.u16(length).u16(destination.start);
        writeField(destination.field, w);
        w.zeros(6);
      },
    },
  ],
  format: ({ length, destination }) => `check_pkt_larger(${length})->${formatSubfield(destination)}`,
  parse: {
    check_pkt_larger: (text) => {
      const found = /^([^)]*)\)->(.*)$/.exec(text);
      if (found === null) throw new UserError(`${text}: missing \`->'`);
      const length = parseUnsigned(found[1]!, 0xffff);
      if (length === undefined) throw new UserError(`invalid (null) "${found[1]}"`);
      const destination = parseSubfield(found[2]!);
      if (destination.bits !== 1) throw new UserError("Only 1-bit destination field is allowed");
      return { kind: "check_pkt_larger", length, destination };
    },
  },
};
