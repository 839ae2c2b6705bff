import { KEY_WORDS, W } from "#flow/layout.js";
import type { Match } from "#flow/match.js";
import type { Action } from "../../actions/action.js";
import { decodeActions, encodeActions } from "../../actions/codec.js";
import { formatActions } from "../../actions/table.js";
import { encodeMatch } from "../../match/match-codec.js";
import { formatMatch } from "../../match-text.js";
import { OfpError, ofpError } from "../../ofp-error.js";
import { OFPP, portTo32 } from "../../port-number.js";
import { between, OF10, OF11, OF14, OF15, only } from "../../version.js";
import type { WireReader } from "../../wire-reader.js";
import { type MessageDecodeContext, type MessageForm, type MessageRow, ofpt } from "../message.js";
import { readPort } from "../port/wire-port.js";
import { formatBufferId, NO_BUFFER } from "./buffer-id.js";
import { decodePacketMatch, formatData, portMatch, portOfMatch } from "./packet-in.js";

/** Sends a packet through actions. */
export interface PacketOut {
  readonly kind: "packet_out";
  /** A packet that the switch keeps; `NO_BUFFER` for `data`. */
  readonly bufferId: number;
  readonly data: Uint8Array;
  /** The port that the packet is from, and since OpenFlow 1.5 other metadata of it. */
  readonly match: Match;
  readonly actions: readonly Action[];
}

/** True of fields that a packet out may say since OpenFlow 1.5. */
function isPipelineOnly({ mask }: Match): boolean {
  for (let word = 0; word < KEY_WORDS; word++) if (mask[word] !== 0 && !pipelineWords.has(word)) return false;
  return true;
}

/** Words of the key that hold metadata that a packet out may say: type, port, tunnel, registers. */
export const pipelineWords: ReadonlySet<number> = new Set(pipelineWordList());

function* pipelineWordList(): Generator<number> {
  yield* [W.packetType, W.inPort, W.metadata, W.metadata + 1];
  for (let word: number = W.reg; word < W.reg + 16; word++) yield word;
  for (let word: number = W.tunSrc; word < W.metadata; word++) yield word;
  for (let word: number = W.tunMetadata; word < KEY_WORDS; word++) yield word;
}

/** A packet cannot come from the ports that stand for several. */
function checkPort(port: number, { warn }: MessageDecodeContext): void {
  if (port < OFPP.max || port === OFPP.local || port === OFPP.none || port === OFPP.controller) return;
  warn("ofp_packet", `packet-out has bad input port 0x${port.toString(16)}`);
  throw new OfpError("OFPBRC_BAD_PORT");
}

function readActions(r: WireReader, length: number, ctx: MessageDecodeContext): Action[] {
  if (length % 8 !== 0) {
    ctx.warn("ofp_actions", `OpenFlow message actions length ${length} is not a multiple of 8`);
    throw new OfpError("OFPBRC_BAD_LEN");
  }
  if (length > r.left) {
    ctx.warn("ofp_actions", `OpenFlow message actions length ${length} exceeds remaining message length (${r.left})`);
    throw new OfpError("OFPBRC_BAD_LEN");
  }
  return decodeActions(r.slice(length, ofpError("OFPBAC_BAD_LEN")), ctx.version, ctx);
}

/** What comes last. The port is looked at behind the actions. */
function rest(r: WireReader, length: number, bufferId: number, match: Match, ctx: MessageDecodeContext): PacketOut {
  const actions = readActions(r, length, ctx);
  checkPort(portOfMatch(match), ctx);
  const data = bufferId === NO_BUFFER ? r.rest() : new Uint8Array();
  return { kind: "packet_out", bufferId, data, match, actions };
}

const openFlow10: MessageForm<PacketOut> = {
  name: "OFPT_PACKET_OUT",
  numbers: [ofpt(only(OF10), 13)],
  length: [8, 1],
  decode: (r, ctx) => {
    const [bufferId, port, length] = [r.u32(), r.u16(), r.u16()];
    return rest(r, length, bufferId, portMatch(port), ctx);
  },
  encode: ({ bufferId, data, match, actions }, w) => {
    w.u32(bufferId).u16(portOfMatch(match));
    const at = w.length;
    w.u16(0);
    encodeActions(actions, OF10, w);
    w.patch16(at, w.length - at - 2);
    w.raw(data);
  },
};

const openFlow11: MessageForm<PacketOut> = {
  name: "OFPT_PACKET_OUT",
  numbers: [ofpt(between(OF11, OF14), 13)],
  length: [16, 1],
  decode: (r, ctx) => {
    const bufferId = r.u32();
    const port = readPort(r, ctx);
    const length = r.u16();
    r.skip(6);
    return rest(r, length, bufferId, portMatch(port), ctx);
  },
  encode: ({ bufferId, data, match, actions }, w, { version }) => {
    w.u32(bufferId).u32(portTo32(portOfMatch(match)));
    const at = w.length;
    w.zeros(8);
    encodeActions(actions, version, w);
    w.patch16(at, w.length - at - 8);
    w.raw(data);
  },
};

const openFlow15: MessageForm<PacketOut> = {
  name: "OFPT_PACKET_OUT",
  numbers: [ofpt(only(OF15), 13)],
  length: [8, 1],
  decode: (r, ctx) => {
    const [bufferId, length] = [r.u32(), r.u16()];
    r.skip(2);
    const match = decodePacketMatch(r, OF15);
    if (!isPipelineOnly(match)) throw new OfpError("OFPBRC_PIPELINE_FIELDS_ONLY");
    if (match.mask[W.inPort] === 0) throw new OfpError("OFPBRC_BAD_PORT");
    return rest(r, length, bufferId, match, ctx);
  },
  encode: ({ bufferId, data, match, actions }, w) => {
    w.u32(bufferId);
    const at = w.length;
    w.u16(0).zeros(2);
    encodeMatch(match, OF15, w);
    const start = w.length;
    encodeActions(actions, OF15, w);
    w.patch16(at, w.length - start);
    w.raw(data);
  },
};

export const packetOut: MessageRow<PacketOut> = {
  kind: "packet_out",
  forms: [openFlow10, openFlow11, openFlow15],
  format: ({ bufferId, data, match, actions }, ctx) => {
    const head = ` ${formatMatch(match, ctx)} actions=${formatActions(actions, ctx)}`;
    if (bufferId !== NO_BUFFER) return `${head} ${formatBufferId(bufferId)}`;
    return `${head} data_len=${data.length}${data.length === 0 ? "" : formatData(data, match, ctx.verbosity)}`;
  },
};
