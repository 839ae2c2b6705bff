import { HEADER_LENGTH, readHeader } from "../header.js";
import { OfpError } from "../ofp-error.js";
import { OF10, OF13, OF15, type Version } from "../version.js";
import { checkLength, decodeBody, type Envelope, messageRowOf, readEnvelope, type Warn } from "./codec.js";
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

/** What bodies are written with: the message's own, and the names of the options. */
class TextContext implements MessageTextContext {
  readonly verbosity: number;
  readonly version: Version;
  readonly name: string;
  readonly xid: number;
  declare readonly portName?: (port: number) => string | undefined;
  declare readonly portNumber?: (name: string) => number | undefined;
  declare readonly tableName?: (table: number) => string | undefined;
  readonly #options: PrintOptions;

  constructor({ version, name, xid }: Message, options: PrintOptions) {
    this.verbosity = options.verbosity ?? 0;
    this.version = version;
    this.name = name;
    this.xid = xid;
    this.#options = options;
    if (options.portName !== undefined) this.portName = options.portName;
    if (options.portNumber !== undefined) this.portNumber = options.portNumber;
    if (options.tableName !== undefined) this.tableName = options.tableName;
  }

  message(inner: Message): string {
    return formatMessage(inner, this.#options);
  }

  bytes(bytes: Uint8Array, verbosity: number): string {
    const depth = (this.#options.depth ?? 0) + 1;
    return formatMessageBytes(bytes, { ...this.#options, verbosity, depth });
  }
}

/** A message as text, as `ovs-ofctl ofp-print` and `monitor` write it; no line end at its end. */
export function formatMessage(message: Message, options: PrintOptions = {}): string {
  const body = messageRowOf(message.body).format(message.body, new TextContext(message, options));
  return title(message) + formatFlags(message) + body;
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
  // What was read before an error is only printed where there is one.
  let before: (() => string) | undefined;
  let envelope: Envelope | undefined;
  try {
    const found = readEnvelope(bytes, options.warn);
    if (length > bytes.length) {
      return `${title(found)}\n${truncated(bytes, length)}`;
    }
    checkLength(found, options.warn);
    envelope = found;
    const takePartial = (message: Message, end: string): void => {
      before = () => formatMessage(message, options) + errorGap(message, end);
    };
    return `${formatMessage(decodeBody(found, options.warn, { partial: takePartial }), options)}\n`;
  } catch (error) {
    if (!(error instanceof OfpError)) throw error;
    if (length > bytes.length) return truncated(bytes, length);
    const head =
      before?.() ?? (envelope === undefined ? "" : title(envelope) + formatFlags(envelope) + errorGap(envelope, " "));
    return `${head}***decode error: ${error.error}***\n${hexDump(bytes)}`;
  }
}

/** What parts an error from the text before it: a line end behind flags. */
const errorGap = ({ flags }: Pick<Message, "flags">, end: string): string => (flags === 0 ? end : "\n");

function truncated(bytes: Uint8Array, length: number): string {
  return `(***truncated to ${bytes.length} bytes from ${length}***)\n${hexDump(bytes)}`;
}
