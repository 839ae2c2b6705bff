import type { Stream } from "#host/streams.js";
import { errnoNumber, errnoText } from "#util/errno.js";
import { HostError } from "#util/errors.js";
import type { Json } from "#util/json.js";
import { JsonSyntaxError, parseJson } from "#util/json-parse.js";
import { formatJson } from "#util/json-text.js";
import { JsonFraming } from "./json-framing.js";
import { decodeMessage, JsonRpcError, type JsonRpcId, type JsonRpcMessage, messageText } from "./jsonrpc-message.js";
import type { Logger } from "./logger.js";
import { Outbox } from "./outbox.js";

/** The peer answered a request with an error, which `error` holds. */
export class JsonRpcRefusal extends Error {
  override name = "JsonRpcRefusal";
  readonly error: Json;
  constructor(error: Json) {
    super(typeof error === "string" ? error : formatJson(error));
    this.error = error;
  }
}

/** A connection ended: orderly by the peer where `error` is undefined. Its message is what upstream says of it. */
export class ConnectionEnded extends Error {
  override name = "ConnectionEnded";
  readonly error: Error | undefined;
  constructor(error: Error | undefined) {
    super(endText(error));
    this.error = error;
  }
}

/** Why a connection ended, in upstream's words: `End of file`, `Protocol error`, `Connection reset by peer`. */
export function endText(error: Error | undefined): string {
  if (error === undefined) return "End of file";
  return error instanceof HostError ? errnoText(error.code) : error.message;
}

type RequestMessage = JsonRpcMessage & { readonly kind: "request" };
type AnswerMessage = JsonRpcMessage & { readonly kind: "reply" | "error" };

/** What arrives on a connection. `echo` requests and answers to `request` do not: they are dealt with inside. */
export interface JsonRpcHandlers {
  onRequest?(method: string, params: readonly Json[], id: JsonRpcId): void;
  onNotification?(method: string, params: readonly Json[]): void;
  /** An answer to no request of ours. */
  onStrayAnswer?(answer: AnswerMessage): void;
  /** Once, when the peer or a fault ended the connection; not after `close`. */
  onClose?(error: Error | undefined): void;
  /** Leaves `echo` to `onRequest`, for a protocol that does not have it. */
  readonly plainEcho?: boolean;
  /** After any bytes came, before they are looked at: a sign of life. */
  onActivity?(): void;
}

interface Waiting {
  resolve(result: Json): void;
  reject(error: Error): void;
}

/** The id that upstream gives its inactivity probes; the answer to one goes to nobody. */
const probeId = "echo";

/** Complaints about peers share one limit in a log, so that a peer that comes back again and again cannot flood it. */
const limited = new WeakMap<Logger, Logger>();

function limitedOnce(log: Logger): Logger {
  let logger = limited.get(log);
  if (!logger) {
    logger = log.limited(5, 5);
    limited.set(log, logger);
  }
  return logger;
}

/**
 * JSON-RPC 1.0 over a stream, both ways. Malformed input is logged in upstream's words and ends the connection with
 * `EPROTO`. Requests that wait when it ends are rejected with `ConnectionEnded`.
 */
export class JsonRpc {
  readonly stream: Stream;
  readonly #log: Logger;
  readonly #warnings: Logger;
  readonly #framing: JsonFraming;
  readonly #waiting = new Map<number, Waiting>();
  readonly #outbox: Outbox;
  #handlers: JsonRpcHandlers = {};
  #nextId = 0;
  #ended = false;

  /** `limit` bounds the bytes of one received message. */
  constructor(stream: Stream, log: Logger, limit?: number) {
    this.stream = stream;
    this.#log = log;
    this.#warnings = limitedOnce(log);
    this.#framing = new JsonFraming(limit);
    this.#outbox = new Outbox(stream);
  }

  get name(): string {
    return this.stream.name;
  }

  /** False once the connection has ended or was closed. */
  get open(): boolean {
    return !this.#ended;
  }

  /** Begins to receive. */
  start(handlers: JsonRpcHandlers): this {
    this.#handlers = handlers;
    this.stream.onData((bytes) => this.#receive(bytes));
    this.stream.onClose((error) => this.#end(error));
    return this;
  }

  /** Sends a request; the promise is its result, or rejects with `JsonRpcRefusal` or `ConnectionEnded`. */
  request(method: string, params: readonly Json[]): Promise<Json> {
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      if (this.#ended) {
        reject(new ConnectionEnded(undefined));
        return;
      }
      this.#waiting.set(id, { resolve, reject });
      this.send({ kind: "request", method, params, id });
    });
  }

  notify(method: string, params: readonly Json[]): void {
    this.send({ kind: "notification", method, params });
  }

  reply(id: JsonRpcId, result: Json): void {
    this.send({ kind: "reply", id, result });
  }

  replyError(id: JsonRpcId, error: Json): void {
    this.send({ kind: "error", id, error });
  }

  /** Asks the peer for a sign of life. */
  probe(): void {
    this.send({ kind: "request", method: "echo", params: [], id: probeId });
  }

  send(message: JsonRpcMessage): void {
    if (this.#ended) return;
    if (this.#log.isEnabled("dbg")) this.#log.dbg(`${this.name}: send ${describe(message)}`);
    this.#outbox.push(messageText(message));
  }

  /** Sends a message that is encoded already, as for one update to many monitors. The bytes must not change any more. */
  sendEncoded(bytes: Uint8Array): void {
    if (this.#ended) return;
    if (this.#log.isEnabled("dbg")) {
      const message = decodeMessage(parseJson(new TextDecoder().decode(bytes)));
      this.#log.dbg(`${this.name}: send ${describe(message)}`);
    }
    this.#outbox.push(bytes);
  }

  /** Bytes that were sent and that the kernel has not taken yet. */
  backlog(): number {
    return this.#outbox.size + this.stream.pending();
  }

  /** Flushes and ends the connection from this side. */
  close(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#outbox.flush();
    this.stream.close();
    this.#rejectAll(undefined);
  }

  /** Ends it at once, dropping what waits to be sent. */
  destroy(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.stream.destroy();
    this.#rejectAll(undefined);
  }

  #receive(bytes: Uint8Array): void {
    if (this.#ended) return;
    this.#handlers.onActivity?.();
    try {
      this.#framing.feed(bytes, (json) => {
        if (!this.#ended) this.#dispatch(decodeMessage(json));
      });
    } catch (error) {
      if (error instanceof JsonSyntaxError) this.#warnings.warn(`${this.name}: error parsing stream: ${error.message}`);
      else if (error instanceof JsonRpcError) {
        this.#warnings.warn(`${this.name}: received bad JSON-RPC message: ${error.message}`);
      } else throw error;
      this.stream.destroy();
      this.#end(new HostError(this.name, "EPROTO", errnoNumber("EPROTO"), errnoText("EPROTO")));
    }
  }

  #dispatch(message: JsonRpcMessage): void {
    if (this.#log.isEnabled("dbg")) this.#log.dbg(`${this.name}: received ${describe(message)}`);
    switch (message.kind) {
      case "request":
        this.#request(message);
        break;
      case "notification":
        this.#handlers.onNotification?.(message.method, message.params);
        break;
      default:
        this.#answer(message);
    }
  }

  #request(message: RequestMessage): void {
    if (message.method === "echo" && !this.#handlers.plainEcho) this.reply(message.id, message.params);
    else if (this.#handlers.onRequest) this.#handlers.onRequest(message.method, message.params, message.id);
    else this.replyError(message.id, "unknown method");
  }

  #answer(message: AnswerMessage): void {
    if (message.id === probeId) return;
    const waiting = typeof message.id === "number" ? this.#waiting.get(message.id) : undefined;
    if (!waiting) {
      this.#handlers.onStrayAnswer?.(message);
      return;
    }
    this.#waiting.delete(message.id as number);
    if (message.kind === "reply") waiting.resolve(message.result);
    else waiting.reject(new JsonRpcRefusal(message.error));
  }

  #end(error: Error | undefined): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#rejectAll(error);
    this.#handlers.onClose?.(error);
  }

  #rejectAll(error: Error | undefined): void {
    const waiting = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const one of waiting) one.reject(new ConnectionEnded(error));
  }
}

/** A message as the debug log shows it. */
function describe(message: JsonRpcMessage): string {
  switch (message.kind) {
    case "request":
      return `request, method="${message.method}", params=${formatJson(message.params)}, id=${formatJson(message.id)}`;
    case "notification":
      return `notification, method="${message.method}", params=${formatJson(message.params)}`;
    case "reply":
      return `reply, result=${formatJson(message.result)}, id=${formatJson(message.id)}`;
    case "error":
      return `error, error=${formatJson(message.error)}, id=${formatJson(message.id)}`;
  }
}
