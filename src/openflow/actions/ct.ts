import { UserError } from "#util/errors.js";
import { parseKeyValues } from "../key-value.js";
import { parseUnsigned } from "../number-text.js";
import { OfpError } from "../ofp-error.js";
import type { PortNames } from "../port-number.js";
import { formatSubfield, parseSubfield, type Subfield } from "../subfield.js";
import { formatTableNumber, parseTableNumber } from "../table-number.js";
import { always } from "../version.js";
import { WireReader } from "../wire-reader.js";
import type { Action, ActionRow } from "./action.js";
import { checkSubfield, nxmCodepoint, readShortField, writeField } from "./field-id.js";
import { parseNat } from "./nat.js";
import { LONGEST, nx } from "./wire-form.js";
import { writtenField } from "./written-field.js";

/** Sends the packet through connection tracking. */
export interface Ct {
  readonly kind: "ct";
  readonly commit: boolean;
  readonly force: boolean;
  /** A number, or 16 bits of a field. */
  readonly zone: number | Subfield;
  /** Where the packet is looked up again; `NO_RECIRCULATION` for nowhere. */
  readonly table: number;
  /** The port of the application's protocol: 21 ftp, 69 tftp, 0 none. */
  readonly alg: number;
  /** `nat`, and what writes ct_mark and ct_label. */
  readonly actions: readonly Action[];
}

const NO_RECIRCULATION = 255;

const Flag = { commit: 1, force: 2 } as const;
const algs: Readonly<Record<string, number>> = { ftp: 21, tftp: 69 };

/** What `exec` may write. */
const writable: ReadonlySet<string> = new Set(["ct_mark", "ct_label"]);

function checkNested(actions: readonly Action[]): readonly Action[] {
  const wrong = actions.find((a) => a.kind !== "nat" && !writable.has(writtenField(a)));
  if (wrong === undefined) return actions;
  throw new OfpError("OFPBAC_BAD_ARGUMENT").complain(
    "ofp_actions",
    `ct action doesn't support nested action ${wrong.kind.replace(/^mod_/, "set_")}`,
  );
}

export const ct: ActionRow<Ct> = {
  kind: "ct",
  wire: [
    {
      ids: [nx(always, 35)],
      length: [24, LONGEST],
      decode: (r, ctx) => {
        const flags = r.u16();
        const source = r.slice(4);
        const constant = new WireReader(r.bytes, source.at, source.end).zeros(4);
        const number = r.u16();
        const table = r.u8();
        r.skip(3);
        const alg = r.u16();
        if ((flags & 3) === Flag.force) throw new OfpError("OFPBAC_BAD_ARGUMENT");
        const range = { start: number >> 6, bits: (number & 0x3f) + 1 };
        const zone = constant ? number : checkSubfield({ field: readShortField(source), ...range });
        if (!constant && range.bits !== 16) {
          throw new OfpError("OFPBAC_BAD_SET_LEN").complain(
            "ofp_actions",
            `zone n_bits ${range.bits} not within valid range [16..16]`,
          );
        }
        const actions = checkNested(ctx.actions(r, "ct"));
        const commits = (flags & Flag.commit) !== 0;
        if (!commits && !actions.every((a) => a.kind === "nat" && a.side === "")) {
          throw new OfpError("OFPBAC_BAD_ARGUMENT").complain(
            "ofp_actions",
            "CT action requires commit flag if actions other than NAT without arguments are specified.",
          );
        }
        return { kind: "ct", commit: (flags & 1) !== 0, force: (flags & 2) !== 0, zone, table, alg, actions };
      },
      canSay: ({ zone }) => typeof zone === "number" || nxmCodepoint(zone.field).experimenter === undefined,
      encode: ({ commit, force, zone, table, alg, actions }, w, ctx) => {
        w.u16((commit ? Flag.commit : 0) | (force ? Flag.force : 0));
        if (typeof zone === "number") w.u32(0).u16(zone);
        else {
          writeField(zone.field, w);
          w.u16((zone.start << 6) | (zone.bits - 1));
        }
        w.u8(table).zeros(3).u16(alg);
        ctx.actions(actions, w);
      },
    },
  ],
  format: (a, ctx) => {
    const nats = a.actions[0]?.kind === "nat" ? a.actions.slice(0, 1) : [];
    const inner = a.actions.slice(nats.length);
    const zone = typeof a.zone === "number" ? String(a.zone) : formatSubfield(a.zone);
    const algName = Object.keys(algs).find((n) => algs[n] === a.alg) ?? String(a.alg);
    const parts = [
      a.commit ? "commit" : "",
      a.force ? "force" : "",
      a.table === NO_RECIRCULATION ? "" : `table=${formatTableNumber(a.table, ctx)}`,
      zone === "0" ? "" : `zone=${zone}`,
      nats.length === 0 ? "" : ctx.formatActions(nats),
      inner.length === 0 ? "" : `exec(${ctx.formatActions(inner)})`,
      a.alg === 0 ? "" : `alg=${algName}`,
    ];
    return `ct(${parts.filter((p) => p !== "").join(",")})`;
  },
  parse: {
    ct: (text, ctx) => {
      let a: Ct = { kind: "ct", commit: false, force: false, zone: 0, table: NO_RECIRCULATION, alg: 0, actions: [] };
      for (const { key, value } of parseKeyValues(text)) {
        if (key === "commit") a = { ...a, commit: true };
        else if (key === "force") a = { ...a, force: true };
        else if (key === "table") a = { ...a, table: parseTable(value, ctx) };
        else if (key === "zone") a = { ...a, zone: parseUnsigned(value, 0xffff) ?? parseSubfield(value) };
        else if (key === "alg") a = { ...a, alg: parseAlg(value) };
        else if (key === "nat") a = { ...a, actions: [...a.actions, parseNat(value)] };
        else if (key === "exec") a = { ...a, actions: [...a.actions, ...ctx.parseActions(value, "ct")] };
        else throw new UserError(`invalid argument to "ct" action: \`${key}'`);
      }
      for (const action of a.actions) {
        const name = writtenField(action);
        if (name !== "" && !writable.has(name)) {
          throw new UserError(`ct action doesn't support nested modification of ${name}`);
        }
      }
      if (a.force && !a.commit) throw new UserError('"force" flag requires "commit" flag.');
      return a;
    },
  },
};

function parseTable(text: string, names: PortNames): number {
  const table = parseTableNumber(text, names);
  if (table === undefined) throw new UserError(`unknown table ${text}`);
  if (table === NO_RECIRCULATION) throw new UserError("invalid table 0xff");
  return table;
}

function parseAlg(text: string): number {
  const alg = algs[text];
  if (alg === undefined) throw new UserError(`invalid conntrack helper "${text}"`);
  return alg;
}
