import { HEADER_LENGTH, readHeader } from "../../header.js";
import { hexText } from "../../number-text.js";
import { OfpError } from "../../ofp-error.js";
import { OF13, OF14, only, since } from "../../version.js";
import type { WireReader } from "../../wire-reader.js";
import type { MessageDecodeContext, MessageForm, MessageKind, MessageNumber, MessageRow } from "../message.js";
import { ONF, ofpt, vendorMessage } from "../message.js";
import { formatBundleFlags } from "./bundle-flags.js";

/** Puts a message into a bundle. */
export interface BundleAdd {
  readonly kind: "bundle_add";
  readonly bundleId: number;
  /** Bits of `BundleFlag`. */
  readonly flags: number;
  /**
   * The message, whole, of the connection's version. Its headers are good, its body may not be: whoever takes it decodes it and answers with
   * its errors. Writing gives it the transaction of the message it lies in.
   */
  readonly message: Uint8Array;
}

const HEADER = 8;
const XID = 4;

/** What may be done in a bundle. */
const allowed: ReadonlySet<string> = new Set(["flow_mod", "group_mod", "port_mod", "packet_out"]);

function checkInner(inner: Uint8Array, ctx: MessageDecodeContext): void {
  let found: MessageKind;
  try {
    found = ctx.kindOf(inner);
  } catch (error) {
    if (!(error instanceof OfpError)) throw error;
    ctx.warn("ofp_bundle", `OFPT14_BUNDLE_ADD_MESSAGE contained message is unparsable (${error.error})`);
    throw new OfpError("OFPBFC_MSG_UNSUP");
  }
  if (allowed.has(found.kind)) return;
  ctx.warn("ofp_bundle", `${found.name} message not allowed inside OFPT14_BUNDLE_ADD_MESSAGE`);
  throw new OfpError("OFPBFC_MSG_UNSUP");
}

function decode(r: WireReader, ctx: MessageDecodeContext): BundleAdd {
  const bundleId = r.u32();
  r.skip(2);
  const flags = r.u16();
  if (r.left < HEADER_LENGTH) throw new OfpError("OFPBFC_MSG_BAD_LEN");
  const rest = r.bytes.subarray(r.at, r.end);
  const { version, length, xid } = readHeader(rest);
  if (version !== ctx.version) throw new OfpError("OFPBFC_BAD_VERSION");
  if (length < HEADER_LENGTH || length > rest.length) throw new OfpError("OFPBFC_MSG_BAD_LEN");
  if (xid !== readHeader(ctx.bytes).xid) throw new OfpError("OFPBFC_MSG_BAD_XID");
  // Properties may follow; none has a meaning that is known.
  const message = r.copy(length);
  checkInner(message, ctx);
  return { kind: "bundle_add", bundleId, flags, message };
}

const form = (name: string, number: MessageNumber): MessageForm<BundleAdd> => ({
  name,
  numbers: [number],
  length: [HEADER, 1],
  decode,
  encode: ({ bundleId, flags, message }, w, { xid }) =>
    void w
      .u32(bundleId)
      .zeros(2)
      .u16(flags)
      .raw(message.subarray(0, XID))
      .u32(xid)
      .raw(message.subarray(HEADER_LENGTH)),
});

export const bundleAdd: MessageRow<BundleAdd> = {
  kind: "bundle_add",
  forms: [
    form("OFPT_BUNDLE_ADD_MESSAGE", ofpt(since(OF14), 34)),
    form("ONFT_BUNDLE_ADD_MESSAGE", vendorMessage(only(OF13), ONF, 2301)),
  ],
  format: ({ bundleId, flags, message }, ctx) => {
    const inner = ctx.bytes(message, ctx.verbosity);
    return `\n bundle_id=${hexText(bundleId)} flags=${formatBundleFlags(flags)}\n${inner.replace(/\n$/, "")}`;
  },
};
