import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { parseActions } from "#openflow/actions/parse.js";
import { formatActions } from "#openflow/actions/table.js";
import { parseFlowMod } from "#openflow/flow-text.js";
import { parseFlowModFile } from "#openflow/flow-text-file.js";
import { parseFlowMonitor } from "#openflow/flow-text-monitor.js";
import { parseBundleFile } from "#openflow/messages/bundle/bundle-file-parse.js";
import { decodeMessage, encodeMessages, readEnvelope } from "#openflow/messages/codec.js";
import { parseCtFlush } from "#openflow/messages/connection/ct-flush-parse.js";
import { parseTlvMaps } from "#openflow/messages/connection/tlv-maps-parse.js";
import { parseGroupMod } from "#openflow/messages/group/group-mod-parse.js";
import { parseMeterMod } from "#openflow/messages/meter/meter-mod-parse.js";
import { parsePacketOut } from "#openflow/messages/packet/packet-out-parse.js";
import { formatMessageBytes } from "#openflow/messages/print.js";
import { OfpError } from "#openflow/ofp-error.js";
import { UserError } from "#util/errors.js";
import { hex } from "#util/hex.js";
import { allow } from "./allow.js";
import { legalMessages, withLength } from "./messages.js";

/** Times as long for an input that is `FACTOR` times as long: 8 where it grows evenly, 64 where it grows with the square. */
const FACTOR = 8;
const STEEP = 32;
/** Milliseconds of which nothing is said: too short to measure beside other programs. */
const SHORT = 60;
/** What a shorter input takes at the least: it may have been refused at once. */
const TINY = 4;
/** Bytes of memory for each of the input, and besides. */
const PER_BYTE = 300;
const BESIDES = 4 << 20;

/** The least that it takes of some attempts, or any time below `enough`. */
function milliseconds(body: () => void, enough = 0): number {
  let least = Number.POSITIVE_INFINITY;
  for (let i = 0; i < 4; i++) {
    const start = process.hrtime.bigint();
    body();
    least = Math.min(least, Number(process.hrtime.bigint() - start) / 1e6);
    if (least < enough) break;
  }
  return least;
}

/** Throws where the longer input takes far longer than its length says. */
function checkTime(name: string, short: () => void, long: () => void): void {
  const slow = milliseconds(long, SHORT);
  if (slow < SHORT) return;
  const quick = milliseconds(short);
  if (slow > STEEP * Math.max(quick, TINY))
    throw new Error(`${name}: ${quick} ms, ${FACTOR} times the input ${slow} ms`);
}

/** The body of a message as often as goes into `room` bytes. */
function repeated(bytes: Uint8Array, room: number): Uint8Array {
  const start = readEnvelope(bytes).reader.at;
  const body = bytes.subarray(start);
  const count = Math.max(1, Math.floor((room - start) / Math.max(1, body.length)));
  return withLength(Buffer.concat([bytes.subarray(0, start), ...new Array<Uint8Array>(count).fill(body)]));
}

/** The same, of all that follows the first `keep` bytes of the body. */
function repeatedTail(bytes: Uint8Array, keep: number, room: number): Uint8Array | undefined {
  const start = readEnvelope(bytes).reader.at + keep;
  const body = bytes.subarray(start);
  if (body.length === 0) return undefined;
  const count = Math.max(1, Math.floor((room - start) / body.length));
  return withLength(Buffer.concat([bytes.subarray(0, start), ...new Array<Uint8Array>(count).fill(body)]));
}

const two = (n: number): number[] => [(n >> 8) & 0xff, n & 0xff];

/** Actions of OpenFlow 1.3 that lie in each other. */
function clones(depth: number): Uint8Array {
  const bytes = new Uint8Array(16 * depth);
  for (let i = 0; i < depth; i++) {
    bytes.set([0xff, 0xff, ...two(16 * (depth - i)), 0, 0, 0x23, 0x20, 0, 42], 16 * i);
  }
  return bytes;
}

/** A flow mod of OpenFlow 1.3 that applies these actions. */
function flowModOf(actions: Uint8Array): Uint8Array {
  const head = new Uint8Array(56 + 8);
  head.set([4, 14]);
  head.set([0, 1, 0, 4], 48);
  head.set([0, 4, ...two(8 + actions.length)], 56);
  return withLength(Buffer.concat([head, actions]));
}

const experimenter = (vendor: readonly number[], type: number): Uint8Array =>
  Uint8Array.from([5, 4, 0, 0, 0, 0, 0, 0, ...vendor, 0, 0, 0, type]);

/** Heads of messages in which another lies. */
const nests: readonly Uint8Array[] = [
  Uint8Array.from([5, 34, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 1]),
  Uint8Array.from([
    4,
    ...experimenter([0x4f, 0x4e, 0x46, 0], 0xfd).subarray(1, 14),
    0x08,
    0xfd,
    0,
    0,
    0,
    1,
    0,
    0,
    0,
    1,
  ]),
  Uint8Array.from([5, 32, 0, 0, 0, 0, 0, 0]),
  Uint8Array.from([5, 1, 0, 0, 0, 0, 0, 0, 0, 1, 0, 1]),
];

/** Messages in messages, as deep as goes into `room` bytes. */
function nested(head: Uint8Array, room: number): Uint8Array {
  const depth = Math.floor((room - 8) / head.length);
  const bytes = Buffer.alloc(depth * head.length + 8);
  for (let i = 0; i <= depth; i++) {
    const at = i * head.length;
    if (i < depth) bytes.set(head, at);
    else bytes.set([head[0]!, 2], at);
    bytes.writeUInt16BE(bytes.length - at, at + 2);
  }
  return Uint8Array.from(bytes);
}

function readPrintWrite(bytes: Uint8Array): void {
  formatMessageBytes(bytes, { verbosity: 3 });
  const read = allow([OfpError], () => decodeMessage(bytes));
  if (read !== undefined) allow([UserError], () => encodeMessages(read.body, read.version, 1, { flags: read.flags }));
}

const isRead = (bytes: Uint8Array): boolean => allow([OfpError], () => decodeMessage(bytes)) !== undefined;

setFlagsFromString("--expose-gc");
setFlagsFromString("--semi-space-growth-factor=4");
const gc = runInNewContext("gc") as () => void;
const used = (): number => {
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
};

/** Throws where what was read takes far more memory than the bytes. */
function checkMemory(name: string, bytes: Uint8Array): void {
  gc();
  const before = used();
  const kept = allow([OfpError], () => decodeMessage(bytes));
  const most = used() - before;
  if (most > PER_BYTE * bytes.length + BESIDES) {
    throw new Error(`${name}: ${most} bytes of memory for ${bytes.length}, ${kept?.name ?? "refused"}`);
  }
}

const LONG = 0xfff0;
const SHORTER = LONG / FACTOR;

function checkMessage(name: string, make: (room: number) => Uint8Array | undefined): void {
  const [short, long] = [make(SHORTER), make(LONG)];
  if (short === undefined || long === undefined) return;
  try {
    checkMemory(name, long);
    // A length that is refused tells nothing.
    if (isRead(short) !== isRead(long)) return;
    checkTime(
      name,
      () => readPrintWrite(short),
      () => readPrintWrite(long),
    );
  } catch (e) {
    throw new Error(`${name} ${hex(long.subarray(0, 120))}…: ${(e as Error).stack?.slice(0, 3000)}`);
  }
}

type Text = readonly [name: string, read: (text: string) => unknown, head: string, part: string, tail: string];

const reads = {
  actions: (text: string): unknown => formatActions(parseActions(text)),
  flow: (text: string): unknown => parseFlowMod(text, "add"),
  flows: (text: string): unknown => parseFlowModFile(text, "f", "add"),
  group: (text: string): unknown => parseGroupMod(text, "any"),
  meter: (text: string): unknown => parseMeterMod(text, "add"),
  packetOut: (text: string): unknown => parsePacketOut(text),
  bundle: (text: string): unknown => parseBundleFile(text, "f"),
  monitor: (text: string): unknown => parseFlowMonitor(text),
  ctFlush: (text: string): unknown => parseCtFlush([text]),
  tlvMaps: (text: string): unknown => parseTlvMaps(text),
};

const texts: readonly Text[] = [
  ...[
    " ",
    ",",
    "(",
    ")",
    "=",
    ":",
    "[",
    "\t",
    "\n",
    "0",
    "9",
    "-",
    "a",
    "#",
    '"',
    "\\",
    "{",
    "x=1 ",
    "((a)",
    "a(",
    "1/",
  ].flatMap((part) =>
    Object.entries(reads).flatMap(([name, read]): Text[] => [
      [`${name} of ${part}`, read, "", part, ""],
      [`${name} of an end ${part}`, read, "", part, "x"],
      [`${name} with actions of ${part}`, read, "actions=", part, "x"],
      [`${name} with a number of ${part}`, read, "group_id=1,priority=", part, "x"],
    ]),
  ),
  ...[
    "output:1,",
    "reg0,",
    "clone(",
    "learn(table=1,",
    "note:00",
    "note:00.",
    "conjunction(1,1/2),",
    "set_field:1->reg0,",
  ].flatMap((part): Text[] => [
    [`actions ${part}`, reads.actions, "", part, ""],
    [`flow ${part}`, reads.flow, "actions=", part, ""],
    [`packet-out ${part}`, reads.packetOut, "packet=112233445566112233445566080011,actions=", part, ""],
  ]),
  ["learn", reads.actions, "learn(", "NXM_OF_ETH_TYPE[]=0x800,", ")"],
  ["learn, other", reads.actions, "learn(", "load:1->NXM_NX_REG0[],", ")"],
  ["bundle action", reads.actions, "bundle(eth_src,0,hrw,ofport,slaves:", "1,", "1)"],
  ["ct", reads.actions, "ct(", "exec(load:1->NXM_NX_CT_MARK[]),", ")"],
  ["ct exec", reads.actions, "ct(exec(", "load:1->NXM_NX_CT_MARK[],", "))"],
  ["write_actions", reads.actions, "write_actions(", "output:1,", ")"],
  ["number", reads.actions, "output:", "1", ""],
  ["hex number", reads.actions, "load:0x", "f", "->NXM_NX_REG0[]"],
  ["match", reads.flow, "", "reg1=5,", "actions=1"],
  ["match metadata", reads.flow, "", "tun_metadata0=1,", "actions=1"],
  ["flows", reads.flows, "", "in_port=1,reg1=5,actions=2\n", ""],
  ["buckets", reads.group, "group_id=1,type=select,", "bucket=weight:5,actions=output:1,", ""],
  ["fields", reads.group, "group_id=1,type=select,selection_method=hash,fields(", "ip_dst,", "),bucket=1"],
  ["bucket", reads.group, "group_id=1,type=all,bucket=", "output:1,", ""],
  ["bands", reads.meter, "meter=1,kbps,bands=", "type=drop,rate=5,", ""],
  ["packet", reads.packetOut, "packet=", "0011", ",actions=1"],
  ["bundle", reads.bundle, "", "flow add in_port=1,actions=2\ngroup group_id=1,type=all,bucket=1\n", ""],
  ["monitor", reads.monitor, "", "!initial,", "reg0=1"],
  ["ct-flush", reads.ctFlush, "", "ct_nw_proto=6,", "ct_tp_src=1"],
  ["maps", reads.tlvMaps, "", "{class=0xffff,type=0,len=4}->tun_metadata0,", ""],
];

const TEXT = 200_000;

function checkText([name, read, head, part, tail]: Text): void {
  const make = (room: number): string => head + part.repeat(room / part.length) + tail;
  const [short, long] = [make(TEXT / FACTOR), make(TEXT)];
  try {
    checkTime(
      name,
      () => allow([UserError], () => read(short)),
      () => allow([UserError], () => read(long)),
    );
  } catch (e) {
    throw new Error(`text, ${name}: ${(e as Error).stack?.slice(0, 1500)}`);
  }
}

/** Long and deep messages and texts. Throws at what takes time or memory that its length does not warrant. */
export function checkGrowth(): void {
  const found: string[] = [];
  const attempt = (body: () => void): void => {
    try {
      body();
    } catch (e) {
      found.push((e as Error).message);
    }
  };
  attempt(() => checkMessage("clones", (room) => flowModOf(clones(Math.floor((room - 64) / 16)))));
  attempt(() =>
    checkMessage("clones with an end", (room) =>
      flowModOf(Buffer.concat([clones(Math.floor((room - 64) / 16)), clones(1)])),
    ),
  );
  for (const head of nests) attempt(() => checkMessage("nested", (room) => nested(head, room)));
  const seen = new Set<string>();
  for (const bytes of legalMessages(300)) {
    const { name, version } = readEnvelope(bytes);
    const which = `${name} ${version} ${bytes.length > 100}`;
    if (seen.has(which)) continue;
    seen.add(which);
    attempt(() => checkMessage(`${name} of version ${version}`, (room) => repeated(bytes, room)));
    for (const keep of [4, 8, 16, 24, 32, 40]) {
      attempt(() =>
        checkMessage(`${name} of version ${version}, from ${keep}`, (room) => repeatedTail(bytes, keep, room)),
      );
    }
  }
  for (const text of texts) attempt(() => checkText(text));
  if (found.length > 0) throw new Error(found.join("\n"));
}
