import { type ErrorName, type ErrorNumbers, NICIRA_VENDOR } from "./errors/error-row.js";
import { errorNumbers, errorOfNumbers } from "./errors/table.js";
import { HEADER_LENGTH, MessageType, makeMessage } from "./header.js";
import { OfpError, ofpError } from "./ofp-error.js";
import { OF11, type Version } from "./version.js";
import { WireReader } from "./wire-reader.js";
import { WireWriter } from "./wire-writer.js";

/** `type` of an error whose numbers are a vendor's: Nicira's own form until OpenFlow 1.1, the standard's since 1.2. */
const VENDOR_1_0 = 0xb0c2;
const EXPERIMENTER = 0xffff;

/** Bytes of a message, at most. */
const LONGEST = 0xffff;

/** What an error message says. */
export interface ErrorMessage {
  readonly version: Version;
  readonly xid: number;
  readonly error: ErrorName;
  /** The request, or its beginning; of a failed hello, text. */
  readonly data: Uint8Array;
}

/**
 * An error in a version's bytes. What the version has no number for goes as NXBRC_UNENCODABLE_ERROR; data that the message has no room for is left
 * out.
 */
export function encodeError({ version, xid, error, data }: ErrorMessage): Uint8Array {
  const w = new WireWriter();
  writeError(w, error, version);
  const room = LONGEST - HEADER_LENGTH - w.length;
  return makeMessage(version, MessageType.error, xid, w.raw(data.subarray(0, room)).done());
}

/** Writes the numbers of an error, which the request that it is about follows. */
export function writeError(w: WireWriter, error: ErrorName, version: Version): void {
  const numbers = errorNumbers(error, version) ?? unencodable(version);
  if (numbers.vendor === 0) w.u16(numbers.type).u16(numbers.code);
  else if (version <= OF11) w.u16(VENDOR_1_0).u16(0).u32(NICIRA_VENDOR).u16(numbers.type).u16(numbers.code);
  else w.u16(EXPERIMENTER).u16(numbers.type).u32(numbers.vendor);
}

function unencodable(version: Version): ErrorNumbers {
  return errorNumbers("NXBRC_UNENCODABLE_ERROR", version)!;
}

/** The answer to a request that was at fault: its xid, and all of it that there is room for. */
export function encodeErrorReply(error: ErrorName, version: Version, request: Uint8Array): Uint8Array {
  const xid = request.length < HEADER_LENGTH ? 0 : new WireReader(request, 4).u32();
  return encodeError({ version, xid, error, data: request });
}

/** Reads an error message. Throws `OfpError` OFPBRC_BAD_LEN where it is too short, or its numbers mean nothing. */
export function decodeError(message: Uint8Array): ErrorMessage {
  const r = new WireReader(message, 0, message.length, ofpError("OFPBRC_BAD_LEN"));
  const version = r.u8() as Version;
  r.skip(3);
  const xid = r.u32();
  const error = readError(r, version);
  return { version, xid, error, data: r.rest() };
}

/** Reads the numbers of an error. Throws as `decodeError`. */
export function readError(r: WireReader, version: Version): ErrorName {
  const [type, code] = [r.u16(), r.u16()];
  const [vendor, vendorType, vendorCode] = vendorNumbers(r, version, type, code);
  const error = errorOfNumbers(version, vendor, vendorType, vendorCode);
  if (error === undefined) throw new OfpError("OFPBRC_BAD_LEN", `unknown error ${vendor}/${vendorType}/${vendorCode}`);
  return error;
}

function vendorNumbers(r: WireReader, version: number, type: number, code: number): readonly [number, number, number] {
  if (type === VENDOR_1_0 && code === 0 && version <= OF11) return [r.u32(), r.u16(), r.u16()];
  if (type === EXPERIMENTER && version > OF11) return [r.u32(), code, 0];
  return [0, type, code];
}
