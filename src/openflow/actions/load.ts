import { UserError } from "#util/errors.js";
import { hexText, parseInteger } from "../number-text.js";
import { OfpError } from "../ofp-error.js";
import { formatSubfield, parseSubfield, type Subfield } from "../subfield.js";
import { OF10, OF14, type VersionRange } from "../version.js";
import type { ActionRow } from "./action.js";
import { hasNumber, needsLoad2, notWritable, readRange, readShortField, writeField, writeRange } from "./field-id.js";
import { nx } from "./wire-form.js";

/** Writes some bits of a field. */
export interface Load {
  readonly kind: "load";
  /** At most 64 bits of a writable field. */
  readonly destination: Subfield;
  readonly value: bigint;
}

/** OpenFlow 1.5 has masks in set_field. */
const untilOf14: VersionRange = { first: OF10, last: OF14 };

export const load: ActionRow<Load> = {
  kind: "load",
  wire: [
    {
      ids: [nx(untilOf14, 7)],
      length: [24, 24],
      canSay: ({ destination }) => hasNumber(destination.field) && !needsLoad2(destination.field),
      decode: (r) => {
        const range = r.u16();
        const destination = readRange(range, readShortField(r));
        const value = r.u64();
        if (value >= 1n << BigInt(destination.bits)) throw new OfpError("OFPBAC_BAD_ARGUMENT");
        if (!destination.field.writable) throw notWritable(destination.field);
        return { kind: "load", destination, value };
      },
      encode: ({ destination, value }, w) => {
        writeRange(destination, w);
        writeField(destination.field, w);
        w.u64(value);
      },
    },
  ],
  instead: ({ destination: { field, start, bits }, value }) => {
    const shift = BigInt(start);
    const mask = ((1n << BigInt(bits)) - 1n) << shift;
    const masked = bits !== 8 * field.bytes;
    return [{ kind: "set_field", field, value: value << shift, mask, loads: true, ...(masked && { masked }) }];
  },
  format: ({ destination, value }) => `load:${hexText(value)}->${formatSubfield(destination)}`,
  parse: {
    load: (text) => {
      const arrow = text.indexOf("->");
      if (arrow < 0) throw new UserError(`${text}: missing \`->'`);
      const value = parseInteger(text.slice(0, arrow));
      if (value === undefined) throw new UserError(`${text}: cannot parse integer value`);
      const destination = parseSubfield(text.slice(arrow + 2));
      const given = BigInt.asUintN(64, value);
      if (given >= 1n << BigInt(destination.bits)) {
        throw new UserError(`${text}: value ${hexText(given)} does not fit into ${destination.bits} bits`);
      }
      return { kind: "load", destination, value: given };
    },
  },
};
