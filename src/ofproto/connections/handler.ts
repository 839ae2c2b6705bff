import type { Message } from "#openflow/messages/message.js";
import type { Body } from "#openflow/messages/table.js";
import type { OfpError } from "#openflow/ofp-error.js";
import type { Bridge } from "../bridge.js";
import type { Connection } from "./connection.js";

/** What a message is about: whose it is, which bridge it is for. */
export interface Request {
  readonly bridge: Bridge;
  readonly connection: Connection;
  readonly message: Message;
  /** The message's bytes, for replies and errors that quote them. */
  readonly bytes: Uint8Array;
  /** Reads a message that lay in this one, as if it had come by itself. Throws `OfpError`. */
  decode(bytes: Uint8Array): Message;
  /** A reply as messages of this connection; `more` says that others of the same reply follow. */
  encode(reply: Body, more: boolean): readonly Uint8Array[];
  /** Sends a reply that is whole. */
  send(message: Uint8Array): void;
  /** Answers a request that came before this one. */
  refuse(error: OfpError, request: Uint8Array): void;
}

/**
 * What a bridge does with one kind of message. Replies are sent in order under the request's xid; a promise holds up the connection's later messages, so
 * that barriers keep their meaning. Faults of the request are thrown as `OfpError` and answered in one place.
 */
export interface Handler<B extends Body = Body> {
  readonly kind: B["kind"];
  /** A secondary controller is refused it (OFPBRC_IS_SLAVE). */
  readonly changes: boolean;
  handle(body: B, request: Request): readonly Body[] | undefined | Promise<readonly Body[] | undefined>;
}
