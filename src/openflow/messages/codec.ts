import { put16, put32 } from "#util/big-endian.js";
import { BugError, UserError } from "#util/errors.js";
import { HEADER_LENGTH, readHeader } from "../header.js";
import { OfpError, ofpError } from "../ofp-error.js";
import { type Protocol, protocolOfVersion } from "../protocol.js";
import { inRange, OF10, OF15, type Version, versions } from "../version.js";
import { newBytes } from "../wire-memory.js";
import { WireReader } from "../wire-reader.js";
import { WireWriter } from "../wire-writer.js";
import {
  type Message,
  type MessageDecodeContext,
  type MessageEncodeContext,
  type MessageForm,
  type MessageKind,
  type MessageNumber,
  type MessageRow,
  NICIRA,
  ONF,
} from "./message.js";
import { type Body, messageRows } from "./table.js";

const EXPERIMENTER_TYPE = 4;
const EXPERIMENTER_STATS = 0xffff;
const MORE = 1;
/** Types up to this (hello, error, echo) have one meaning in all versions, those that nobody knows included. */
const LAST_TIMELESS_TYPE = 3;
const LONGEST = 0xffff;
/** What a writer has to begin with. */
const SCRATCH = 4096;

type At = MessageNumber["at"];

const places: Readonly<Record<At, number>> = { type: 0, request: 1, reply: 2 };
/** Vendors that number messages, the standard first. */
const vendors: readonly number[] = [0, NICIRA, ONF];

/** A small number for a message's numbers; -1 where no message can have them. */
function numberKey(version: number, at: At, vendor: number, type: number): number {
  if (type > 0xffff || version > 0xf) return -1;
  return (((vendors.indexOf(vendor) * 3 + places[at]) << 4) | version) * 0x10000 + type;
}

interface Known {
  readonly row: MessageRow<Body>;
  readonly form: MessageForm<Body>;
}

const byNumber = new Map<number, Known>();
const byKind = new Map<string, MessageRow<Body>>();
for (const row of messageRows) {
  if (byKind.has(row.kind)) throw new BugError(`two messages are called ${row.kind}`);
  byKind.set(row.kind, row);
  for (const form of row.forms) {
    for (const { at, range, vendor, type } of form.numbers) {
      for (const version of versions.filter((v) => inRange(range, v))) {
        const key = numberKey(version, at, vendor, type);
        if (byNumber.has(key))
          throw new BugError(`${form.name} claims ${at} ${vendor}/${type} of version ${version}, which is taken`);
        byNumber.set(key, { row, form });
      }
    }
  }
}

/** The row of a body. */
export function messageRowOf(body: Body): MessageRow<Body> {
  return byKind.get((body as { kind: string }).kind)!;
}

/** The types of multipart requests and replies. */
const multipartType = (version: Version): { readonly request: number; readonly reply: number } =>
  version === OF10 ? multipart10 : multipartLater;
const multipart10 = { request: 16, reply: 17 } as const;
const multipartLater = { request: 18, reply: 19 } as const;

/** What the headers of a message say, and where its body begins. */
export interface Envelope {
  readonly version: Version;
  readonly xid: number;
  readonly name: string;
  readonly flags: number;
  readonly form: MessageForm<Body>;
  readonly row: MessageRow<Body>;
  /** The body, to the message's end. */
  readonly reader: WireReader;
}

/** How a complaint about a peer's bytes is made. */
export type Warn = (module: string, text: string, level?: "info") => void;

const silent: Warn = () => {};

/**
 * Reads the headers of a whole message. Throws `OfpError` where no message has these numbers. The length of the body is not checked yet:
 * `checkLength`.
 */
export function readEnvelope(bytes: Uint8Array, warn: Warn = silent): Envelope {
  const header = readHeader(bytes);
  const version = header.version as Version;
  const r = new WireReader(bytes, HEADER_LENGTH, bytes.length, badLength);
  const { at, vendor, type, flags } = readNumbers(r, version, header.type, warn);
  const isTimeless = version > OF15 && at === "type" && vendor === 0 && type <= LAST_TIMELESS_TYPE;
  const known = byNumber.get(numberKey(isTimeless ? OF15 : version, at, vendor, type));
  if (known === undefined) {
    // Of a version that nobody knows, the type alone is at fault.
    const place = versions.includes(version) ? at : "type";
    warn(
      "ofp_msgs",
      `unknown OpenFlow message (version ${version}, type ${header.type}${numbersText(place, vendor, type)})`,
    );
    if (vendor !== 0) throw new OfpError("OFPBRC_BAD_SUBTYPE");
    throw new OfpError(place === "type" ? "OFPBRC_BAD_TYPE" : "OFPBRC_BAD_STAT");
  }
  const { form, row } = known;
  return { version, xid: header.xid, name: form.name, flags, form, row, reader: r };
}

const badLength: () => OfpError = ofpError("OFPBRC_BAD_LEN");

/** A message's numbers behind its type, as a complaint tells them. */
function numbersText(at: At, vendor: number, type: number): string {
  const stat = at === "type" ? "" : `, stat ${vendor === 0 ? type : EXPERIMENTER_STATS}`;
  return vendor === 0 ? stat : `${stat}, vendor 0x${vendor.toString(16)}, subtype ${type}`;
}

/** The number of a vendor that numbers messages. Others are refused. */
function readVendor(r: WireReader, warn: Warn): number {
  const vendor = r.u32();
  if (vendor === NICIRA || vendor === ONF) return vendor;
  warn("ofp_msgs", `OpenFlow message has unknown vendor 0x${vendor.toString(16)}`);
  throw new OfpError("OFPBRC_BAD_VENDOR");
}

interface Numbers {
  readonly at: At;
  readonly vendor: number;
  readonly type: number;
  readonly flags: number;
}

function readNumbers(r: WireReader, version: Version, type: number, warn: Warn): Numbers {
  if (type === EXPERIMENTER_TYPE) {
    if (r.left < 8) throw new OfpError("OFPBRC_BAD_LEN");
    const vendor = readVendor(r, warn);
    return { at: "type", vendor, type: r.u32(), flags: 0 };
  }
  const { request, reply } = multipartType(version);
  if (type !== request && type !== reply) return { at: "type", vendor: 0, type, flags: 0 };
  const at = type === request ? "request" : "reply";
  const stat = r.u16();
  const flags = r.u16();
  if (version !== OF10) r.skip(4);
  if (stat !== EXPERIMENTER_STATS) return { at, vendor: 0, type: stat, flags };
  if (version !== OF10 && r.left < 8) throw new OfpError("OFPBRC_BAD_LEN");
  const vendor = readVendor(r, warn);
  const subtype = r.u32();
  if (version === OF10) r.skip(4);
  return { at, vendor, type: subtype, flags };
}

/** Throws OFPBRC_BAD_LEN where a body cannot have the length it has. */
export function checkLength({ form, reader, name }: Envelope, warn: Warn = silent): void {
  const [min, unit] = form.length;
  const extra = reader.left - min;
  if (unit === 0 ? extra === 0 : extra >= 0 && extra % unit === 0) return;
  const length = reader.end;
  const least = reader.at + min;
  const expected =
    unit === 0
      ? `expected length ${least}`
      : unit === 1
        ? `expected length at least ${least} bytes`
        : `must be exactly ${least} bytes or longer by an integer multiple of ${unit} bytes`;
  warn("ofp_msgs", `received ${name} with incorrect length ${length} (${expected})`);
  throw new OfpError("OFPBRC_BAD_LEN");
}

/** Takes what was read of a body before an error, and what parts the two as text. */
type TakePartial = (message: Message, end: string) => void;

function kindOf(bytes: Uint8Array, warn: Warn): MessageKind {
  const envelope = readEnvelope(bytes, warn);
  checkLength(envelope, warn);
  const { kind, forms } = envelope.row;
  const standard = forms.find((f) => f.name.startsWith("OFP"));
  return { kind, name: (standard ?? envelope.form).name };
}

/** How a message is read. */
export interface DecodeOptions {
  readonly partial?: TakePartial | undefined;
  /** Takes actions that are for tests of switches. */
  readonly debug?: boolean;
}

/** Reads the body of a message whose headers were read and whose length was checked. Throws `OfpError`. */
export function decodeBody(envelope: Envelope, warn: Warn = silent, options: DecodeOptions = {}): Message {
  const { version, xid, name, flags, form, reader } = envelope;
  const ctx = new DecodeContext(envelope, warn, options);
  try {
    return { version, xid, name, flags, body: form.decode(reader, ctx) };
  } catch (error) {
    if (error instanceof OfpError) error.tell(warn === silent ? undefined : warn);
    throw error;
  }
}

class DecodeContext implements MessageDecodeContext {
  readonly version: Version;
  readonly name: string;
  readonly flags: number;
  readonly bytes: Uint8Array;
  readonly warn: Warn;
  readonly debug: boolean;
  readonly #xid: number;
  readonly #partial: TakePartial | undefined;

  constructor({ version, name, flags, xid, reader }: Envelope, warn: Warn, { partial, debug }: DecodeOptions) {
    this.debug = debug ?? false;
    this.version = version;
    this.name = name;
    this.flags = flags;
    this.bytes = reader.bytes;
    this.warn = warn;
    this.#xid = xid;
    this.#partial = partial;
  }

  message(bytes: Uint8Array): Message {
    return decodeMessage(bytes, this.warn, { debug: this.debug });
  }

  kindOf(bytes: Uint8Array): MessageKind {
    return kindOf(bytes, this.warn);
  }

  partial(body: Body, end = "\n"): void {
    const { version, name, flags } = this;
    this.#partial?.({ version, xid: this.#xid, name, flags, body }, end);
  }
}

/** Reads a whole message, which must be as long as its header says. Throws `OfpError`. */
export function decodeMessage(
  bytes: Uint8Array,
  warn: Warn = silent,
  options: Pick<DecodeOptions, "debug"> = {},
): Message {
  const envelope = readEnvelope(bytes, warn);
  checkLength(envelope, warn);
  return decodeBody(envelope, warn, options);
}

/** How a message is written. */
export interface EncodeOptions {
  /** Default: the version's, without Nicira's extensions. */
  readonly protocol?: Protocol;
  /** Of multipart messages. */
  readonly flags?: number;
}

/**
 * Writes a message that fits into one. Throws `UserError` where the version has no such message, cannot say the body, or it is longer than
 * 65535 bytes.
 */
export function encodeMessage(body: Body, version: Version, xid: number, options: EncodeOptions = {}): Uint8Array {
  const all = encodeMessages(body, version, xid, options);
  if (all.length > 1) throw new UserError(`${(body as { kind: string }).kind} is too long for one message`);
  return all[0]!;
}

/** Writers that nobody uses now. Messages lie in messages, so one is not enough. */
const spareWriters: WireWriter[] = [];

/** Writes a message, in as many multipart messages as it takes. Throws as `encodeMessage`. */
export function encodeMessages(body: Body, version: Version, xid: number, options: EncodeOptions = {}): Uint8Array[] {
  const w = spareWriters.pop() ?? new WireWriter(new Uint8Array(SCRATCH));
  try {
    return writeMessages(body, version, xid, options, w);
  } finally {
    w.cut(0);
    if (w.room <= LONGEST) spareWriters.push(w);
  }
}

function writeMessages(body: Body, version: Version, xid: number, options: EncodeOptions, w: WireWriter): Uint8Array[] {
  const row = messageRowOf(body);
  const ctx = new EncodeContext(version, xid, options, w);
  const { form, number } = chooseForm(row, body, ctx);
  form.encode(body, w, ctx);
  const flags = options.flags ?? 0;
  if (number.at === "type") return [whole(number, version, xid, 0, w, 0, w.length)];
  const bounds = cuts(ctx.elements, w.length, LONGEST - headerLength(number, version));
  return bounds.map((start, i) => {
    const end = bounds[i + 1];
    return whole(number, version, xid, end === undefined ? flags : flags | MORE, w, start, end ?? w.length);
  });
}

class EncodeContext implements MessageEncodeContext {
  readonly version: Version;
  readonly protocol: Protocol;
  readonly xid: number;
  /** Where elements begin. */
  readonly elements: number[] = [];
  readonly #options: EncodeOptions;
  readonly #w: WireWriter;

  constructor(version: Version, xid: number, options: EncodeOptions, w: WireWriter) {
    this.version = version;
    this.protocol = options.protocol ?? protocolOfVersion(version);
    this.xid = xid;
    this.#options = options;
    this.#w = w;
  }

  element(): void {
    this.elements.push(this.#w.length);
  }

  message(body: Body, xid: number): Uint8Array {
    return encodeMessage(body, this.version, xid, this.#options);
  }
}

/** A form, and the numbers it has in a version. */
interface Choice {
  readonly form: MessageForm<Body>;
  readonly number: MessageNumber;
}

/** By kind of body and version, the forms that there are. */
const choices = new Map<string, readonly (readonly Choice[])[]>();
for (const { kind, forms } of messageRows) {
  const byVersion = (version: number): Choice[] =>
    forms.flatMap((form) => {
      const number = form.numbers.find((n) => inRange(n.range, version));
      return number === undefined ? [] : [{ form, number }];
    });
  choices.set(
    kind,
    Array.from({ length: OF15 + 1 }, (_, version) => byVersion(version)),
  );
}

function chooseForm(row: MessageRow<Body>, body: Body, ctx: MessageEncodeContext): Choice {
  for (const choice of choices.get(row.kind)![ctx.version]!) {
    if (choice.form.canSay?.(body, ctx) !== false) return choice;
  }
  throw new UserError(`OpenFlow 1.${ctx.version - 1} has no message "${row.kind}"`);
}

/** Where each part of a list begins, no part longer than `room`. */
function cuts(elements: readonly number[], length: number, room: number): number[] {
  const starts = [0];
  if (length <= room) return starts;
  let start = 0;
  let last = 0;
  for (const at of [...elements, length]) {
    if (at - start > room && last > start) {
      starts.push(last);
      start = last;
    }
    last = at;
  }
  return starts;
}

function headerLength({ at, vendor }: MessageNumber, version: Version): number {
  if (at === "type") return vendor === 0 ? 8 : 16;
  if (vendor !== 0) return 24;
  return version === OF10 ? 12 : 16;
}

/** A message: headers, and what was written from `from` to `to`. */
function whole(
  number: MessageNumber,
  version: Version,
  xid: number,
  flags: number,
  w: WireWriter,
  from: number,
  to: number,
): Uint8Array {
  const { at, vendor, type } = number;
  const isStats = at !== "type";
  const start = headerLength(number, version);
  const length = start + to - from;
  if (length > LONGEST) throw new UserError(`an OpenFlow message cannot have ${length} bytes`);
  const bytes = newBytes(length);
  bytes[0] = version;
  bytes[1] = isStats ? multipartType(version)[at] : vendor === 0 ? type : EXPERIMENTER_TYPE;
  put16(bytes, 2, length);
  put32(bytes, 4, xid);
  if (isStats) {
    put16(bytes, 8, vendor === 0 ? type : EXPERIMENTER_STATS);
    put16(bytes, 10, flags);
  }
  if (vendor !== 0) {
    const numbers = !isStats ? 8 : version === OF10 ? 12 : 16;
    put32(bytes, numbers, vendor);
    put32(bytes, numbers + 4, type);
  }
  w.copyTo(bytes, start, from, to);
  return bytes;
}
