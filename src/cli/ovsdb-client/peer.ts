import type { Stream } from "#host/streams.js";
import { ConnectionEnded, endText, JsonRpc, JsonRpcRefusal } from "#runtime/jsonrpc.js";
import type { Log } from "#runtime/logger.js";
import { UserError } from "#util/errors.js";
import type { Json } from "#util/json.js";
import { formatJson } from "#util/json-text.js";

/** What a server sends by itself. */
export interface Notice {
  readonly method: string;
  readonly params: readonly Json[];
}

/** A connection to a database server: requests with their answers, and the server's notices in order. */
export class Peer {
  /** As the user called the server. */
  readonly name: string;
  readonly #rpc: JsonRpc;
  readonly #notices: Notice[] = [];
  #wake: () => void = () => {};
  #ended: { readonly error: Error | undefined } | undefined;

  constructor(stream: Stream, name: string, log: Log) {
    this.name = name;
    const logger = log.module("jsonrpc");
    this.#rpc = new JsonRpc(stream, logger).start({
      onNotification: (method, params) => {
        this.#notices.push({ method, params });
        this.#wake();
      },
      onClose: (error) => {
        const text = endText(error);
        if (error !== undefined && text !== "Protocol error") logger.warn(`${name}: receive error: ${text}`);
        this.#ended = { error };
        this.#wake();
      },
    });
  }

  /** The result of a request. Throws `UserError` in upstream's words where it is refused or the connection ends. */
  async request(method: string, params: readonly Json[]): Promise<Json> {
    try {
      return await this.#rpc.request(method, params);
    } catch (error) {
      if (error instanceof JsonRpcRefusal) {
        throw new UserError(`transaction returned error: ${formatJson(error.error, { sorted: true })}`);
      }
      if (error instanceof ConnectionEnded) throw new UserError(`transaction failed (${error.message})`);
      throw error;
    }
  }

  /** As `request`, for a command that goes on to receive: the end of the connection is the end of that. */
  async begin(method: string, params: readonly Json[]): Promise<Json> {
    try {
      return await this.request(method, params);
    } catch (error) {
      throw this.#ended ? this.#receiveFailed() : error;
    }
  }

  /** The next notice. Throws `UserError` when the connection ends. */
  async next(): Promise<Notice> {
    for (;;) {
      const notice = this.#notices.shift();
      if (notice !== undefined) return notice;
      if (this.#ended) throw this.#receiveFailed();
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  /** Leaves what the server sends to the kernel, so that the server has to wait; `resume` takes it up again. */
  pause(): void {
    this.#rpc.stream.pause();
  }

  resume(): void {
    this.#rpc.stream.resume();
  }

  close(): void {
    this.#rpc.close();
  }

  #receiveFailed(): UserError {
    return new UserError(`${this.name}: receive failed (${endText(this.#ended?.error)})`);
  }
}
