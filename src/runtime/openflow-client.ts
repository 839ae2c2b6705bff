import type { Host } from "#host/host.js";
import type { ConnectOptions, Stream } from "#host/streams.js";
import { decodeError, type ErrorMessage } from "#openflow/error-message.js";
import { MessageType, makeMessage, readHeader } from "#openflow/header.js";
import { formatMessageBytes } from "#openflow/messages/print.js";
import { OF10, type Version } from "#openflow/version.js";
import { u16 } from "#util/big-endian.js";
import { errnoNumber, errnoText } from "#util/errno.js";
import { HostError, WireError } from "#util/errors.js";
import { ConnectionEnded } from "./jsonrpc.js";
import type { Log, Logger } from "./logger.js";
import { MessageQueue } from "./message-queue.js";
import { connectOpenFlow } from "./openflow-connect.js";
import { OpenFlowConnection, type OpenFlowSettings } from "./openflow-connection.js";
import { InactivityProbes } from "./openflow-probes.js";

/** The peer answered with an error. Its message is the error's name, or that it has none. */
export class OpenFlowRefusal extends Error {
  override name = "OpenFlowRefusal";
  /** The whole error message. */
  readonly bytes: Uint8Array;
  /** What it says; undefined where its numbers mean nothing. */
  readonly error: ErrorMessage | undefined;

  constructor(bytes: Uint8Array) {
    const error = readError(bytes);
    super(error?.error ?? "unknown OpenFlow error");
    this.bytes = bytes;
    this.error = error;
  }

  /** As Open vSwitch prints the error message. */
  get text(): string {
    return formatMessageBytes(this.bytes);
  }
}

function readError(bytes: Uint8Array): ErrorMessage | undefined {
  try {
    return decodeError(bytes);
  } catch (error) {
    if (error instanceof WireError) return undefined;
    throw error;
  }
}

/** How a client is connected. */
export interface OpenFlowClientSettings extends OpenFlowSettings {
  readonly connect?: ConnectOptions;
  /** Milliseconds for the connection and the hellos; unlimited by default. */
  readonly timeout?: number;
  /** Milliseconds of silence after which the peer is probed, and after as much again given up; 0, the default, never. */
  readonly probeInterval?: number;
  /** Every message after the hellos, sent or received. */
  onTraffic?(message: Uint8Array): void;
}

/** Why no connection came about: what a stream could not be had for, or what the peer did instead of saying hello. */
export class OpenFlowConnectError extends Error {
  override name = "OpenFlowConnectError";
  /** True where the stream stood and the hellos failed. */
  readonly reached: boolean;
  override readonly cause: Error;

  constructor(name: string, reached: boolean, cause: Error) {
    const text = cause instanceof HostError ? cause.text : cause.message;
    super(`${name}: ${text}`);
    this.reached = reached;
    this.cause = cause;
  }
}

/** What waits for messages with one id. */
interface Waiting {
  /** Where they are kept until a reader takes them. */
  readonly queue?: MessageQueue;
  /** True where that was the last one. */
  take(message: Uint8Array): boolean;
  fail(error: Error): void;
}

/** Messages that nobody has read and nobody reads: the oldest are dropped. */
const unreadLimit = 10_000;

function timedOut(name: string): HostError {
  return new HostError(name, "ETIMEDOUT", errnoNumber("ETIMEDOUT"), errnoText("ETIMEDOUT"));
}

/** Messages that a switch sends by itself, whatever their id: packet-in, flow-removed, port, role and table status, request-forward. */
const asynchronous: ReadonlySet<number> = new Set([10, 11, 12, 30, 31, 32]);

const multipartReply = (version: Version): number => (version === OF10 ? 17 : 19);
const barrierRequest = (version: Version): number => (version === OF10 ? 18 : 20);

/** True for a part of a multipart reply that others follow. */
function hasMore(message: Uint8Array): boolean {
  const { version, type } = readHeader(message);
  return type === multipartReply(version as Version) && message.length >= 12 && (u16(message, 10) & 1) !== 0;
}

/**
 * The controller's side of a connection to one switch, or any side that asks: requests find their answers by id, errors become
 * `OpenFlowRefusal`, what nobody asked for goes to `messages()`. Messages are whole and encoded; `xid()` gives ids for them.
 */
export class OpenFlowClient {
  readonly version: Version;
  readonly #connection: OpenFlowConnection;
  readonly #log: Logger;
  readonly #waiting = new Map<number, Waiting>();
  readonly #unasked: MessageQueue = new MessageQueue(() => this.#balance());
  #onUnasked: ((message: Uint8Array) => void) | undefined;
  #onClose: ((error: ConnectionEnded) => void)[] = [];
  #ended: ConnectionEnded | undefined;
  #probes: InactivityProbes | undefined;

  private constructor(connection: OpenFlowConnection, version: Version, log: Logger) {
    this.#connection = connection;
    this.#log = log;
    this.version = version;
  }

  /** Connects to `unix:FILE`, `tcp:HOST[:PORT]` or `ssl:HOST[:PORT]`. Rejects with `OpenFlowConnectError`. */
  static async connect(
    host: Host,
    log: Log,
    target: string,
    settings: OpenFlowClientSettings = {},
  ): Promise<OpenFlowClient> {
    const began = host.clock.now();
    const { timeout } = settings;
    let stream: Stream;
    try {
      const limit = timeout === undefined ? {} : { timeout };
      stream = await connectOpenFlow(host, log, target, { ...limit, ...settings.connect });
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      throw new OpenFlowConnectError(target, false, error);
    }
    const left = timeout === undefined ? undefined : Math.max(1, timeout - (host.clock.now() - began));
    return OpenFlowClient.over(host, log, stream, { ...settings, ...(left !== undefined && { timeout: left }) });
  }

  /** A client over a stream that stands, as a listener accepts one. Rejects with `OpenFlowConnectError` where the hellos fail. */
  static over(host: Host, log: Log, stream: Stream, settings: OpenFlowClientSettings = {}): Promise<OpenFlowClient> {
    const connection = new OpenFlowConnection(stream, log, settings);
    return new Promise((resolve, reject) => {
      const fail = (error: Error): void => reject(new OpenFlowConnectError(stream.name, true, error));
      const timer =
        settings.timeout === undefined
          ? undefined
          : host.clock.after(settings.timeout, () => {
              connection.destroy();
              fail(timedOut(stream.name));
            });
      let client: OpenFlowClient | undefined;
      let probes: InactivityProbes | undefined;
      connection.start({
        onNegotiated(version) {
          timer?.cancel();
          const made = new OpenFlowClient(connection, version, log.module("vconn"));
          client = made;
          if (settings.probeInterval) {
            probes = new InactivityProbes(host.clock, settings.probeInterval, {
              probe: () => void connection.probe(),
              giveUp: () => made.fail(timedOut(made.name)),
            });
            made.#probes = probes;
          }
          resolve(made);
        },
        onActivity: () => probes?.activity(),
        onMessage: (message) => {
          if (client) client.#receive(message);
        },
        ...(settings.onTraffic && { onTraffic: settings.onTraffic.bind(settings) }),
        onClose(error) {
          timer?.cancel();
          if (client) client.#end(error);
          else fail(error ?? new Error("End of file"));
        },
      });
    });
  }

  /** The peer, as logs call it. */
  get name(): string {
    return this.#connection.name;
  }

  get stream(): Stream {
    return this.#connection.stream;
  }

  get open(): boolean {
    return this.#ended === undefined;
  }

  /** An id for the next message. */
  xid(): number {
    return this.#connection.xids.next();
  }

  /** Sends a message that has no answer; dropped where the connection is over. */
  send(message: Uint8Array): void {
    this.#connection.send(message);
  }

  /** Resolves when the peer has taken all but `limit` bytes of what was sent. */
  drained(limit?: number): Promise<void> {
    return this.#connection.drained(limit);
  }

  /**
   * Sends a request and gives its reply. Rejects with `OpenFlowRefusal` where that is an error, with `ConnectionEnded` where none will come.
   */
  request(message: Uint8Array): Promise<Uint8Array> {
    return new Promise((resolve, reject) => {
      this.#ask(message, {
        take(reply) {
          if (reply[1] === MessageType.error) reject(new OpenFlowRefusal(reply));
          else resolve(reply);
          return true;
        },
        fail: reject,
      });
    });
  }

  /** As `request`, for multipart requests, of one part or several with one id: every part of the reply, at its end. */
  async collect(...parts: readonly Uint8Array[]): Promise<Uint8Array[]> {
    const replies: Uint8Array[] = [];
    for await (const reply of this.#stream(parts)) replies.push(reply);
    return replies;
  }

  /** The parts of a multipart reply as they come; the peer is made to wait while they are not taken. Throws as `request` rejects. */
  replies(...parts: readonly Uint8Array[]): AsyncIterableIterator<Uint8Array> {
    return this.#stream(parts);
  }

  /** Waits until the switch has done all that it was sent. */
  async barrier(): Promise<void> {
    await this.request(makeMessage(this.version, barrierRequest(this.version), this.xid(), new Uint8Array(0)));
  }

  /**
   * Sends messages that are answered only where they fail, and a barrier; gives the errors, in the order they came. A peer that does not
   * read makes it wait. Rejects with `ConnectionEnded`.
   */
  async transact(
    messages: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
    finish?: (refusals: readonly OpenFlowRefusal[]) => Promise<unknown>,
  ): Promise<OpenFlowRefusal[]> {
    const refusals: OpenFlowRefusal[] = [];
    const xids: number[] = [];
    const waiting: Waiting = {
      take(reply) {
        if (reply[1] === MessageType.error) refusals.push(new OpenFlowRefusal(reply));
        // An id may be asked for again by the next message, as those of one bundle may be.
        return false;
      },
      fail: () => {},
    };
    try {
      for await (const message of messages) {
        const { xid } = readHeader(message);
        if (this.#waiting.get(xid) !== waiting) {
          this.#waiting.set(xid, waiting);
          xids.push(xid);
        }
        this.send(message);
        await this.drained();
      }
      await this.barrier();
      await finish?.(refusals);
      return refusals;
    } finally {
      for (const xid of xids) if (this.#waiting.get(xid) === waiting) this.#waiting.delete(xid);
    }
  }

  /** Sends a message that is answered only where it fails, and a barrier; gives the error, or undefined. */
  async transactNoReply(message: Uint8Array): Promise<OpenFlowRefusal | undefined> {
    return (await this.transact([message])).at(0);
  }

  /** What the switch sends by itself, and answers to nothing we wait for, as they come; ends with the connection. One reader at a time. */
  messages(): AsyncIterableIterator<Uint8Array> {
    return this.#unasked.read();
  }

  /** Takes the messages that `messages()` gives otherwise. */
  onMessage(handler: (message: Uint8Array) => void): void {
    this.#onUnasked = handler;
    for (const message of this.#unasked.takeAll()) handler(message);
  }

  /** Tells when the peer or a fault has ended the connection; not after `close`. */
  onClose(handler: (reason: ConnectionEnded) => void): void {
    if (this.#ended) handler(this.#ended);
    else this.#onClose.push(handler);
  }

  /** Flushes and ends the connection. */
  close(): void {
    this.#connection.close();
    this.#onClose = [];
    this.#end(undefined);
  }

  /** Ends it at once, for a reason; what waits is rejected with it. */
  fail(error: Error): void {
    this.#connection.destroy();
    this.#end(error);
  }

  #ask(message: Uint8Array, waiting: Waiting): void {
    if (this.#ended) {
      waiting.fail(this.#ended);
      return;
    }
    this.#waiting.set(readHeader(message).xid, waiting);
    this.#connection.send(message);
    this.#balance();
  }

  async *#stream(parts: readonly Uint8Array[]): AsyncIterableIterator<Uint8Array> {
    const first = parts[0];
    if (first === undefined) return;
    const { xid } = readHeader(first);
    const queue = new MessageQueue(() => this.#balance());
    const waiting: Waiting = {
      queue,
      take(reply) {
        if (reply[1] === MessageType.error) queue.end(new OpenFlowRefusal(reply));
        else queue.push(reply);
        const last = reply[1] === MessageType.error || !hasMore(reply);
        if (last) queue.end();
        return last;
      },
      fail: (error) => queue.end(error),
    };
    this.#ask(first, waiting);
    for (const part of parts.slice(1)) this.#connection.send(part);
    try {
      yield* queue.read();
    } finally {
      if (this.#waiting.get(xid) === waiting) this.#waiting.delete(xid);
      queue.end();
      this.#balance();
    }
  }

  /**
   * Lets the peer wait while readers lag behind, but only where nothing else is waited for: a reader that asks the switch for more while it
   * reads would wait for ever.
   */
  #balance(): void {
    const lagging = (queue: MessageQueue): boolean => queue.full && queue.hasReader;
    let full = lagging(this.#unasked);
    let wanted = false;
    for (const { queue } of this.#waiting.values()) {
      if (queue !== undefined && lagging(queue)) full = true;
      else wanted = true;
      if (wanted) break;
    }
    if (full && !wanted) this.#connection.pause();
    else this.#connection.resume();
  }

  #receive(message: Uint8Array): void {
    const { type, xid } = readHeader(message);
    const waiting = asynchronous.has(type) ? undefined : this.#waiting.get(xid);
    if (waiting === undefined) {
      this.#sayStray(xid);
      this.#unaskedFor(message);
    } else if (waiting.take(message)) this.#waiting.delete(xid);
  }

  /** Upstream tells of what comes while it waits for one reply. */
  #sayStray(xid: number): void {
    if (this.#waiting.size !== 1 || !this.#log.isEnabled("dbg")) return;
    const [expected] = this.#waiting.keys();
    const hex = (n: number): string => n.toString(16).padStart(8, "0");
    this.#log.dbg(`${this.name}: received reply with xid ${hex(xid)} != expected ${hex(expected!)}`);
  }

  #unaskedFor(message: Uint8Array): void {
    if (this.#onUnasked) {
      this.#onUnasked(message);
      return;
    }
    if (!this.#unasked.hasReader && this.#unasked.length >= unreadLimit) this.#unasked.dropOldest();
    this.#unasked.push(message);
  }

  #end(error: Error | undefined): void {
    if (this.#ended) return;
    this.#probes?.stop();
    const ended = new ConnectionEnded(error);
    this.#ended = ended;
    const waiting = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const one of waiting) one.fail(ended);
    this.#unasked.end(error === undefined ? undefined : ended);
    for (const handler of this.#onClose) handler(ended);
    this.#onClose = [];
  }
}
