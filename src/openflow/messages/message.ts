import type { PortNames } from "../port-number.js";
import type { Protocol } from "../protocol.js";
import type { Version, VersionRange } from "../version.js";
import type { WireReader } from "../wire-reader.js";
import type { WireWriter } from "../wire-writer.js";
import type { Body } from "./table.js";

/** Vendors that number messages. */
export const NICIRA = 0x2320;
export const ONF = 0x4f4e4600;

/**
 * Where a message has its number: in the header's type, or as an experimenter's subtype; of multipart requests and replies ("stats" in
 * OpenFlow 1.0 to 1.2) the same again. `vendor` 0 is the standard.
 */
export interface MessageNumber {
  readonly at: "type" | "request" | "reply";
  readonly range: VersionRange;
  readonly vendor: number;
  readonly type: number;
}

/** A standard message's `ofp_header.type`. */
export const ofpt = (range: VersionRange, type: number): MessageNumber => ({ at: "type", range, vendor: 0, type });
/** An experimenter message. */
export const vendorMessage = (range: VersionRange, vendor: number, type: number): MessageNumber => ({
  at: "type",
  range,
  vendor,
  type,
});
/** Nicira's messages. */
export const nxt = (range: VersionRange, type: number): MessageNumber => vendorMessage(range, NICIRA, type);
/** A standard multipart message. */
export const ofpst = (at: "request" | "reply", range: VersionRange, type: number): MessageNumber => ({
  at,
  range,
  vendor: 0,
  type,
});
/** Nicira's multipart messages. */
export const nxst = (at: "request" | "reply", range: VersionRange, type: number): MessageNumber => ({
  at,
  range,
  vendor: NICIRA,
  type,
});

/** A message whose numbers were read. */
export interface Message<B = Body> {
  readonly version: Version;
  readonly xid: number;
  /** As Open vSwitch prints it: `OFPT_FLOW_MOD`, `NXST_FLOW reply`. */
  readonly name: string;
  /** Of a multipart message, its flags: bit 0 says that more follow. */
  readonly flags: number;
  readonly body: B;
}

/** A kind of message, and what it is called whatever the version. */
export interface MessageKind {
  readonly kind: Body["kind"];
  readonly name: string;
}

/** What reading a body may need. */
export interface MessageDecodeContext {
  readonly version: Version;
  /** The message's name. */
  readonly name: string;
  /** A multipart message's flags. */
  readonly flags: number;
  /** The whole message, header and all. */
  readonly bytes: Uint8Array;
  /** A complaint for the log, upstream's module and words. */
  warn(module: string, text: string, level?: "info"): void;
  /** Reads a message that lies in this one. Throws `OfpError`. */
  message(bytes: Uint8Array): Message;
  /** What kind of message these bytes are, by their headers and length. Throws `OfpError`. */
  kindOf(bytes: Uint8Array): MessageKind;
  /**
   * Says what was read before something that will throw: it is printed before the error, with `end` (a line end, or a blank) between. Of a
   * list, to be called where an element is at fault with the body of those before it.
   */
  partial(body: Body, end?: string): void;
}

/** What writing a body may need. */
export interface MessageEncodeContext {
  readonly version: Version;
  /** Which form to prefer where a version has Nicira's and the standard's. */
  readonly protocol: Protocol;
  readonly xid: number;
  /**
   * Called before each element of a multipart list: the message may be cut there where it grows beyond 65535 bytes.
   */
  element(): void;
  /** Writes a message that lies in this one, whole. */
  message(body: Body, xid: number): Uint8Array;
}

/** One way in which some versions spell a message. */
export interface MessageForm<B> {
  readonly name: string;
  readonly numbers: readonly MessageNumber[];
  /**
   * Bytes of the body behind all headers: the least, and the unit of what may follow: 0 nothing, 1 anything, n whole multiples of n.
   * Anything else is OFPBRC_BAD_LEN.
   */
  readonly length: readonly [min: number, unit: number];
  /** Reads the body; the reader ends where the message does. Throws `OfpError`. */
  decode(r: WireReader, ctx: MessageDecodeContext): B;
  /** False for values, or protocols, that another form is for. The first form that has the version and can say the body is written. */
  canSay?(body: B, ctx: MessageEncodeContext): boolean;
  /** Writes the body. Throws `UserError` for what the version cannot say. */
  encode(body: B, w: WireWriter, ctx: MessageEncodeContext): void;
}

/** How messages are written as text. */
export interface MessageTextOptions extends PortNames {
  /** 0 and up: `ovs-ofctl -m`, each adds one. */
  readonly verbosity?: number;
}

/** What writing a body as text may need. */
export interface MessageTextContext extends MessageTextOptions {
  readonly verbosity: number;
  readonly version: Version;
  readonly name: string;
  readonly xid: number;
  /** A whole message as text, without a line's end. */
  message(message: Message): string;
  /** The bytes of a message, whole and well formed or not, as text. Ends with a line end. */
  bytes(bytes: Uint8Array, verbosity: number): string;
}

/** All there is to know of one kind of message. */
export interface MessageRow<B extends { readonly kind: string }> {
  readonly kind: B["kind"];
  readonly forms: readonly MessageForm<B>[];
  /** What comes behind `NAME (xid=0x1):`, with the blank or line end it begins with; no line end at its end. Empty where there is nothing. */
  format(body: B, ctx: MessageTextContext): string;
}
