import { fieldByName } from "#flow/fields/table.js";
import { W } from "#flow/layout.js";
import type { Match } from "#flow/match.js";
import { UserError } from "#util/errors.js";
import { unhex } from "#util/hex.js";
import { parseOnlyActions } from "../../actions/parse.js";
import { actionProtocols } from "../../actions/protocols.js";
import { type KeyValue, parseKeyValues } from "../../key-value.js";
import { type MatchParseOptions, MatchWords } from "../../match-parse.js";
import { OFPP, type PortNames, parseOfport } from "../../port-number.js";
import { type ProtocolSet, protocolsOfVersions } from "../../protocol.js";
import { OF15 } from "../../version.js";
import { NO_BUFFER } from "./buffer-id.js";
import { type PacketOut, pipelineWords } from "./packet-out.js";

/** Names that a switch told, and its map of tunnel metadata. */
export interface PacketOutParseOptions extends MatchParseOptions, PortNames {}

const ETHERNET_HEADER = 14;

/** A packet out, and the protocols that can say its actions. */
export interface ParsedPacketOut {
  readonly packetOut: PacketOut;
  readonly usable: ProtocolSet;
}

/**
 * Reads `in_port=PORT,packet=HEX,actions=…` with other metadata fields, which versions before OpenFlow 1.5 drop, as `ovs-ofctl packet-out` and files of
 * bundles have it. Throws `UserError` in upstream's words.
 */
export function parsePacketOut(text: string, options: PacketOutParseOptions = {}): ParsedPacketOut {
  const [before, actionText] = splitActions(text);
  const words = new MatchWords(options);
  const { match } = words;
  let data: Uint8Array | undefined;
  for (const word of parseKeyValues(before)) {
    const value = needValue(word);
    if (word.key === "in_port") setPort(match, parsePort(value, options));
    else if (word.key === "packet") data = parsePacket(value);
    else addField(words, word);
  }
  if (data === undefined) throw new UserError("must specify packet");
  const actions = parseOnlyActions(actionText, options);
  if (match.mask[W.inPort] === 0) setPort(match, OFPP.controller);
  const usable = actionProtocols(actions) & (actions.some(({ kind }) => kind === "meter") ? OPENFLOW15 : ~0);
  return { packetOut: { kind: "packet_out", bufferId: NO_BUFFER, data, match: words.done(), actions }, usable };
}

/** Meters are actions since OpenFlow 1.5. */
const OPENFLOW15: ProtocolSet = protocolsOfVersions(OF15, OF15);

/** A text's words, and its actions: behind `action`, anything, and an equals sign. */
function splitActions(text: string): readonly [words: string, actions: string] {
  const at = text.indexOf("action");
  if (at < 0) return [text, ""];
  const equals = text.indexOf("=", at);
  return [text.slice(0, at), equals < 0 ? "" : text.slice(equals + 1)];
}

function setPort({ key, mask }: Match, port: number): void {
  key[W.inPort] = port;
  mask[W.inPort] = 0xffff;
}

function needValue({ key, value }: KeyValue): string {
  if (value === "") throw new UserError(`field ${key} missing value`);
  return value;
}

function parsePort(text: string, options: PortNames): number {
  const port = parseOfport(text, options);
  if (port === undefined) throw new UserError(`${text} is not a valid OpenFlow port`);
  return port;
}

function parsePacket(text: string): Uint8Array {
  const bytes = unhex(text);
  if (bytes === undefined) throw new UserError("packet: Trailing garbage in packet data");
  if (bytes.length < ETHERNET_HEADER) throw new UserError("packet: Packet data too short for Ethernet");
  return bytes;
}

function addField(words: MatchWords, word: KeyValue): void {
  const f = fieldByName(word.key);
  if (f === undefined || !words.add(word)) throw new UserError(`unknown keyword ${word.key}`);
  if (!pipelineWords.has(f.word)) throw new UserError(`${word.key} is not a valid pipeline field for PACKET_OUT`);
}
