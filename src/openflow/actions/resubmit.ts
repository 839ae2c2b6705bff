import { UserError } from "#util/errors.js";
import { OfpError } from "../ofp-error.js";
import { formatOfport, OFPP, parseOfport } from "../port-number.js";
import { formatTableNumber, parseTableNumber } from "../table-number.js";
import { always } from "../version.js";
import type { ActionRow } from "./action.js";
import { nx, type WireForm } from "./wire-form.js";

/** Looks the packet up again and does what is found, then goes on. */
export interface Resubmit {
  readonly kind: "resubmit";
  /** The port it then seems to have come in by; `OFPP.inPort` for its own. */
  readonly inPort: number;
  /** 255 is the table it is in. */
  readonly table: number;
  /** Look up with the connection's original direction. */
  readonly ct: boolean;
}

const SAME_TABLE = 255;

const form = (number: number, ct: boolean): WireForm<Resubmit> => ({
  ids: [nx(always, number)],
  length: [16, 16],
  canSay: (a) => a.ct === ct,
  decode: (r) => {
    const [inPort, table] = [r.u16(), r.u8()];
    if (!r.zeros(3)) throw new OfpError("OFPBAC_BAD_ARGUMENT");
    return { kind: "resubmit", inPort, table, ct };
  },
  encode: ({ inPort, table }, w) => void w.u16(inPort).u8(table).zeros(3),
});

export const resubmit: ActionRow<Resubmit> = {
  kind: "resubmit",
  wire: [
    form(14, false),
    form(44, true),
    {
      ids: [nx(always, 1)],
      length: [16, 16],
      canSay: () => false,
      decode: (r) => ({ kind: "resubmit", inPort: r.u16(), table: SAME_TABLE, ct: false }),
      encode: ({ inPort }, w) => void w.u16(inPort).zeros(4),
    },
  ],
  format: ({ inPort, table, ct }, ctx) => {
    if (inPort !== OFPP.inPort && table === SAME_TABLE && !ct) return `resubmit:${formatOfport(inPort, ctx)}`;
    const port = inPort === OFPP.inPort ? "" : formatOfport(inPort, ctx);
    return `resubmit(${port},${table === SAME_TABLE ? "" : formatTableNumber(table, ctx)}${ct ? ",ct" : ""})`;
  },
  parse: {
    resubmit: (text, ctx) => {
      const [port = "", table = "", flag = ""] = text.split(",").map((t) => t.trim());
      const inPort = port === "" ? OFPP.inPort : parseOfport(port, ctx);
      if (inPort === undefined) throw new UserError(`${port}: resubmit to unknown port`);
      const number = table === "" ? SAME_TABLE : parseTableNumber(table, ctx);
      if (number === undefined) throw new UserError(`${table}: resubmit to unknown table`);
      if (flag !== "" && flag !== "ct") throw new UserError(`${flag}: unknown parameter`);
      if (inPort === OFPP.inPort && number === SAME_TABLE) {
        throw new UserError('at least one "in_port" or "table" must be specified on resubmit');
      }
      return { kind: "resubmit", inPort, table: number, ct: flag === "ct" };
    },
  },
};
