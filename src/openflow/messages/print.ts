import { HEADER_LENGTH, readHeader } from "../header.js";
import { OfpError } from "../ofp-error.js";
import { OF10 } from "../version.js";
import { decodeBody, type Envelope, messageRowOf, readEnvelope, type Warn } from "./codec.js";
import { hexDump } from "./hex-dump.js";
import type { Message, MessageTextContext, MessageTextOptions } from "./message.js";

/** How bytes are written as text. */
export interface PrintOptions extends MessageTextOptions {
  /** Takes the complaints that decoding has for the log. */
  readonly warn?: Warn;
}

/** `NAME (OF1.3) (xid=0x1):`, of OpenFlow 1.0 without the version. */
function title({ name, version, xid }: Pick<Message, "name" | "version" | "xid">): string {
  const told = version === OF10 ? "" : ` (OF1.${version - 1})`;
  return `${name}${told} (xid=0x${xid.toString(16)}):`;
}

/** The flags of a multipart message, where there are any. */
function formatFlags({ name, flags }: Pick<Message, "name" | "flags">): string {
  if (flags === 0) return "";
  const isRequest = name.endsWith("request");
  if (isRequest) return ` ***unknown flags 0x${flags.toString(16).padStart(4, "0")}***`;
  const more = (flags & 1) !== 0 ? "[more]" : "";
  const unknown = flags & ~1;
  return ` flags=${more}${unknown === 0 ? "" : `[***unknown flags 0x${unknown.toString(16).padStart(4, "0")}***]`}`;
}

/** A message as text, as `ovs-ofctl ofp-print` and `monitor` write it; no line end at its end. */
export function formatMessage(message: Message, options: MessageTextOptions = {}): string {
  const ctx: MessageTextContext = {
    ...options,
    verbosity: options.verbosity ?? 0,
    version: message.version,
    name: message.name,
    message: (inner) => formatMessage(inner, options),
  };
  return title(message) + formatFlags(message) + messageRowOf(message.body).format(message.body, ctx);
}

/** Bytes as text: a message, or what is wrong with them and a dump. Ends with a line end. */
export function formatMessageBytes(bytes: Uint8Array, options: PrintOptions = {}): string {
  if (bytes.length < HEADER_LENGTH) {
    return `OpenFlow packet too short (only ${bytes.length} bytes):\n${hexDump(bytes)}`;
  }
  const { length } = readHeader(bytes);
  if (length > bytes.length) {
    return `(***truncated to ${bytes.length} bytes from ${length}***)\n${hexDump(bytes)}`;
  }
  if (length < bytes.length) {
    return `(***only uses ${length} bytes out of ${bytes.length}***)\n${hexDump(bytes)}`;
  }
  let envelope: Envelope | undefined;
  try {
    envelope = readEnvelope(bytes, options.warn);
    return `${formatMessage(decodeBody(envelope, options.warn), options)}\n`;
  } catch (error) {
    if (!(error instanceof OfpError)) throw error;
    const head = envelope === undefined ? "" : `${title(envelope)}${formatFlags(envelope)} `;
    return `${head}***decode error: ${error.error}***\n${hexDump(bytes)}`;
  }
}
