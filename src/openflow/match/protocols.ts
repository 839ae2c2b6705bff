import { keysEqual } from "#flow/key.js";
import { W } from "#flow/layout.js";
import type { Match } from "#flow/match.js";
import { EtherType } from "#wire/ethernet.js";
import { type ProtocolSet, ProtocolSets, protocolsOfVersions } from "../protocol.js";
import { OF11 } from "../version.js";
import { WireReader } from "../wire-reader.js";
import { WireWriter } from "../wire-writer.js";
import { decodeOfp10Match, encodeOfp10Match } from "./ofp10.js";
import { decodeOfp11Match, encodeOfp11Match } from "./ofp11.js";

const tlvs = ProtocolSets.nxm | ProtocolSets.oxm;
const openflow11 = protocolsOfVersions(OF11, OF11);
const outerTosAndTtl = 0xffff0000;

/**
 * The protocols that can say a match in every bit: those of Nicira's and OpenFlow 1.2's TLVs always, those of fixed form where it comes
 * back from them the same. Text has rules of its own (`MatchWords.protocols`).
 */
export function matchProtocols(match: Match): ProtocolSet {
  const { mask } = match;
  if (mask[W.skbPriority] !== 0 || (mask[W.tunMeta]! & outerTosAndTtl) !== 0) return ProtocolSets.none;
  let set: ProtocolSet = tlvs;
  if (match.key[W.ethType] === EtherType.ipv6 && mask[W.nw] !== 0) return set;
  if (survives(match, encodeOfp10Match, decodeOfp10Match)) set |= ProtocolSets.openflow10;
  if (survives(match, encodeOfp11Match, decodeOfp11Match)) set |= openflow11;
  return set;
}

function survives(
  match: Match,
  encode: (match: Match, w: WireWriter) => void,
  decode: (r: WireReader) => Match,
): boolean {
  const w = new WireWriter();
  encode(match, w);
  const again = decode(new WireReader(w.done()));
  return keysEqual(again.mask, match.mask) && keysEqual(again.key, match.key);
}
