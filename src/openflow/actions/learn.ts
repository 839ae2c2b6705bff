import type { Field } from "#flow/fields/field.js";
import { fieldByName } from "#flow/fields/table.js";
import { UserError } from "#util/errors.js";
import { formatMaskedValue, parseFieldText, valueBits } from "../field-text.js";
import { parseKeyValues } from "../key-value.js";
import { hexText, parseInteger } from "../number-text.js";
import { OfpError } from "../ofp-error.js";
import type { PortNames } from "../port-number.js";
import { formatSubfield, namedBits, parseSubfield, type Subfield, wholeField } from "../subfield.js";
import { formatTableNumber, parseTableNumber } from "../table-number.js";
import { always } from "../version.js";
import type { WireReader } from "../wire-reader.js";
import type { WireWriter } from "../wire-writer.js";
import type { ActionRow } from "./action.js";
import { parseU16, parseU32, parseU64 } from "./argument.js";
import {
  checkSubfield,
  hasNumber,
  isLongField,
  notWritable,
  readField,
  readShortField,
  writeField,
} from "./field-id.js";
import { LONGEST, nx, type WireForm } from "./wire-form.js";

/** One part of the flow that is learnt. `source` is bits of the packet, or a number. */
type LearnSpec =
  | { readonly kind: "match" | "load"; readonly source: Subfield | bigint; readonly destination: Subfield }
  | { readonly kind: "output"; readonly source: Subfield };

/** Adds or changes a flow, made from the packet. Times in seconds, 0 for none. */
export interface Learn {
  readonly kind: "learn";
  readonly idleTimeout: number;
  readonly hardTimeout: number;
  readonly finIdleTimeout: number;
  readonly finHardTimeout: number;
  readonly priority: number;
  readonly cookie: bigint;
  readonly sendFlowRemoved: boolean;
  readonly deleteLearned: boolean;
  readonly table: number;
  /** Flows that the table may have of this cookie; 0 for any number. */
  readonly limit: number;
  /** Where it is written whether the flow is there now. One bit. */
  readonly result?: Subfield;
  readonly specs: readonly LearnSpec[];
}

const Flag = { sendFlowRemoved: 1, deleteLearned: 2, writeResult: 4 } as const;

/** A spec's header: immediate:1 (bit 13), destination:2 (bits 11 and 12), bits:11. */
const IMMEDIATE = 0x2000;
const LOAD = 0x0800;
const OUTPUT = 0x1000;

function encodeSpec(spec: LearnSpec, w: WireWriter): void {
  const target = spec.kind === "output" ? OUTPUT : spec.kind === "load" ? LOAD : 0;
  const bits = spec.kind === "output" ? spec.source.bits : spec.destination.bits;
  const isNumber = typeof spec.source === "bigint";
  w.u16((isNumber ? IMMEDIATE : 0) | target | bits);
  if (typeof spec.source === "bigint") w.big(spec.source, 2 * Math.ceil(bits / 16));
  else encodeSubfield(spec.source, w);
  if (spec.kind !== "output") encodeSubfield(spec.destination, w);
}

function encodeSubfield({ field, start }: Subfield, w: WireWriter): void {
  writeField(field, w);
  w.u16(start);
}

function decodeSubfield(r: WireReader, bits: number): Subfield {
  const field = readShortField(r);
  return checkSubfield({ field, start: r.u16(), bits });
}

function decodeSpecs(r: WireReader): LearnSpec[] {
  const specs: LearnSpec[] = [];
  while (r.left >= 2) {
    const header = r.u16();
    if (header === 0) break;
    const [bits, target] = [header & 0x7ff, header & (LOAD | OUTPUT)];
    if ((header & 0xc000) !== 0 || bits === 0 || target === (LOAD | OUTPUT)) throw new OfpError("OFPBAC_BAD_ARGUMENT");
    const least = (header & IMMEDIATE ? 2 * Math.ceil(bits / 16) : 6) + (target === OUTPUT ? 0 : 6);
    if (r.left < least) throw new OfpError("OFPBAC_BAD_LEN");
    const source = header & IMMEDIATE ? r.big(2 * Math.ceil(bits / 16)) : decodeSubfield(r, bits);
    if (target === OUTPUT) {
      if (typeof source === "bigint") throw new OfpError("OFPBAC_BAD_ARGUMENT");
      specs.push({ kind: "output", source });
      continue;
    }
    const destination = decodeSubfield(r, bits);
    if (typeof source === "bigint" && source >= 1n << BigInt(bits)) throw new OfpError("OFPBAC_BAD_ARGUMENT");
    if (target === LOAD && !destination.field.writable) throw notWritable(destination.field);
    specs.push({ kind: target === LOAD ? "load" : "match", source, destination });
  }
  if (!r.zeros(r.left)) throw new OfpError("OFPBAC_BAD_ARGUMENT");
  return specs;
}

/** `extended` has a limit and a result. */
const form = (number: number, extended: boolean): WireForm<Learn> => ({
  ids: [nx(always, number)],
  length: [32, LONGEST],
  canSay: ({ limit, result }) => extended || (limit === 0 && result === undefined),
  decode: (r) => {
    const [idleTimeout, hardTimeout, priority, cookie] = [r.u16(), r.u16(), r.u16(), r.u64()];
    const [flags, table] = [r.u16(), r.u8()];
    if (flags > (extended ? 7 : 3) || table === 255 || !r.zeros(1)) throw new OfpError("OFPBAC_BAD_ARGUMENT");
    const [finIdleTimeout, finHardTimeout] = [r.u16(), r.u16()];
    const limit = extended ? r.u32() : 0;
    let result: Subfield | undefined;
    if (extended) {
      const start = r.u16();
      if (!r.zeros(2)) throw new OfpError("OFPBAC_BAD_ARGUMENT");
      if ((flags & Flag.writeResult) !== 0) {
        result = checkSubfield({ field: readField(r), start, bits: 1 });
        if (!result.field.writable) throw notWritable(result.field);
      }
    }
    return {
      kind: "learn",
      ...{ idleTimeout, hardTimeout, finIdleTimeout, finHardTimeout, priority, cookie, table, limit },
      sendFlowRemoved: (flags & Flag.sendFlowRemoved) !== 0,
      deleteLearned: (flags & Flag.deleteLearned) !== 0,
      ...(result && { result }),
      specs: decodeSpecs(r),
    };
  },
  encode: (a, w) => {
    w.u16(a.idleTimeout).u16(a.hardTimeout).u16(a.priority).u64(a.cookie);
    w.u16(
      (a.sendFlowRemoved ? Flag.sendFlowRemoved : 0) |
        (a.deleteLearned ? Flag.deleteLearned : 0) |
        (a.result ? Flag.writeResult : 0),
    );
    w.u8(a.table).u8(0).u16(a.finIdleTimeout).u16(a.finHardTimeout);
    if (extended) {
      w.u32(a.limit)
        .u16(a.result?.start ?? 0)
        .zeros(2);
      if (a.result !== undefined) writeField(a.result.field, w);
    }
    for (const spec of a.specs) encodeSpec(spec, w);
  },
});

const DEFAULT_PRIORITY = 0x8000;

const isWhole = ({ field, start, bits }: Subfield): boolean => start === 0 && bits === namedBits(field);

function formatSpec(spec: LearnSpec, ports: PortNames): string {
  if (spec.kind === "output") return `output:${formatSubfield(spec.source)}`;
  const { source, destination } = spec;
  if (spec.kind === "load") {
    return `load:${typeof source === "bigint" ? hexText(source) : formatSubfield(source)}->${formatSubfield(destination)}`;
  }
  if (typeof source === "bigint") {
    if (!isWhole(destination)) return `${formatSubfield(destination)}=${hexText(source)}`;
    const { field } = destination;
    return `${field.name}=${formatMaskedValue(field, { value: source, mask: (1n << BigInt(valueBits(field))) - 1n }, ports)}`;
  }
  const same = source.field === destination.field && source.start === destination.start;
  return formatSubfield(destination) + (same ? "" : `=${formatSubfield(source)}`);
}

function parseLoad(text: string): LearnSpec {
  const [from = "", to] = text.split("->", 2);
  if (to === undefined) throw new UserError(`${text}: missing \`->'`);
  const destination = parseSubfield(to);
  demandShort(destination.field, text, to);
  const number = parseInteger(from);
  if (number === undefined) {
    const source = parseSubfield(from, text);
    if (source.bits !== destination.bits) {
      throw new UserError(
        `${text}: source field is ${source.bits} bits wide but destination is ${destination.bits} bits wide`,
      );
    }
    return { kind: "load", source, destination };
  }
  if (number < 0n || number >= 1n << BigInt(destination.bits)) {
    throw new UserError(`${text}: value ${from} does not fit into ${destination.bits} bits`);
  }
  return { kind: "load", source: number, destination };
}

/** Throws for a field that has no number of 4 bytes: a learnt flow cannot have it. */
function demandShort(field: Field, whole: string, name: string = field.name): void {
  if (!hasNumber(field) || isLongField(field)) {
    throw new UserError(`${whole}: experimenter OXM field '${name}' not supported`);
  }
}

/** The field by a name that has no brackets; those without a number cannot be matched by a learnt flow. */
function wordField(name: string, whole: string): Field | undefined {
  const field = fieldByName(name);
  if (field !== undefined) demandShort(field, whole);
  return field;
}

function parseMatchSpec(key: string, value: string, whole: string, ports: PortNames): LearnSpec {
  const destination = key.includes("[")
    ? parseSubfield(key)
    : ((f) => (f === undefined ? undefined : wholeField(f)))(wordField(key, whole));
  if (destination === undefined) throw new UserError(`${whole}: unknown keyword ${key}`);
  if (value === "") return { kind: "match", source: destination, destination };
  const asSubfield = /^[A-Za-z_]/.test(value) && fieldByName(value.replace(/\[.*/, "")) !== undefined;
  if (asSubfield) {
    const source = parseSubfield(value);
    if (source.bits !== destination.bits) {
      throw new UserError(
        `${key}=${value}: bit widths of ${key} (${destination.bits}) and ${value} (${source.bits}) differ`,
      );
    }
    return { kind: "match", source, destination };
  }
  const bits = { ...destination.field, bits: destination.bits };
  return {
    kind: "match",
    source: parseFieldText(isWhole(destination) ? destination.field : bits, value, ports).value,
    destination,
  };
}

function parse(text: string, ports: PortNames): Learn {
  const a: { -readonly [K in keyof Learn]: Learn[K] } = {
    kind: "learn",
    ...{ idleTimeout: 0, hardTimeout: 0, finIdleTimeout: 0, finHardTimeout: 0 },
    ...{ priority: DEFAULT_PRIORITY, cookie: 0n, sendFlowRemoved: false, deleteLearned: false, table: 1, limit: 0 },
    specs: [],
  };
  const specs: LearnSpec[] = [];
  for (const { key, value } of parseKeyValues(text)) {
    if (key === "table") {
      const table = parseTableNumber(value, ports);
      if (table === undefined) throw new UserError(`unknown table "${value}"`);
      if (table === 255) throw new UserError(`${text}: table id 255 not valid for \`learn' action`);
      a.table = table;
    } else if (key === "priority") a.priority = parseU16(value, key);
    else if (key === "idle_timeout") a.idleTimeout = parseU16(value, key);
    else if (key === "hard_timeout") a.hardTimeout = parseU16(value, key);
    else if (key === "fin_idle_timeout") a.finIdleTimeout = parseU16(value, key);
    else if (key === "fin_hard_timeout") a.finHardTimeout = parseU16(value, key);
    else if (key === "cookie") a.cookie = parseU64(value);
    else if (key === "send_flow_rem") a.sendFlowRemoved = true;
    else if (key === "delete_learned") a.deleteLearned = true;
    else if (key === "limit") a.limit = parseU32(value);
    else if (key === "result_dst") {
      a.result = parseSubfield(value);
      if (a.result.bits !== 1) throw new UserError("result_dst in 'learn' action must be a single bit");
    } else if (key === "load") specs.push(parseLoad(value));
    else if (key === "output") specs.push({ kind: "output", source: parseSubfield(value) });
    else specs.push(parseMatchSpec(key, value, text, ports));
  }
  return { ...a, specs };
}

export const learn: ActionRow<Learn> = {
  kind: "learn",
  wire: [form(16, false), form(45, true)],
  format: (a, ctx) => {
    const number = (name: string, value: number): string => (value === 0 ? "" : `${name}=${value}`);
    const parts = [
      `table=${formatTableNumber(a.table, ctx)}`,
      number("idle_timeout", a.idleTimeout),
      number("hard_timeout", a.hardTimeout),
      number("fin_idle_timeout", a.finIdleTimeout),
      number("fin_hard_timeout", a.finHardTimeout),
      a.priority === DEFAULT_PRIORITY ? "" : `priority=${a.priority}`,
      a.sendFlowRemoved ? "send_flow_rem" : "",
      a.deleteLearned ? "delete_learned" : "",
      a.cookie === 0n ? "" : `cookie=${hexText(a.cookie)}`,
      number("limit", a.limit),
      a.result === undefined ? "" : `result_dst=${formatSubfield(a.result)}`,
      ...a.specs.map((s) => formatSpec(s, ctx)),
    ];
    return `learn(${parts.filter((p) => p !== "").join(",")})`;
  },
  parse: { learn: (text, ctx) => parse(text, ctx) },
};
