import { HEADER_LENGTH, readHeader } from "../header.js";
import { OfpError } from "../ofp-error.js";
import { OF10, OF13, OF15 } from "../version.js";
import { checkLength, decodeBody, messageRowOf, readEnvelope, type Warn } from "./codec.js";
import { hexDump } from "./hex-dump.js";
import type { Message, MessageTextContext, MessageTextOptions } from "./message.js";

/** Of a multipart message: others follow. */
const MORE = 1;

/** How bytes are written as text. */
export interface PrintOptions extends MessageTextOptions {
  /** Takes the complaints that decoding has for the log. */
  readonly warn?: Warn;
  /** How many messages these bytes lie in. */
  readonly depth?: number;
}

/** Messages in messages are printed to this depth. What lies deeper is dumped. */
const DEEPEST = 50;

/** `NAME (OF1.3) (xid=0x1):`, of OpenFlow 1.0 without the version. */
function title({ name, version, xid }: Pick<Message, "name" | "version" | "xid">): string {
  return `${name}${versionText(version)} (xid=0x${xid.toString(16)}):`;
}

function versionText(version: number): string {
  if (version === OF10) return "";
  return version <= OF15 ? ` (OF1.${version - 1})` : ` (OF 0x${version.toString(16).padStart(2, "0")})`;
}

/** The flags of a multipart message, where there are any. Requests come in parts since OpenFlow 1.3. */
function formatFlags({ name, version, flags }: Pick<Message, "name" | "version" | "flags">): string {
  if (flags === 0) return "";
  const known = version < OF13 && name.endsWith("request") ? 0 : MORE;
  const unknown = flags & ~known;
  const told = unknown === 0 ? "" : `[***unknown flags 0x${unknown.toString(16).padStart(4, "0")}***]`;
  return ` flags=${(flags & known) === 0 ? "" : "[more]"}${told}`;
}

/** A message as text, as `ovs-ofctl ofp-print` and `monitor` write it; no line end at its end. */
export function formatMessage(message: Message, options: PrintOptions = {}): string {
  const ctx: MessageTextContext = {
    ...options,
    verbosity: options.verbosity ?? 0,
    version: message.version,
    name: message.name,
    xid: message.xid,
    message: (inner) => formatMessage(inner, options),
    bytes: (bytes, verbosity) => formatMessageBytes(bytes, { ...options, verbosity, depth: (options.depth ?? 0) + 1 }),
  };
  return title(message) + formatFlags(message) + messageRowOf(message.body).format(message.body, ctx);
}

/** Bytes as text: a message, or what is wrong with them and a dump. Ends with a line end. */
export function formatMessageBytes(bytes: Uint8Array, options: PrintOptions = {}): string {
  if (bytes.length < HEADER_LENGTH) {
    return `OpenFlow packet too short (only ${bytes.length} bytes):\n${hexDump(bytes)}`;
  }
  const { length } = readHeader(bytes);
  if (length < bytes.length) {
    return `(***only uses ${length} bytes out of ${bytes.length}***)\n${hexDump(bytes)}`;
  }
  if ((options.depth ?? 0) > DEEPEST) return hexDump(bytes);
  let head = "";
  try {
    const envelope = readEnvelope(bytes, options.warn);
    if (length > bytes.length) {
      return `${title(envelope)}\n${truncated(bytes, length)}`;
    }
    checkLength(envelope, options.warn);
    head = `${title(envelope)}${formatFlags(envelope)} `;
    const takePartial = (message: Message, end: string): void => {
      head = formatMessage(message, options) + end;
    };
    return `${formatMessage(decodeBody(envelope, options.warn, takePartial), options)}\n`;
  } catch (error) {
    if (!(error instanceof OfpError)) throw error;
    if (length > bytes.length) return truncated(bytes, length);
    return `${head}***decode error: ${error.error}***\n${hexDump(bytes)}`;
  }
}

function truncated(bytes: Uint8Array, length: number): string {
  return `(***truncated to ${bytes.length} bytes from ${length}***)\n${hexDump(bytes)}`;
}
