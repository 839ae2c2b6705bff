import { HEADER_LENGTH, readHeader } from "../../header.js";
import { OfpError } from "../../ofp-error.js";
import { OF13, OF14, only, since } from "../../version.js";
import type { WireReader } from "../../wire-reader.js";
import { type GroupMod, groupMod } from "../group/group-mod.js";
import {
  type MessageDecodeContext,
  type MessageForm,
  type MessageNumber,
  type MessageRow,
  ONF,
  ofpt,
  vendorMessage,
} from "../message.js";
import { type MeterMod, meterMod } from "../meter/meter-mod.js";

/** Tells a controller of a change that another made. */
export interface RequestForward {
  readonly kind: "request_forward";
  /** The transaction of the request. */
  readonly xid: number;
  readonly request: GroupMod | MeterMod;
}

function decode(r: WireReader, ctx: MessageDecodeContext): RequestForward {
  const rest = r.bytes.subarray(r.at, r.end);
  const { version, length, xid } = readHeader(rest);
  if (length < HEADER_LENGTH || length > rest.length) throw new OfpError("OFPBFC_MSG_BAD_LEN");
  const bytes = rest.subarray(0, length);
  if (version !== ctx.version) throw new OfpError("OFPBRC_BAD_VERSION");
  const { kind } = ctx.kindOf(bytes);
  if (kind !== "group_mod" && kind !== "meter_mod") throw new OfpError("OFPBFC_MSG_UNSUP");
  const { body } = ctx.message(bytes);
  return { kind: "request_forward", xid, request: body as GroupMod | MeterMod };
}

const form = (name: string, number: MessageNumber): MessageForm<RequestForward> => ({
  name,
  numbers: [number],
  length: [HEADER_LENGTH, 8],
  decode,
  encode: ({ xid, request }, w, ctx) => void w.raw(ctx.message(request, xid)),
});

export const requestForward: MessageRow<RequestForward> = {
  kind: "request_forward",
  forms: [
    form("OFPT_REQUESTFORWARD", ofpt(since(OF14), 32)),
    form("ONFT_REQUESTFORWARD", vendorMessage(only(OF13), ONF, 2350)),
  ],
  format: ({ request }, ctx) => {
    const text = request.kind === "group_mod" ? groupMod.format(request, ctx) : meterMod.format(request, ctx);
    return ` reason=${request.kind}${text}`;
  },
};
