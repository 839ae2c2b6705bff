import { UserError } from "#util/errors.js";
import { OfpError } from "../ofp-error.js";
import { formatOfport, OFPP, parseOfport } from "../port-number.js";
import { formatSubfield, parseSubfield, type Subfield } from "../subfield.js";
import { always } from "../version.js";
import type { ActionParseContext, ActionRow } from "./action.js";
import { notWritable, nxmCodepoint, readRange, readShortField, writeField, writeRange } from "./field-id.js";
import { hashFields } from "./hash-fields.js";
import { LONGEST, nx, type WireForm } from "./wire-form.js";

/** Output to one of several ports, chosen by a hash or as the first that is up; or that port's number, written to a field. */
export interface Bundle {
  readonly kind: "bundle";
  /** A name of `hashFields`. */
  readonly fields: string;
  readonly basis: number;
  readonly algorithm: "active_backup" | "hrw";
  readonly members: readonly number[];
  /** Where the number goes; without one the packet is sent. */
  readonly destination?: Subfield;
}

const algorithms = ["active_backup", "hrw"] as const;
const algorithmOf = (name: string): Bundle["algorithm"] | undefined => algorithms.find((a) => a === name);

/** Members are ports, named by NXM_OF_IN_PORT. */
const OFPORT = 0x00000002;

/** A port that packets can go to, or none. */
function checkMember(port: number): number {
  if (port >= OFPP.max && port < OFPP.inPort) throw new OfpError("OFPBAC_BAD_OUT_PORT", `member ${port}`);
  return port;
}

const form = (number: number, loads: boolean): WireForm<Bundle> => ({
  ids: [nx(always, number)],
  length: [32, LONGEST],
  canSay: ({ destination }) =>
    (destination !== undefined) === loads &&
    (destination === undefined || nxmCodepoint(destination.field).experimenter === undefined),
  decode: (r) => {
    const bad = (): OfpError => new OfpError("OFPBAC_BAD_ARGUMENT");
    const [algorithm, fields, basis] = [algorithms[r.u16()], hashFields[r.u16()], r.u16()];
    const [type, count, range] = [r.u32(), r.u16(), r.u16()];
    const target = r.slice(4);
    const pad = r.zeros(4);
    if (2 * count > r.left) throw new OfpError("OFPBAC_BAD_LEN");
    const destination = loads ? readRange(range, readShortField(target)) : undefined;
    if (algorithm === undefined || fields === undefined || type !== OFPORT) throw bad();
    if (!loads && (range !== 0 || !target.zeros(4) || !pad)) throw bad();
    if (destination !== undefined && !destination.field.writable) throw notWritable(destination.field);
    if (destination !== undefined && destination.bits < 16) throw bad();
    const members = Array.from({ length: count }, () => checkMember(r.u16()));
    return { kind: "bundle", fields, basis, algorithm, members, ...(destination && { destination }) };
  },
  encode: ({ fields, basis, algorithm, members, destination }, w) => {
    w.u16(algorithms.indexOf(algorithm)).u16(hashFields.indexOf(fields)).u16(basis).u32(OFPORT).u16(members.length);
    if (destination === undefined) w.zeros(6);
    else {
      writeRange(destination, w);
      writeField(destination.field, w);
    }
    w.zeros(4);
    for (const member of members) w.u16(member);
  },
});

function parse(text: string, loads: boolean, ctx: ActionParseContext): Bundle {
  const delimiter = /[, ]*\b(members|slaves|[a-z_]+):/.exec(text);
  const head = text
    .slice(0, delimiter?.index ?? text.length)
    .split(/[, ]+/)
    .filter((t) => t !== "");
  const [fields = "", basis = "", name = "", type = "", destination] = head;
  if (head.length < (loads ? 5 : 4) || delimiter === null) {
    throw new UserError(`${text}: not enough arguments to bundle action`);
  }
  const word = delimiter[1]!;
  if (word !== "members" && word !== "slaves") {
    throw new UserError(`${text}: missing member delimiter, expected \`members', got \`${word}'`);
  }
  if (!hashFields.includes(fields)) throw new UserError(`${text}: unknown fields \`${fields}'`);
  const algorithm = algorithmOf(name);
  if (algorithm === undefined) throw new UserError(`${text}: unknown algorithm \`${name}'`);
  if (type !== "ofport") throw new UserError(`${text}: unknown member_type \`${type}'`);
  const members = text
    .slice(delimiter.index + delimiter[0].length)
    .split(/[, ]+/)
    .filter((t) => t !== "")
    .map((t) => {
      const port = parseOfport(t, ctx);
      if (port === undefined) throw new UserError(`${t}: bad port number`);
      return port;
    });
  const common = {
    kind: "bundle",
    fields,
    basis: (Number.parseInt(basis, 10) || 0) & 0xffff,
    algorithm,
    members,
  } as const;
  return loads ? { ...common, destination: parseSubfield(destination!) } : common;
}

export const bundle: ActionRow<Bundle> = {
  kind: "bundle",
  wire: [form(12, false), form(13, true)],
  format: ({ fields, basis, algorithm, members, destination }, ctx) => {
    const [name, to] = destination === undefined ? ["bundle", ""] : ["bundle_load", `${formatSubfield(destination)},`];
    const ports = members.map((m) => formatOfport(m, ctx)).join(",");
    return `${name}(${fields},${basis},${algorithm},ofport,${to}members:${ports})`;
  },
  parse: {
    bundle: (text, ctx) => parse(text, false, ctx),
    bundle_load: (text, ctx) => parse(text, true, ctx),
  },
};
