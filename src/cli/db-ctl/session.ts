import type { Stream } from "#host/streams.js";
import { JsonRpc, JsonRpcRefusal } from "#runtime/jsonrpc.js";
import type { Log } from "#runtime/logger.js";
import { UserError, WireError } from "#util/errors.js";
import type { Json } from "#util/json.js";
import { CtlSchema } from "./schema.js";
import { Snapshot } from "./snapshot.js";

/** The server has ended the connection. */
export class SessionEnded extends Error {
  override name = "SessionEnded";
  readonly reason: Error | undefined;
  constructor(reason: Error | undefined) {
    super(reason?.message ?? "End of file");
    this.reason = reason;
  }
}

/** A connection to a database server about one database: its schema, a snapshot of some of its rows, transactions. */
export class DatabaseSession {
  readonly snapshot: Snapshot = new Snapshot();
  readonly #rpc: JsonRpc;
  readonly #database: string;
  #waiting: { readonly since: number; resolve(): void; reject(error: Error): void }[] = [];
  #ended: SessionEnded | undefined;
  /** Updates that came in one piece with the monitor's reply, and so are here before that has been taken up. */
  #early: Json[] | undefined = [];

  constructor(stream: Stream, log: Log, database: string) {
    this.#database = database;
    this.#rpc = new JsonRpc(stream, log.module("jsonrpc")).start({
      onNotification: (method, params) => {
        if (method === "update") this.#update(params[1] ?? {});
      },
      onClose: (error) => this.#end(error),
    });
  }

  /** The schema that the server has. Throws `UserError` where it does not have the database. */
  async schema(): Promise<CtlSchema> {
    try {
      return CtlSchema.served(await this.#rpc.request("get_schema", [this.#database]));
    } catch (error) {
      if (!(error instanceof JsonRpcRefusal)) throw this.#ended ?? error;
      throw new UserError(`${this.#rpc.name}: database ${this.#database} is not served there`);
    }
  }

  /** Fetches rows and follows them from then on. False where the server does not know all that is asked for. */
  async monitor(requests: Json): Promise<boolean> {
    try {
      this.snapshot.apply(await this.#request("monitor", [this.#database, "ctl", requests]));
      const early = this.#early ?? [];
      this.#early = undefined;
      for (const updates of early) this.#update(updates);
      return true;
    } catch (error) {
      if (error instanceof JsonRpcRefusal) return false;
      throw error;
    }
  }

  /** Carries out operations; the result has a member for each, and perhaps one more that is an error. */
  async transact(operations: readonly Json[]): Promise<readonly Json[]> {
    const result = await this.#request("transact", [this.#database, ...operations]);
    if (!Array.isArray(result)) throw new WireError("transact: the reply is no array");
    return result;
  }

  /** Settles once the snapshot is newer than version `since`. */
  changed(since: number): Promise<void> {
    if (this.#ended !== undefined) return Promise.reject(this.#ended);
    if (this.snapshot.version > since) return Promise.resolve();
    return new Promise((resolve, reject) => this.#waiting.push({ since, resolve, reject }));
  }

  close(): void {
    this.#rpc.destroy();
  }

  async #request(method: string, params: readonly Json[]): Promise<Json> {
    try {
      return await this.#rpc.request(method, params);
    } catch (error) {
      throw this.#ended ?? error;
    }
  }

  #update(updates: Json): void {
    if (this.#early !== undefined) {
      this.#early.push(updates);
      return;
    }
    this.snapshot.apply(updates);
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const one of waiting) one.resolve();
  }

  #end(error: Error | undefined): void {
    this.#ended = new SessionEnded(error);
    for (const one of this.#waiting) one.reject(this.#ended);
    this.#waiting = [];
  }
}
