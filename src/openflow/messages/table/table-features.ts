import { OfpError } from "../../ofp-error.js";
import { OF13, OF14, OF15, since, type Version } from "../../version.js";
import type { WireReader } from "../../wire-reader.js";
import type { WireWriter } from "../../wire-writer.js";
import { readElements } from "../elements.js";
import { type MessageDecodeContext, type MessageForm, type MessageRow, ofpst } from "../message.js";
import { type OtherProperty, readProperties, writeOtherProperties, writeProperty } from "../property.js";
import { readRawText, writeRawText } from "../raw-text.js";
import type { Body } from "../table.js";
import {
  type ActionFeatures,
  type FeaturesCommand,
  type InstructionFeatures,
  noInstructions,
  type TableFeatures,
} from "./features-model.js";
import { formatTableFeatures } from "./features-text.js";
import { type FieldSet, fieldSet, readFields, readOxmIds, writeOxmIds } from "./field-set.js";
import { actionsOf, actionTypes, instructionsOf, instructionTypes } from "./table-actions.js";

/** Asks what tables can do, or, where it tells any, sets it. */
export interface TableFeaturesMessage {
  readonly kind: "table_features_request" | "table_features_reply";
  readonly tables: readonly TableFeatures[];
}

const TYPE = 12;
const HEADER = 64;
const NAME = 32;
const EVICTION = 1 << 2;
const VACANCY = 1 << 3;
const ALL_TABLES = 0xff;
/** Properties below this number come once at most. */
const COUNTED_TYPES = 32;
const commands: readonly FeaturesCommand[] = ["replace", "modify", "enable", "disable"];

/** Numbers of properties; one more is the same for the flow that matches all. */
const Property = {
  instructions: 0,
  nextTables: 2,
  writeActions: 4,
  applyActions: 6,
  match: 8,
  wildcards: 10,
  writeSetField: 12,
  applySetField: 14,
} as const;

function readTable(r: WireReader, { version, warn }: MessageDecodeContext): TableFeatures {
  if (r.left < HEADER) throw new OfpError("OFPBPC_BAD_LEN");
  const rest = r.u16() - HEADER;
  if (rest < 0 || rest > r.left - (HEADER - 2) || rest % 8 !== 0) throw new OfpError("OFPBPC_BAD_LEN");
  const table = r.u8();
  const command = version < OF15 ? undefined : commandOf(r.u8());
  if (table === ALL_TABLES) throw new OfpError("OFPTFFC_BAD_TABLE");
  const flags = version < OF15 ? undefined : r.u32();
  if (version < OF15) r.skip(5);
  const name = readRawText(r, NAME);
  const metadataMatch = r.u64();
  const metadataWrite = r.u64();
  const capabilities = r.u32();
  const maxEntries = r.u32();
  const read = readFeatureProperties(r.slice(rest), version, warn);
  return {
    table,
    name,
    metadataMatch,
    metadataWrite,
    miss: "default",
    ...(version >= OF14 && { eviction: (capabilities & EVICTION) !== 0, vacancy: (capabilities & VACANCY) !== 0 }),
    maxEntries,
    ...read,
    ...(command !== undefined && { command }),
    ...(flags !== undefined && { flags }),
  };
}

function commandOf(number: number): FeaturesCommand {
  const command = commands[number];
  if (command === undefined) throw new OfpError("OFPTFFC_BAD_COMMAND");
  return command;
}

type ReadFeatures = Pick<TableFeatures, "nonMiss" | "onMiss" | "match" | "mask" | "wildcard" | "others">;

function readFeatureProperties(r: WireReader, version: Version, warn: MessageDecodeContext["warn"]): ReadFeatures {
  let nonMiss = noInstructions;
  const onMiss: ((before: InstructionFeatures) => InstructionFeatures)[] = [];
  let match: FieldSet = [];
  let mask: FieldSet = [];
  let wildcard: FieldSet = [];
  const others: OtherProperty[] = [];
  const seen = new Set<number>();
  for (const property of readProperties(r)) {
    const { type, vendor, body } = property;
    if (type < COUNTED_TYPES && seen.has(type)) throw new OfpError("OFPTFFC_BAD_FEATURES");
    seen.add(type);
    const change = vendor === 0 ? readInstructionFeature(type & ~1, body, version, warn) : undefined;
    if (change !== undefined) {
      if ((type & 1) === 0) nonMiss = change(nonMiss);
      else onMiss.push(change);
    } else if (type === Property.match) {
      const ids = readOxmIds(body, warn);
      match = fieldSet(ids.map((id) => id.name));
      mask = fieldSet(ids.filter((id) => id.hasMask).map((id) => id.name));
    } else if (type === Property.wildcards) wildcard = readFields(body, warn);
    else others.push(property.other());
  }
  // A request of OpenFlow 1.5 may tell a table's number alone.
  if (seen.size > 0 || version < OF15) checkRequired(seen, warn);
  const miss = onMiss.reduce((features, change) => change(features), nonMiss);
  // What may have any mask need not be matched; what cannot be matched is not told of.
  const matched = new Set(match);
  wildcard = fieldSet([...wildcard, ...mask].filter((name) => matched.has(name)));
  return { nonMiss, onMiss: miss, match, mask, wildcard, ...(others.length > 0 && { others }) };
}

function checkRequired(seen: ReadonlySet<number>, warn: MessageDecodeContext["warn"]): void {
  const missing = Object.values(Property).filter((type) => !seen.has(type));
  if (missing.length === 0) return;
  const words = `table features message missing ${missing.length} required properties, including property ${missing[0]}`;
  warn("ofp_table", words);
  throw new OfpError("OFPTFFC_BAD_FEATURES");
}

type Change = (before: InstructionFeatures) => InstructionFeatures;

function readInstructionFeature(
  type: number,
  body: WireReader,
  version: Version,
  warn: MessageDecodeContext["warn"],
): Change | undefined {
  switch (type) {
    case Property.instructions: {
      const types = readIds(body);
      const instructions = instructionsOf((t) => types.has(t));
      return (before) => ({ ...before, instructions });
    }
    case Property.nextTables: {
      const next = [...new Set(body.rest())].sort((a, b) => a - b);
      if (next.includes(ALL_TABLES)) throw new OfpError("OFPBPC_BAD_VALUE");
      return (before) => ({ ...before, next });
    }
    case Property.writeActions:
    case Property.applyActions: {
      const types = readIds(body);
      const actions = actionsOf((t) => types.has(t), version);
      const list = type === Property.writeActions ? "write" : "apply";
      return (before) => ({ ...before, [list]: { ...before[list], actions } });
    }
    case Property.writeSetField:
    case Property.applySetField: {
      const setFields = readFields(body, warn);
      const list = type === Property.writeSetField ? "write" : "apply";
      return (before) => ({ ...before, [list]: { ...before[list], setFields } });
    }
    default:
      return undefined;
  }
}

/** Reads types of instructions or actions: each with its length, and an experimenter's number where it is one. */
function readIds(r: WireReader): Set<number> {
  const types = new Set<number>();
  while (r.left > 0) {
    if (r.left < 4) throw new OfpError("OFPBPC_BAD_LEN");
    const type = r.u16();
    const length = r.u16();
    if (length < 4 || length - 4 > r.left) throw new OfpError("OFPBPC_BAD_LEN");
    r.skip(length - 4);
    types.add(type);
  }
  return types;
}

function writeTable(w: WireWriter, features: TableFeatures, version: Version): void {
  const start = w.length;
  w.u16(0).u8(features.table);
  if (version < OF15) w.zeros(5);
  else w.u8(commands.indexOf(features.command ?? "replace")).u32(features.flags ?? 0);
  writeRawText(w, features.name, NAME);
  w.u64(features.metadataMatch).u64(features.metadataWrite);
  const capabilities = (features.eviction === true ? EVICTION : 0) | (features.vacancy === true ? VACANCY : 0);
  w.u32(version >= OF14 ? capabilities : 0).u32(features.maxEntries);
  writeInstructionFeatures(w, features.nonMiss, 0, version);
  writeInstructionFeatures(w, features.onMiss, 1, version);
  writeProperty(w, Property.match, () => writeOxmIds(w, features.match, version, features.mask));
  writeProperty(w, Property.wildcards, () => writeOxmIds(w, features.wildcard, version));
  writeOtherProperties(w, features.others);
  w.patch16(start, w.length - start);
}

/** `miss` is 1 for the flow that matches all, 0 for others. */
function writeInstructionFeatures(w: WireWriter, features: InstructionFeatures, miss: 0 | 1, version: Version): void {
  const ids = (property: number, types: readonly number[]): void =>
    writeProperty(w, property + miss, () => {
      for (const type of types) w.u16(type).u16(4);
    });
  ids(Property.instructions, instructionTypes(features.instructions, version));
  writeProperty(w, Property.nextTables + miss, () => w.raw(Uint8Array.from(features.next)));
  const list = (actions: number, setField: number, { actions: names, setFields }: ActionFeatures): void => {
    ids(actions, actionTypes(names, version));
    writeProperty(w, setField + miss, () => writeOxmIds(w, setFields, version));
  };
  list(Property.writeActions, Property.writeSetField, features.write);
  list(Property.applyActions, Property.applySetField, features.apply);
}

type Kind = TableFeaturesMessage["kind"];

const row = <K extends Kind>(
  kind: K,
  at: "request" | "reply",
  least: number,
): MessageRow<TableFeaturesMessage & { kind: K }> => {
  const form: MessageForm<TableFeaturesMessage & { kind: K }> = {
    name: `OFPST_TABLE_FEATURES ${at}`,
    numbers: [ofpst(at, since(OF13), TYPE)],
    length: [least, 8],
    decode: (r, ctx) => {
      const body = (tables: readonly TableFeatures[]): TableFeaturesMessage & { kind: K } => ({ kind, tables });
      return body(
        readElements(
          r,
          () => readTable(r, ctx),
          (before) => ctx.partial(body(before) as Body, before.length === 0 ? " " : "\n"),
        ),
      );
    },
    encode: ({ tables }, w, ctx) => {
      for (const features of tables) {
        ctx.element();
        writeTable(w, features, ctx.version);
      }
    },
  };
  return {
    kind,
    forms: [form],
    format: ({ tables }) => formatTableFeatures(tables).replace(/\n$/, ""),
  };
};

export const tableFeaturesRequest: MessageRow<TableFeaturesMessage & { kind: "table_features_request" }> = row(
  "table_features_request",
  "request",
  0,
);
export const tableFeaturesReply: MessageRow<TableFeaturesMessage & { kind: "table_features_reply" }> = row(
  "table_features_reply",
  "reply",
  HEADER,
);
