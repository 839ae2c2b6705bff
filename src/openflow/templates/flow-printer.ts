import { i32, put16, put32, u16, u32 } from "#util/big-endian.js";
import { WireError } from "#util/errors.js";
import type { Action } from "../actions/action.js";
import { formatActions } from "../actions/table.js";
import { formatMatch } from "../match-text.js";
import { decodeMessage } from "../messages/codec.js";
import { DEFAULT_PRIORITY } from "../messages/flow/flow-parts.js";
import { type FlowStats, formatDuration, formatFlowStats } from "../messages/flow/flow-stats.js";
import { OF10, OF12, OF14, type Version } from "../version.js";
import { FlowLessons, MATCH } from "./flow-lessons.js";
import { type FlowTemplate, type FlowWords, learnFlow } from "./flow-template.js";
import { literal, type OutputBuffer } from "./output-buffer.js";
import { copyOf } from "./sample-flow.js";

const FLOW_MOD = 14;
const MULTIPART_REPLY = 19;
const FLOW = 1;
const OLD_MULTIPART_REPLY = 17;
const EXPERIMENTER = 0xffff;
const NICIRA = 0x2320;
/** Headers of a multipart message, and those of Nicira's in OpenFlow 1.0. */
const MULTIPART_HEADERS = 16;
const NX_HEADERS = 24;
/** Text beside match and actions: what comes before them, at most. */
const HEAD_SIZE = 256;

/** No complaint may be lost: what has one is not learnt. */
const complain = (): never => {
  throw new Complaint();
};
class Complaint extends Error {}

function tried<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof WireError || error instanceof Complaint) return undefined;
    throw error;
  }
}

const NO_GOTO = 256;

function wordsOf(match: FlowStats["match"], actions: readonly Action[]): FlowWords {
  const target = actions.find((a) => a.kind === "goto_table");
  return { match: formatMatch(match), actions: formatActions(actions), gotoTable: target?.table ?? NO_GOTO };
}

function readFlowMod(bytes: Uint8Array): FlowWords | undefined {
  const sample = copyOf(bytes, 0, bytes.length);
  // Of the first table, so that no other is before it.
  sample[24] = 0;
  return tried(() => {
    const { body } = decodeMessage(sample, complain);
    return body.kind === "flow_mod" ? wordsOf(body.match, body.actions) : undefined;
  });
}

/** Lessons of texts; `read` says what a flow's bytes mean. */
function textLessons(isNxm: boolean, read: (bytes: Uint8Array) => FlowWords | undefined): FlowLessons<FlowTemplate> {
  return new FlowLessons(isNxm, (sample, parts) => learnFlow(sample, MATCH, parts, read));
}

/** A reply of the one entry. */
function replyOf(entry: Uint8Array, version: Version): Uint8Array {
  const isNicira = version === OF10;
  const headers = isNicira ? NX_HEADERS : MULTIPART_HEADERS;
  const reply = new Uint8Array(headers + entry.length);
  reply[0] = version;
  reply[1] = isNicira ? OLD_MULTIPART_REPLY : MULTIPART_REPLY;
  put16(reply, 2, reply.length);
  put16(reply, 8, isNicira ? EXPERIMENTER : FLOW);
  if (isNicira) put32(reply, 12, NICIRA);
  reply.set(entry, headers);
  return reply;
}

/** The entry of statistics; undefined where it is at fault, or there is something to say about it. */
function readEntry(entry: Uint8Array, version: Version): FlowStats | undefined {
  return tried(() => {
    const { body } = decodeMessage(replyOf(entry, version), complain);
    return body.kind === "flow_stats_reply" && body.flows.length === 1 ? body.flows[0] : undefined;
  });
}

function readStats(version: Version): (bytes: Uint8Array) => FlowWords | undefined {
  return (bytes) => {
    const flow = readEntry(bytes, version);
    // Nothing compares the tables here.
    return flow && { ...wordsOf(flow.match, flow.actions), gotoTable: NO_GOTO };
  };
}

const text = {
  flowMod: literal("OFPT_FLOW_MOD (OF1."),
  reply: literal("OFPST_FLOW reply (OF1."),
  nxReply: literal("NXST_FLOW reply (xid=0x"),
  xid: literal(") (xid=0x"),
  add: literal("): ADD "),
  colon: literal("):"),
  more: literal(" flags=[more]"),
  table: literal("table:"),
  priority: literal("priority="),
  cookie: literal("cookie:0x"),
  idle: literal("idle:"),
  hard: literal("hard:"),
  actions: literal("actions="),
  entryCookie: literal("\n cookie=0x"),
  duration: literal(", duration="),
  entryTable: literal(", table="),
  packets: literal(", n_packets="),
  bytes: literal(", n_bytes="),
  separator: literal(", "),
  idleTimeout: literal("idle_timeout="),
  hardTimeout: literal("hard_timeout="),
  idleAge: literal("idle_age="),
  hardAge: literal("hard_age="),
};

const [SPACE, NEWLINE, COMMA, SECONDS, POINT] = [0x20, 0x0a, 0x2c, 0x73, 0x2e];

/**
 * Prints many flow mods and flow statistics of OpenFlow 1.2 to 1.4, and Nicira's flow statistics in OpenFlow 1.0, as `formatMessageBytes` does, faster: what it has learnt of one flow it knows
 * of all that differ in numbers and addresses only. Everything else it leaves to `formatMessageBytes`.
 */
export class FlowPrinter {
  readonly #flowMods: (FlowLessons<FlowTemplate> | undefined)[] = [];
  readonly #stats: (FlowLessons<FlowTemplate> | undefined)[] = [];

  /** Writes a whole message, with its line end. False where that is not for here: nothing was written, and nobody was told anything. */
  print(bytes: Uint8Array, start: number, end: number, out: OutputBuffer): boolean {
    if (end - start < MATCH || u16(bytes, start + 2) !== end - start) return false;
    const version = bytes[start]!;
    const type = bytes[start + 1];
    const isNew = version >= OF12 && version <= OF14;
    if (isNew && type === FLOW_MOD) return this.#flowMod(bytes, start, end, out);
    const isReply = isNew
      ? type === MULTIPART_REPLY && u16(bytes, start + 8) === FLOW
      : version === OF10 && type === OLD_MULTIPART_REPLY && isNiciraFlows(bytes, start);
    if (!isReply || u16(bytes, start + 10) > 1) return false;
    const before = out.length;
    const isDone = this.#reply(bytes, start, end, out);
    if (!isDone) out.length = before;
    return isDone;
  }

  #flowMod(bytes: Uint8Array, start: number, end: number, out: OutputBuffer): boolean {
    const high = i32(bytes, start + 8);
    const low = i32(bytes, start + 12);
    if (!isPlainAddition(bytes, start) || (high & low) === -1) return false;
    const lessons = (this.#flowMods[bytes[start]!] ??= textLessons(false, readFlowMod));
    const template = lessons.find(bytes, start, end);
    const table = bytes[start + 24]!;
    if (template === undefined || table >= template.tableLimit) return false;
    out.reserve(HEAD_SIZE + template.size);
    out.literal(text.flowMod);
    writeTitle(bytes, start, out);
    out.literal(text.add);
    if (table !== 0) {
      out.literal(text.table);
      out.decimal(table);
      out.bytes[out.length++] = SPACE;
    }
    writeMatch(template, u16(bytes, start + 30), bytes, lessons.places, out);
    if ((high | low) !== 0) {
      out.literal(text.cookie);
      out.hex(high, low);
      out.bytes[out.length++] = SPACE;
    }
    writeTimeout(text.idle, u16(bytes, start + 26), out);
    writeTimeout(text.hard, u16(bytes, start + 28), out);
    out.literal(text.actions);
    template.actions.write(bytes, lessons.places, out);
    out.bytes[out.length++] = NEWLINE;
    return true;
  }

  #reply(bytes: Uint8Array, start: number, end: number, out: OutputBuffer): boolean {
    const version = bytes[start] as Version;
    const isNicira = version === OF10;
    const lessons = (this.#stats[version] ??= textLessons(isNicira, readStats(version)));
    out.reserve(HEAD_SIZE);
    if (isNicira) {
      out.literal(text.nxReply);
      out.hex(0, i32(bytes, start + 4));
    } else {
      out.literal(text.reply);
      writeTitle(bytes, start, out);
    }
    out.literal(text.colon);
    if (bytes[start + 11] === 1) out.literal(text.more);
    for (let at = start + (isNicira ? NX_HEADERS : MULTIPART_HEADERS); at < end; ) {
      const length = end - at < MATCH ? 0 : u16(bytes, at);
      if (length < MATCH || at + length > end) return false;
      if (!writeEntry(bytes, at, at + length, lessons, isNicira, out)) {
        const flow = readEntry(bytes.subarray(at, at + length), version);
        if (flow === undefined) return false;
        const line = formatFlowStats(flow);
        out.reserve(line.length + HEAD_SIZE);
        out.bytes[out.length++] = NEWLINE;
        out.text(line);
      }
      at += length;
    }
    out.bytes[out.length++] = NEWLINE;
    return true;
  }
}

/** Nicira's multipart reply with flows: vendor and subtype 0. */
function isNiciraFlows(bytes: Uint8Array, start: number): boolean {
  return u16(bytes, start + 8) === EXPERIMENTER && i32(bytes, start + 12) === NICIRA && i32(bytes, start + 16) === 0;
}

/** An addition with nothing unusual about it: no mask of cookies, buffer, port, group, flag or importance, and of one table. */
function isPlainAddition(bytes: Uint8Array, start: number): boolean {
  return (
    (i32(bytes, start + 16) | i32(bytes, start + 20)) === 0 &&
    bytes[start + 24] !== 0xff &&
    bytes[start + 25] === 0 &&
    (i32(bytes, start + 32) & i32(bytes, start + 36) & i32(bytes, start + 40)) === -1 &&
    i32(bytes, start + 44) === 0
  );
}

/** The version's last number and the message's own. */
function writeTitle(bytes: Uint8Array, start: number, out: OutputBuffer): void {
  out.decimal(bytes[start]! - 1);
  out.literal(text.xid);
  out.hex(0, i32(bytes, start + 4));
}

function writeMatch(
  { match }: FlowTemplate,
  priority: number,
  bytes: Uint8Array,
  places: Int32Array,
  out: OutputBuffer,
): void {
  if (priority !== DEFAULT_PRIORITY) {
    out.literal(text.priority);
    out.decimal(priority);
    if (!match.isEmpty) out.bytes[out.length++] = COMMA;
  } else if (match.isEmpty) return;
  match.write(bytes, places, out);
  out.bytes[out.length++] = SPACE;
}

function writeTimeout(name: Uint8Array, seconds: number, out: OutputBuffer): void {
  if (seconds === 0) return;
  out.literal(name);
  out.decimal(seconds);
  out.bytes[out.length++] = SPACE;
}

/** An entry of flow statistics. False where it is none with a template. */
function writeEntry(
  bytes: Uint8Array,
  start: number,
  end: number,
  lessons: FlowLessons<FlowTemplate>,
  isNicira: boolean,
  out: OutputBuffer,
): boolean {
  // Flags and importance have words of their own.
  if (!isNicira && i32(bytes, start + 18) !== 0) return false;
  const template = lessons.find(bytes, start, end);
  if (template === undefined) return false;
  out.reserve(HEAD_SIZE + template.size);
  out.literal(text.entryCookie);
  out.hex(i32(bytes, start + 24), i32(bytes, start + 28));
  out.literal(text.duration);
  writeDuration(u32(bytes, start + 4), u32(bytes, start + 8), out);
  out.literal(text.entryTable);
  out.decimal(bytes[start + 2]!);
  out.literal(text.packets);
  writeCount(bytes, start + 32, out);
  out.literal(text.bytes);
  writeCount(bytes, start + 40, out);
  out.literal(text.separator);
  writeLimit(text.idleTimeout, u16(bytes, start + 14), out);
  writeLimit(text.hardTimeout, u16(bytes, start + 16), out);
  if (isNicira) writeAges(bytes, start, out);
  writeMatch(template, u16(bytes, start + 12), bytes, lessons.places, out);
  out.literal(text.actions);
  template.actions.write(bytes, lessons.places, out);
  return true;
}

function writeLimit(name: Uint8Array, seconds: number, out: OutputBuffer): void {
  if (seconds === 0) return;
  out.literal(name);
  out.decimal(seconds);
  out.literal(text.separator);
}

/** Nicira's ages: seconds and one more, 0 where they are not known. A flow that was not changed is as old as it is there. */
function writeAges(bytes: Uint8Array, start: number, out: OutputBuffer): void {
  const idle = u16(bytes, start + 20);
  const hard = u16(bytes, start + 22);
  if (idle !== 0) {
    out.literal(text.idleAge);
    out.decimal(idle - 1);
    out.literal(text.separator);
  }
  if (hard !== 0 && hard - 1 !== u32(bytes, start + 4)) {
    out.literal(text.hardAge);
    out.decimal(hard - 1);
    out.literal(text.separator);
  }
}

const MILLISECOND = 1_000_000;

function writeDuration(seconds: number, nanoseconds: number, out: OutputBuffer): void {
  if (nanoseconds % MILLISECOND !== 0 || nanoseconds >= 1000 * MILLISECOND) {
    out.text(formatDuration(seconds, nanoseconds));
    return;
  }
  out.decimal(seconds);
  if (nanoseconds !== 0) {
    out.bytes[out.length++] = POINT;
    out.padded(nanoseconds / MILLISECOND, 3);
  }
  out.bytes[out.length++] = SECONDS;
}

/** 2 ** 53 and more is written by way of a big number; all ones mean that nobody counts. */
const LARGE = 0x200000;

function writeCount(bytes: Uint8Array, at: number, out: OutputBuffer): void {
  const high = u32(bytes, at);
  const low = u32(bytes, at + 4);
  if (high < LARGE) out.decimal(high * 0x100000000 + low);
  else if (high === 0xffffffff && low === 0xffffffff) out.text("?");
  else out.text(String((BigInt(high) << 32n) | BigInt(low)));
}
