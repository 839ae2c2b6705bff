import type { Host } from "#host/host.js";
import type { Json } from "#util/json.js";
import { ConnectionEnded, JsonRpc, JsonRpcRefusal } from "./jsonrpc.js";
import { logComplaints } from "./jsonrpc-session.js";
import type { Log } from "./logger.js";

/** What a daemon answered: `error` is its refusal's text. */
export type UnixctlAnswer = { readonly result: Json } | { readonly error: Json };

/** A connection to a daemon's control socket. */
export class UnixctlClient {
  readonly #rpc: JsonRpc;
  readonly #log: Log;

  private constructor(rpc: JsonRpc, log: Log) {
    this.#rpc = rpc;
    this.#log = log;
  }

  /** Connects to the socket at a path. Rejects with `HostError`. */
  static async connect(host: Host, log: Log, path: string): Promise<UnixctlClient> {
    try {
      const stream = await host.streams.connect(`unix:${path}`);
      return new UnixctlClient(new JsonRpc(stream, log.module("jsonrpc")).start({ plainEcho: true }), log);
    } catch (error) {
      logComplaints(log, error);
      log.module("unixctl").warn(`failed to connect to ${path}`);
      throw error;
    }
  }

  /** Runs a command. Rejects with `ConnectionEnded` where the daemon hangs up. */
  async call(command: string, args: readonly string[]): Promise<UnixctlAnswer> {
    try {
      return { result: await this.#rpc.request(command, args) };
    } catch (error) {
      if (error instanceof JsonRpcRefusal) return { error: error.error };
      if (error instanceof ConnectionEnded) {
        this.#log.module("unixctl").warn(`error communicating with ${this.#rpc.name}: ${error.message}`);
      }
      throw error;
    }
  }

  close(): void {
    this.#rpc.close();
  }
}
