import { W } from "#flow/layout.js";
import type { Match } from "#flow/match.js";
import { u16 } from "#util/big-endian.js";
import { MatchBuilder } from "../../match/match-builder.js";
import { decodeMatch, decodeNxMatch, encodeMatch, encodeNxMatch } from "../../match/match-codec.js";
import { formatMatch } from "../../match-text.js";
import { OfpError } from "../../ofp-error.js";
import { formatPacket } from "../../packet-text.js";
import { OFPP, portTo32 } from "../../port-number.js";
import { formatTableNumber } from "../../table-number.js";
import { always, OF10, OF11, OF12, OF13, only, since, type Version } from "../../version.js";
import type { WireReader } from "../../wire-reader.js";
import type { PacketInFormat } from "../connection/controller-settings.js";
import { plainHexDump } from "../hex-dump.js";
import { type MessageForm, type MessageRow, type MessageTextContext, nxt, ofpt } from "../message.js";
import { readPort } from "../port/wire-port.js";
import { formatBufferId, NO_BUFFER } from "./buffer-id.js";
import { type Continuation, formatContinuation } from "./continuation.js";
import { readPacketProperties, writePacketProperties } from "./packet-properties.js";

/** Why a packet goes to a controller, by the numbers of OpenFlow 1.4. */
const reasons = ["no_match", "action", "invalid_ttl", "action_set", "group", "packet_out", "", ""];

/** A packet on its way to a controller, and what the switch knows of it. */
export interface SentPacket {
  /** The packet, or its beginning. */
  readonly data: Uint8Array;
  /** Bytes of the whole packet. */
  readonly totalLength: number;
  /** What the switch keeps the packet under; `NO_BUFFER` where it does not. */
  readonly bufferId: number;
  readonly table: number;
  /** The flow's; undefined where it has none, or the form of the message none. */
  readonly cookie: bigint | undefined;
  /** 0 no match, 1 an action, 2 a bad TTL, 3 an action set, 4 a group, 5 a packet out. */
  readonly reason: number;
  /** Metadata of the packet: its port, registers, …. */
  readonly match: Match;
  /** What the `controller` action gave. Only of Nicira's second form. */
  readonly userdata?: Uint8Array;
  /** What it takes to go on with the packet. Only of Nicira's second form. */
  readonly continuation?: Continuation;
}

/** Brings a packet to a controller. */
export interface PacketIn extends SentPacket {
  readonly kind: "packet_in";
  /** In which form: a controller chooses it (`set_packet_in_format`). */
  readonly format: PacketInFormat;
}

/** Cookie of packets that no flow sent. */
export const NO_COOKIE = 0xffffffffffffffffn;
const cookieOf = (cookie: bigint): bigint | undefined => (cookie === NO_COOKIE ? undefined : cookie);

/** The match of a packet from this port. */
export function portMatch(port: number): Match {
  const match = new MatchBuilder();
  match.setInPort(port);
  return match.done();
}

/** The port of a match; ANY where it has none. */
export const portOfMatch = ({ key, mask }: Match): number => (mask[W.inPort] === 0 ? OFPP.none : key[W.inPort]!);

/** Two bytes of padding, so that the packet's IP header is aligned, and the packet. */
function readPadded(r: WireReader): Uint8Array {
  if (r.left < 2) throw new OfpError("OFPBRC_BAD_LEN");
  r.skip(2);
  return r.rest();
}

const OXM = 1;

/** The match of a packet: TLVs, of which those that are unknown are passed over. */
export function decodePacketMatch(r: WireReader, version: Version): Match {
  const hasHeader = r.left >= 4 && u16(r.bytes, r.at + 2) >= 4;
  if (hasHeader && u16(r.bytes, r.at) !== OXM) throw new OfpError("OFPBMC_BAD_TYPE");
  if (!hasHeader) throw new OfpError("OFPBMC_BAD_LEN");
  return decodeMatch(r, version, { strict: false });
}

/** What a packet's message says, in the order of its parts. A function, since a spread object is slow to make. */
function packetInOf(
  format: PacketInFormat,
  data: Uint8Array,
  totalLength: number,
  bufferId: number,
  table: number,
  cookie: bigint | undefined,
  reason: number,
  match: Match,
): PacketIn {
  return { kind: "packet_in", format, data, totalLength, bufferId, table, cookie, reason, match };
}

const isStandard = ({ format }: PacketIn): boolean => format === "standard";

const openFlow10: MessageForm<PacketIn> = {
  name: "OFPT_PACKET_IN",
  numbers: [ofpt(only(OF10), 10)],
  length: [10, 1],
  canSay: isStandard,
  decode: (r) => {
    const [bufferId, totalLength, port, reason] = [r.u32(), r.u16(), r.u16(), r.u8()];
    r.skip(1);
    const match = portMatch(port);
    return packetInOf("standard", r.rest(), totalLength, bufferId, 0, undefined, reason, match);
  },
  encode: (body, w) => {
    w.u32(body.bufferId).u16(body.totalLength).u16(portOfMatch(body.match)).u8(body.reason).zeros(1).raw(body.data);
  },
};

const openFlow11: MessageForm<PacketIn> = {
  name: "OFPT_PACKET_IN",
  numbers: [ofpt(only(OF11), 10)],
  length: [16, 1],
  canSay: isStandard,
  decode: (r, ctx) => {
    const bufferId = r.u32();
    const match = portMatch(readPort(r, ctx));
    // The physical port is where a logical one lies.
    r.skip(4);
    const [totalLength, reason, table] = [r.u16(), r.u8(), r.u8()];
    return packetInOf("standard", r.rest(), totalLength, bufferId, table, undefined, reason, match);
  },
  encode: (body, w) => {
    const port = portTo32(portOfMatch(body.match));
    w.u32(body.bufferId).u32(port).u32(port).u16(body.totalLength).u8(body.reason).u8(body.table).raw(body.data);
  },
};

const withMatch = (hasCookie: boolean): MessageForm<PacketIn> => ({
  name: "OFPT_PACKET_IN",
  numbers: [ofpt(hasCookie ? since(OF13) : only(OF12), 10)],
  length: [hasCookie ? 16 : 8, 1],
  canSay: isStandard,
  decode: (r, { version }) => {
    const [bufferId, totalLength, reason, table] = [r.u32(), r.u16(), r.u8(), r.u8()];
    const cookie = hasCookie ? cookieOf(r.u64()) : undefined;
    const match = decodePacketMatch(r, version);
    return packetInOf("standard", readPadded(r), totalLength, bufferId, table, cookie, reason, match);
  },
  encode: (body, w, { version }) => {
    w.u32(body.bufferId).u16(body.totalLength).u8(body.reason).u8(body.table);
    if (hasCookie) w.u64(body.cookie ?? NO_COOKIE);
    encodeMatch(body.match, version, w);
    w.zeros(2).raw(body.data);
  },
});

const nicira: MessageForm<PacketIn> = {
  name: "NXT_PACKET_IN",
  numbers: [nxt(always, 17)],
  length: [24, 1],
  canSay: ({ format }) => format === "nxt_packet_in",
  decode: (r) => {
    const [bufferId, totalLength, reason, table] = [r.u32(), r.u16(), r.u8(), r.u8()];
    const cookie = cookieOf(r.u64());
    const length = r.u16();
    r.skip(6);
    const { match } = decodeNxMatch(r, length, { strict: false });
    return packetInOf("nxt_packet_in", readPadded(r), totalLength, bufferId, table, cookie, reason, match);
  },
  encode: (body, w) => {
    w.u32(body.bufferId).u16(body.totalLength).u8(body.reason).u8(body.table);
    w.u64(body.cookie ?? NO_COOKIE);
    const at = w.length;
    w.zeros(8);
    w.patch16(at, encodeNxMatch(body.match, w));
    w.zeros(2).raw(body.data);
  },
};

const nicira2: MessageForm<PacketIn> = {
  name: "NXT_PACKET_IN2",
  numbers: [nxt(always, 30)],
  length: [0, 8],
  canSay: ({ format }) => format === "nxt_packet_in2",
  decode: (r, ctx) => ({ kind: "packet_in", format: "nxt_packet_in2", ...readPacketProperties(r, ctx) }),
  encode: (body, w, { version }) => writePacketProperties(body, w, version),
};

export const packetIn: MessageRow<PacketIn> = {
  kind: "packet_in",
  forms: [openFlow10, openFlow11, withMatch(false), withMatch(true), nicira, nicira2],
  format: formatSentPacket,
};

/** Goes on with a packet that an action with `pause` had sent. */
export interface Resume extends SentPacket {
  readonly kind: "resume";
}

export const resume: MessageRow<Resume> = {
  kind: "resume",
  forms: [
    {
      name: "NXT_RESUME",
      numbers: [nxt(always, 28)],
      length: [0, 8],
      decode: (r, ctx) => ({ kind: "resume", ...readPacketProperties(r, ctx) }),
      encode: (body, w, { version }) => writePacketProperties(body, w, version),
    },
  ],
  format: formatSentPacket,
};

function formatSentPacket(sent: SentPacket, ctx: MessageTextContext): string {
  const { data, totalLength, table, cookie, reason, match, userdata, continuation } = sent;
  const head = [
    table === 0 ? "" : ` table_id=${formatTableNumber(table, ctx)}`,
    cookie === undefined ? "" : ` cookie=0x${cookie.toString(16)}`,
    ` total_len=${totalLength} ${formatMatch(match, ctx)} (via ${reasons[reason] ?? reason}) data_len=${data.length}`,
    bufferText(sent),
    userdata === undefined || userdata.length === 0 ? "" : `\n userdata=${Array.from(userdata, twoDigits).join(".")}`,
    continuation === undefined ? "" : formatContinuation(continuation, ctx),
  ];
  return head.join("") + formatData(data, match, ctx.verbosity);
}

/** A buffer may hold more than is sent; without one, all is. */
function bufferText({ data, totalLength, bufferId }: SentPacket): string {
  if (bufferId === NO_BUFFER) {
    return ` (unbuffered)${totalLength === data.length ? "" : " (***total_len != data_len***)"}`;
  }
  return ` ${formatBufferId(bufferId)}${totalLength < data.length ? " (***total_len < data_len***)" : ""}`;
}

const twoDigits = (byte: number): string => byte.toString(16).padStart(2, "0");

/** A packet as messages show it: on a line of its own, and dumped where more is asked for. */
export function formatData(data: Uint8Array, match: Match, verbosity: number): string {
  if (verbosity < 1) return "";
  const packetType = match.mask[W.packetType] === 0 ? 0 : match.key[W.packetType]!;
  const text = `\n${formatPacket(data, packetType)}`;
  return verbosity < 3 || data.length === 0 ? text : `${text}\n${plainHexDump(data).trimEnd()}`;
}
