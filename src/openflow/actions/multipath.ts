import { UserError } from "#util/errors.js";
import { OfpError } from "../ofp-error.js";
import { formatSubfield, parseSubfield, type Subfield } from "../subfield.js";
import { always } from "../version.js";
import type { ActionRow } from "./action.js";
import { notWritable, readRange, readShortField, writeField, writeRange } from "./field-id.js";
import { hashFields } from "./hash-fields.js";
import { nx } from "./wire-form.js";

/** Writes a link number, chosen by a hash, to a field. */
export interface Multipath {
  readonly kind: "multipath";
  /** Names of `hashFields`. */
  readonly fields: string;
  readonly basis: number;
  readonly algorithm: string;
  /** 1 to 65536. */
  readonly links: number;
  readonly argument: number;
  readonly destination: Subfield;
}

const algorithms = ["modulo_n", "hash_threshold", "hrw", "iter_hash"];

export const multipath: ActionRow<Multipath> = {
  kind: "multipath",
  wire: [
    {
      ids: [nx(always, 10)],
      length: [32, 32],
      decode: (r) => {
        const [fields, basis] = [hashFields[r.u16()], r.u16()];
        r.skip(2);
        const [algorithm, links] = [algorithms[r.u16()], r.u16() + 1];
        const argument = r.u32();
        r.skip(2);
        const range = r.u16();
        const name = readShortField(r);
        if (fields === undefined || algorithm === undefined) throw new OfpError("OFPBAC_BAD_ARGUMENT");
        const destination = readRange(range, name);
        if (destination.bits < 16 && links > 2 ** destination.bits) throw new OfpError("OFPBAC_BAD_ARGUMENT");
        if (!destination.field.writable) throw notWritable(destination.field);
        return { kind: "multipath", fields, basis, algorithm, links, argument, destination };
      },
      encode: ({ fields, basis, algorithm, links, argument, destination }, w) => {
        w.u16(hashFields.indexOf(fields)).u16(basis).zeros(2);
        w.u16(algorithms.indexOf(algorithm))
          .u16(links - 1)
          .u32(argument)
          .zeros(2);
        writeRange(destination, w);
        writeField(destination.field, w);
      },
    },
  ],
  format: (a) =>
    `multipath(${a.fields},${a.basis},${a.algorithm},${a.links},${a.argument},${formatSubfield(a.destination)})`,
  parse: {
    multipath: (text) => {
      const parts = text.split(/[, ]+/);
      if (parts.length < 6) throw new UserError(`${text}: not enough arguments to multipath action`);
      const [fields, basis, algorithm, links, argument, destination] = parts as [string, ...string[]];
      if (!hashFields.includes(fields)) throw new UserError(`${text}: unknown fields \`${fields}'`);
      if (!algorithms.includes(algorithm!)) throw new UserError(`${text}: unknown algorithm \`${algorithm}'`);
      const count = Number.parseInt(links!, 10) || 0;
      if (count < 1 || count > 65536) throw new UserError(`${text}: n_links ${count} is not in valid range 1 to 65536`);
      const to = parseSubfield(destination!, text);
      if (to.bits < 16 && count > 2 ** to.bits) {
        throw new UserError(
          `${text}: ${to.bits}-bit destination field has ${2 ** to.bits} possible values, less than specified n_links ${count}`,
        );
      }
      return {
        kind: "multipath",
        fields,
        basis: (Number.parseInt(basis!, 10) || 0) & 0xffff,
        algorithm: algorithm!,
        links: count,
        argument: (Number.parseInt(argument!, 10) || 0) >>> 0,
        destination: to,
      };
    },
  },
};
