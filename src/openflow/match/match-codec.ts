import type { Match } from "#flow/match.js";
import { OfpError, ofpError } from "../ofp-error.js";
import { OF10, OF11, type Version } from "../version.js";
import type { WireReader } from "../wire-reader.js";
import type { WireWriter } from "../wire-writer.js";
import { decodeOfp10Match, encodeOfp10Match } from "./ofp10.js";
import { decodeOfp11Match, encodeOfp11Match, OFP11_MATCH_LENGTH } from "./ofp11.js";
import { decodeOxm, decodeOxmWithCookie, encodeCookie, encodeOxm, type MaskedCookie, type OxmOptions } from "./oxm.js";

/** Types of `ofp_match` since OpenFlow 1.1. */
const STANDARD = 0;
const OXM = 1;

const HEADER_LENGTH = 4;

/**
 * Reads the match of a version's own messages: of OpenFlow 1.0 the 40 bytes of `ofp_match`, later type:16 and length:16 with a match of fixed
 * form (type 0) or TLVs (type 1), and zeros up to a multiple of 8. Throws `OfpError` with the errors of OFPET_BAD_MATCH.
 */
export function decodeMatch(r: WireReader, version: Version, options?: OxmOptions): Match {
  if (version === OF10) return decodeOfp10Match(r);
  const start = r.at;
  if (r.left < HEADER_LENGTH) throw new OfpError("OFPBMC_BAD_LEN");
  const [type, length] = [r.u16(), r.u16()];
  const short = ofpError("OFPBMC_BAD_LEN");
  if (type === STANDARD) {
    if (length !== OFP11_MATCH_LENGTH || r.left < length - HEADER_LENGTH) throw short();
    return decodeOfp11Match(r.slice(length - HEADER_LENGTH, short));
  }
  if (type !== OXM) throw new OfpError("OFPBMC_BAD_TYPE", `match type ${type}`);
  const padded = Math.ceil(length / 8) * 8;
  if (length < HEADER_LENGTH || start + padded > r.end) throw short();
  const tlvs = r.slice(length - HEADER_LENGTH, short);
  r.skip(padded - length);
  return decodeOxm(tlvs, options);
}

/**
 * Writes a match as a version's own messages have it. OpenFlow 1.0 and 1.1 get the nearest that their fixed forms can say; for all of a
 * match in OpenFlow 1.0 there is `encodeNxMatch`.
 */
export function encodeMatch(match: Match, version: Version, w: WireWriter): void {
  if (version === OF10) encodeOfp10Match(match, w);
  else if (version === OF11) {
    w.u16(STANDARD).u16(OFP11_MATCH_LENGTH);
    encodeOfp11Match(match, w);
  } else encodeTlvMatch(match, version, w);
}

/** Writes a match as TLVs with their type and length, which Open vSwitch does in OpenFlow 1.1 too where it tells of flows. */
export function encodeTlvMatch(match: Match, version: Version, w: WireWriter): void {
  const start = w.length;
  w.u16(OXM).u16(0);
  encodeOxm(match, version, w);
  w.patch16(start + 2, w.length - start);
  w.align(8, start);
}

/** A match of Nicira's messages, and the cookie where the TLVs have one. */
export interface NxMatch {
  readonly match: Match;
  readonly cookie: MaskedCookie | undefined;
}

/**
 * Reads the TLVs of Nicira's messages, whose length stands elsewhere in the message: `length` bytes and zeros up to a multiple of 8. A cookie is
 * read only where `cookie` says so, and otherwise an unknown field. Throws `OfpError`, OFPBMC_BAD_LEN where they are not there.
 */
export function decodeNxMatch(
  r: WireReader,
  length: number,
  options: OxmOptions & { cookie?: boolean } = { strict: true },
): NxMatch {
  const padded = Math.ceil(length / 8) * 8;
  if (padded > r.left) throw new OfpError("OFPBMC_BAD_LEN");
  const tlvs = r.slice(length, ofpError("OFPBMC_BAD_LEN"));
  r.skip(padded - length);
  return options.cookie === true
    ? decodeOxmWithCookie(tlvs, options)
    : { match: decodeOxm(tlvs, options), cookie: undefined };
}

/** Writes Nicira's TLVs and their padding, the cookie last where there is one, and gives the length without padding. */
export function encodeNxMatch(match: Match, w: WireWriter, cookie?: MaskedCookie): number {
  const start = w.length;
  encodeOxm(match, OF10, w);
  if (cookie !== undefined) encodeCookie(cookie, w);
  const length = w.length - start;
  w.align(8, start);
  return length;
}
