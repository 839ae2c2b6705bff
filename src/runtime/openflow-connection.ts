import type { Stream } from "#host/streams.js";
import { encodeErrorReply } from "#openflow/error-message.js";
import { Framing } from "#openflow/framing.js";
import { HEADER_LENGTH, MessageType, makeMessage, readHeader } from "#openflow/header.js";
import {
  decodeHello,
  encodeHello,
  encodeIncompatible,
  formatVersions,
  negotiate,
  negotiationFailure,
  type VersionBitmap,
  versionBitmap,
  versionsOf,
} from "#openflow/hello.js";
import { checkLength, readEnvelope } from "#openflow/messages/codec.js";
import { hexDump } from "#openflow/messages/hex-dump.js";
import { formatMessageBytes } from "#openflow/messages/print.js";
import { OfpError } from "#openflow/ofp-error.js";
import { OF10, type Version, versions } from "#openflow/version.js";
import { errnoNumber, errnoText } from "#util/errno.js";
import { HostError, WireError } from "#util/errors.js";
import { limitedLog } from "./limited-log.js";
import type { Log, Logger } from "./logger.js";
import { Xids } from "./openflow-xids.js";
import { Outbox } from "./outbox.js";

/** The port of OpenFlow (IANA). */
export const openFlowPort = 6653;

/** All versions that there are codecs for. */
export const allVersions: VersionBitmap = versionBitmap(versions);

/** What happens on a connection. */
export interface OpenFlowHandlers {
  /** Both sides have said hello and agreed on a version: messages may be sent. */
  onNegotiated?(version: Version): void;
  /** A whole message of the agreed version, or a hello, error or echo of any. */
  onMessage?(message: Uint8Array): void;
  /** A message came, before anything is done with it: a sign of life. */
  onActivity?(): void;
  /** Every message after the hellos, received or sent, for those who look on (`ovs-ofctl snoop`). */
  onTraffic?(message: Uint8Array): void;
  /** Once, when the peer or a fault ended the connection, in the words that `endText` makes of it; not after `close`. */
  onClose?(error: Error | undefined): void;
}

/** How a connection is held. */
export interface OpenFlowSettings {
  /** The versions we speak; all of them by default. */
  readonly versions?: VersionBitmap;
  /** Where the ids of hello and of our own requests come from; one for the whole program, as a rule. */
  readonly xids?: Xids;
  /** Leaves echo requests to `onMessage`. */
  readonly plainEcho?: boolean;
  /** Hands over messages of any version: what is overheard on a snoop socket is of the version of those who talk. */
  readonly anyVersion?: boolean;
}

/** Bytes that may wait to be taken by the peer before `drained` waits. */
const defaultBacklog = 256 * 1024;

function protocolError(name: string): HostError {
  return new HostError(name, "EPROTO", errnoNumber("EPROTO"), errnoText("EPROTO"));
}

const chomp = (text: string): string => (text.endsWith("\n") ? text.slice(0, -1) : text);

/**
 * OpenFlow over a stream, either side of it: hellos are exchanged, a version agreed on, bytes cut into messages, echo requests answered.
 * What is no OpenFlow is logged in upstream's words (modules `vconn` and `vconn_stream`) and ends the connection with `EPROTO`; a message of
 * another version than the agreed one is refused and passed over. At level dbg each message is logged as text.
 */
export class OpenFlowConnection {
  readonly stream: Stream;
  readonly xids: Xids;
  readonly #log: Log;
  readonly #vconn: Logger;
  readonly #allowed: VersionBitmap;
  readonly #answersEcho: boolean;
  readonly #takesAnyVersion: boolean;
  readonly #framing = new Framing();
  readonly #outbox: Outbox;
  #handlers: OpenFlowHandlers = {};
  #version: Version | undefined;
  #ended = false;
  #paused = false;
  /** The peer does not take what it asked for: nothing more is read until it does. */
  #clogged = false;
  #reading = false;
  #draining: (() => void)[] = [];

  constructor(stream: Stream, log: Log, settings: OpenFlowSettings = {}) {
    this.stream = stream;
    this.xids = settings.xids ?? new Xids();
    this.#log = log;
    this.#vconn = log.module("vconn");
    this.#allowed = settings.versions ?? allVersions;
    this.#answersEcho = settings.plainEcho !== true;
    this.#takesAnyVersion = settings.anyVersion === true;
    this.#outbox = new Outbox(stream);
  }

  get name(): string {
    return this.stream.name;
  }

  /** The agreed version; undefined until both sides have said hello. */
  get version(): Version | undefined {
    return this.#version;
  }

  /** False once the connection has ended or was closed. */
  get open(): boolean {
    return !this.#ended;
  }

  /** Says hello and begins to receive. */
  start(handlers: OpenFlowHandlers): this {
    this.#handlers = handlers;
    this.#write(encodeHello(this.#allowed, this.xids.next()));
    this.stream.onData((bytes) => this.#receive(bytes));
    this.stream.onClose((error) => this.#streamEnded(error));
    return this;
  }

  /** Sends a whole message; dropped where the connection is over. Only after `onNegotiated`. The bytes must not change any more. */
  send(message: Uint8Array): void {
    if (this.#ended) return;
    this.#write(message);
    this.#handlers.onTraffic?.(message);
  }

  /** Asks the peer for a sign of life, and gives the id that its answer will have. */
  probe(): number | undefined {
    const version = this.#version;
    if (version === undefined) return undefined;
    const xid = this.xids.next();
    this.send(makeMessage(version, MessageType.echoRequest, xid, new Uint8Array(0)));
    return xid;
  }

  /** Bytes that were sent and that the kernel has not taken yet. */
  backlog(): number {
    return this.#outbox.size + this.stream.pending();
  }

  /** Resolves when no more than `limit` bytes wait to be taken by the peer, or the connection is over. */
  async drained(limit: number = defaultBacklog): Promise<void> {
    if (this.backlog() > limit) this.#outbox.flush();
    while (!this.#ended && this.backlog() > limit) {
      // Only now: a stream that must tell of it is slower.
      this.stream.onDrain(() => this.#wakeDrained());
      await new Promise<void>((resolve) => this.#draining.push(resolve));
    }
  }

  /** Stops to deliver messages, so that a slow consumer pushes back; those that wait come after `resume`. */
  pause(): void {
    this.#paused = true;
    this.stream.pause();
  }

  resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    this.#goOn();
  }

  #goOn(): void {
    if (this.#isHeld) return;
    this.#deliver();
    if (!this.#isHeld && !this.#ended) this.stream.resume();
  }

  get #isHeld(): boolean {
    return this.#paused || this.#clogged;
  }

  /** After an answer that was given here: where many wait to be taken, requests wait, too. */
  #answered(): void {
    if (this.#clogged || this.backlog() <= defaultBacklog) return;
    this.#clogged = true;
    this.stream.pause();
    void this.drained().then(() => {
      this.#clogged = false;
      this.#goOn();
    });
  }

  /** Flushes and ends the connection from this side. */
  close(): void {
    if (this.#ended) return;
    this.#outbox.flush();
    this.#over();
    this.stream.close();
  }

  /** Ends it at once, dropping what waits to be sent. */
  destroy(): void {
    if (this.#ended) return;
    this.#over();
    this.stream.destroy();
  }

  #over(): void {
    this.#ended = true;
    this.#wakeDrained();
  }

  #wakeDrained(): void {
    const waiting = this.#draining;
    this.#draining = [];
    for (const wake of waiting) wake();
  }

  #write(message: Uint8Array): void {
    if (this.#vconn.isEnabled("dbg")) this.#vconn.dbg(`${this.name}: sent (Success): ${this.#describe(message)}`);
    this.#outbox.push(message);
  }

  #describe(message: Uint8Array): string {
    return chomp(formatMessageBytes(message, { warn: (module, text) => this.#warn(module, text) }));
  }

  #warn(module: string, text: string): void {
    limitedLog(this.#log, module).warn(text);
  }

  #receive(bytes: Uint8Array): void {
    if (this.#ended) return;
    this.#framing.receive(bytes);
    this.#deliver();
  }

  #deliver(): void {
    // A handler may pause and resume, or wait for nothing and be called again.
    if (this.#reading) return;
    this.#reading = true;
    try {
      while (!this.#ended && !this.#isHeld) {
        const message = this.#framing.next();
        if (message === undefined) break;
        this.#take(message);
      }
    } catch (error) {
      if (!(error instanceof WireError)) throw error;
      limitedLog(this.#log, "vconn_stream").err(error.message);
      this.#fail(protocolError(this.name));
    } finally {
      this.#reading = false;
    }
  }

  #take(message: Uint8Array): void {
    if (this.#vconn.isEnabled("dbg")) this.#vconn.dbg(`${this.name}: received: ${this.#describe(message)}`);
    if (this.#version === undefined) {
      this.#greeted(message);
      return;
    }
    this.#handlers.onActivity?.();
    const { version, type } = readHeader(message);
    if (version !== this.#version && type > MessageType.echoReply && !this.#takesAnyVersion) {
      this.#refuseVersion(message, version);
      return;
    }
    this.#handlers.onTraffic?.(message);
    if (type === MessageType.echoRequest && this.#answersEcho) this.#answerEcho(message);
    else this.#handlers.onMessage?.(message);
  }

  /** The reply has the request's version and data. */
  #answerEcho(message: Uint8Array): void {
    const { version, xid } = readHeader(message);
    this.send(makeMessage(version, MessageType.echoReply, xid, message.subarray(HEADER_LENGTH)));
    this.#answered();
  }

  /** The first message must be a hello. */
  #greeted(message: Uint8Array): void {
    if (readHeader(message).type !== MessageType.hello || message[0] === 0) {
      this.#warn("vconn", `${this.name}: received message while expecting hello: ${this.#describe(message)}`);
      this.#fail(protocolError(this.name));
      return;
    }
    const { allowed, wellFormed } = decodeHello(message, (text) => this.#warn("ofp_util", text));
    if (!wellFormed) this.#warn("vconn", `${this.name}: unknown data in hello:\n${chomp(hexDump(message))}`);
    const version = negotiate(this.#allowed, allowed);
    if (version === undefined) {
      this.#incompatible(allowed);
      return;
    }
    this.#version = version as Version;
    const number = `0x${version.toString(16).padStart(2, "0")}`;
    const both = `we support ${formatVersions(this.#allowed)}, peer supports ${formatVersions(allowed)}`;
    this.#vconn.dbg(`${this.name}: negotiated OpenFlow version ${number} (${both})`);
    this.#handlers.onNegotiated?.(this.#version);
  }

  #incompatible(theirs: VersionBitmap): void {
    this.#warn("vconn", `${this.name}: ${negotiationFailure(this.#allowed, theirs)}`);
    if (versionsOf(theirs).length === 0) this.#cannotEncode(31 - Math.clz32(theirs));
    this.#write(encodeIncompatible(this.#allowed, theirs));
    this.#outbox.flush();
    this.stream.close();
    this.#end(protocolError(this.name));
  }

  #cannotEncode(version: number): void {
    const number = `0x${version.toString(16).padStart(2, "0")}`;
    limitedLog(this.#log, "ofp_errors").err(`cannot encode error for unknown OpenFlow version ${number}`);
  }

  /** Answers a message that is not of the agreed version, and passes it over. */
  #refuseVersion(message: Uint8Array, version: number): void {
    const warn = (module: string, text: string): void => this.#warn(module, text);
    try {
      checkLength(readEnvelope(message, warn), warn);
    } catch (error) {
      if (!(error instanceof OfpError)) throw error;
    }
    const hex = (n: number): string => n.toString(16).padStart(2, "0");
    limitedLog(this.#log, "vconn").err(
      `${this.name}: received OpenFlow version 0x${hex(version)} != expected ${hex(this.#version!)}`,
    );
    const known = versions.find((v) => v === version);
    if (known === undefined) this.#cannotEncode(version);
    this.#write(encodeErrorReply("OFPBRC_BAD_VERSION", known ?? OF10, message));
    this.#answered();
  }

  #streamEnded(error: Error | undefined): void {
    if (this.#ended) return;
    this.#paused = false;
    this.#clogged = false;
    this.#deliver();
    if (this.#ended) return;
    if (error === undefined && this.#framing.buffered > 0) {
      limitedLog(this.#log, "vconn_stream").err("connection dropped mid-packet");
      this.#fail(protocolError(this.name));
    } else if (error === undefined && this.#version === undefined) {
      // Upstream takes an end before the hello for a reset.
      this.#fail(new HostError(this.name, "ECONNRESET", errnoNumber("ECONNRESET"), errnoText("ECONNRESET")));
    } else if (error) this.#fail(error);
    else {
      this.stream.close();
      this.#end(undefined);
    }
  }

  #fail(error: Error): void {
    this.stream.destroy();
    this.#end(error);
  }

  #end(error: Error | undefined): void {
    if (this.#ended) return;
    this.#over();
    this.#handlers.onClose?.(error);
  }
}
