import type { Match } from "#flow/match.js";
import { newMatch } from "#flow/match.js";
import { decodeOxm, encodeOxm } from "../../match/oxm.js";
import { OfpError, ofpError } from "../../ofp-error.js";
import { OF12, type Version } from "../../version.js";
import type { WireReader } from "../../wire-reader.js";
import type { WireWriter } from "../../wire-writer.js";
import type { MessageDecodeContext } from "../message.js";
import { readProperties, writeProperty } from "../property.js";
import { NO_BUFFER } from "./buffer-id.js";
import { type Continuation, readContinuation, readU64, writeContinuation } from "./continuation.js";
import type { SentPacket } from "./packet-in.js";

const Property = {
  packet: 0,
  fullLength: 1,
  bufferId: 2,
  table: 3,
  cookie: 4,
  reason: 5,
  metadata: 6,
  userdata: 7,
  continuation: 8,
} as const;

/** Reads the properties of NXT_PACKET_IN2 and NXT_RESUME. Throws `OfpError`. */
export function readPacketProperties(r: WireReader, ctx: MessageDecodeContext): SentPacket {
  let data: Uint8Array = new Uint8Array();
  let totalLength = 0;
  let [bufferId, table, reason] = [NO_BUFFER, 0, 0];
  let cookie: bigint | undefined;
  let match: Match = newMatch();
  let userdata: Uint8Array | undefined;
  let left: WireReader | undefined;
  for (const { type, body } of readProperties(r)) {
    if (type === Property.packet) data = body.rest();
    else if (type === Property.fullLength) totalLength = readU32(body);
    else if (type === Property.bufferId) bufferId = readU32(body);
    else if (type === Property.table) table = body.u8();
    else if (type === Property.cookie) cookie = readU64(body);
    else if (type === Property.reason) reason = body.u8();
    else if (type === Property.metadata) match = decodeOxm(metadata(body), { strict: false });
    else if (type === Property.userdata) userdata = body.rest();
    else if (type === Property.continuation) left = nested(body);
  }
  if (data.length === 0) {
    ctx.warn("ofp_packet", "NXT_PACKET_IN2 lacks packet");
    throw new OfpError("OFPBRC_BAD_LEN");
  }
  if (totalLength === 0) totalLength = data.length;
  else if (totalLength < data.length) {
    ctx.warn("ofp_packet", "NXT_PACKET_IN2 claimed full_len < len");
    throw new OfpError("OFPBRC_BAD_LEN");
  }
  const continuation: Continuation | undefined = left === undefined ? undefined : readContinuation(left, ctx);
  return {
    data,
    totalLength,
    bufferId,
    table,
    cookie,
    reason,
    match,
    ...(userdata === undefined ? {} : { userdata }),
    ...(continuation === undefined ? {} : { continuation }),
  };
}

function readU32(body: WireReader): number {
  if (body.left !== 4) throw new OfpError("OFPBPC_BAD_LEN");
  return body.u32();
}

/** TLVs, whose own errors are those of a match. */
const metadata = (body: WireReader): WireReader => body.slice(body.left, ofpError("OFPBMC_BAD_LEN"));

/** Properties in a property, aligned to 8 bytes. */
function nested(body: WireReader): WireReader {
  body.skip(4);
  return body;
}

/** Writes the properties of NXT_PACKET_IN2 and NXT_RESUME. */
export function writePacketProperties(packet: SentPacket, w: WireWriter, version: Version): void {
  const { data, totalLength, bufferId, table, cookie, reason, match, userdata, continuation } = packet;
  writeProperty(w, Property.packet, () => w.raw(data));
  if (totalLength !== data.length) writeProperty(w, Property.fullLength, () => w.u32(totalLength));
  if (bufferId !== NO_BUFFER) writeProperty(w, Property.bufferId, () => w.u32(bufferId));
  writeProperty(w, Property.table, () => w.u8(table));
  if (cookie !== undefined) writeProperty(w, Property.cookie, () => w.zeros(4).u64(cookie));
  writeProperty(w, Property.reason, () => w.u8(reason));
  // These are OXM in every version.
  writeProperty(w, Property.metadata, () => encodeOxm(match, version < OF12 ? OF12 : version, w));
  if (continuation !== undefined) {
    writeProperty(w, Property.continuation, () => writeContinuation(continuation, w.zeros(4), version));
  }
  if (userdata !== undefined) writeProperty(w, Property.userdata, () => w.raw(userdata));
}
