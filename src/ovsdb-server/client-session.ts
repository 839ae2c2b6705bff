import { isId } from "#ovsdb/atom.js";
import { OvsdbError, syntaxError } from "#ovsdb/error.js";
import { JsonRpcRefusal } from "#runtime/jsonrpc.js";
import type { JsonRpcMessage } from "#runtime/jsonrpc-message.js";
import type { Json } from "#util/json.js";
import { formatJson } from "#util/json-text.js";
import type { LockOwner, Locks } from "./locks.js";
import type { MonitorHandle, MonitorVersion, ServedDatabase, SubmittedTransaction } from "./served-database.js";

/** What a session needs of the server it belongs to. */
export interface SessionServer {
  readonly id: string;
  readonly locks: Locks;
  /** A peer that takes its updates more slowly than they come is cut off when more bytes than this wait for it. */
  readonly backlogLimit: number;
  /** False where `monitor_cond` and its like are to be unknown methods. */
  readonly monitorCondEnabled: boolean;
  /** Whether all sessions may only read a database, or any where none is named: the server has the backup role. */
  isBackup(database?: string): boolean;
  database(name: string): ServedDatabase | undefined;
  databaseNames(): readonly string[];
  /** Gives a database another schema. Throws `OvsdbError`. */
  convert(database: ServedDatabase, schema: Json): Promise<void>;
}

/** The connection under a session. */
export interface SessionLink {
  readonly name: string;
  send(message: JsonRpcMessage): void;
  /** Sends a message that is encoded already. */
  sendEncoded(message: Uint8Array): void;
  /** Bytes that were sent and the peer has not taken. */
  backlog(): number;
  /** Ends the connection because of the reason, which is logged. */
  disconnect(reason: string): void;
}

export interface SessionRights {
  /** Only operations that change nothing are allowed. */
  readonly readOnly: boolean;
  /** The role of the connection, empty for none, and the common name in the peer's certificate. */
  readonly role?: string | undefined;
  readonly clientId?: string | undefined;
}

/** An error that upstream sends as a bare string, or as an object. */
class Refusal extends Error {
  readonly json: Json;
  constructor(json: Json) {
    super("refused");
    this.json = json;
  }
}

type Method = (params: readonly Json[], id: Json) => Json | undefined | Promise<Json | undefined>;

/**
 * One client: its requests, transactions that wait, monitors and locks (RFC 7047 section 4.1, ovsdb-server(7)). Everything it
 * has ends with `close`.
 */
export class ClientSession implements LockOwner {
  readonly #server: SessionServer;
  readonly #link: SessionLink;
  readonly #rights: SessionRights;
  readonly #locks = new Map<string, "held" | "waiting" | "lost">();
  readonly #monitors = new Map<string, MonitorHandle>();
  readonly #transactions = new Map<string, SubmittedTransaction>();
  readonly #methods: Readonly<Record<string, Method>>;
  #changeAware = false;
  #closed = false;

  constructor(server: SessionServer, link: SessionLink, rights: SessionRights) {
    this.#server = server;
    this.#link = link;
    this.#rights = rights;
    this.#methods = {
      list_dbs: () => server.databaseNames(),
      get_schema: (params) => this.#database("get_schema", params).schemaJson,
      get_server_id: () => server.id,
      transact: (params, id) => this.#transact(params, id),
      monitor: (params) => this.#monitor("monitor", params),
      monitor_cond: (params) => this.#monitor("monitor_cond", params),
      monitor_cond_since: (params) => this.#monitor("monitor_cond_since", params),
      monitor_cond_change: (params) => this.#changeCondition(params),
      monitor_cancel: (params) => this.#cancelMonitor(params),
      lock: (params) => this.#lock("lock", params),
      steal: (params) => this.#lock("steal", params),
      unlock: (params) => this.#unlock(params),
      set_db_change_aware: (params) => this.#setChangeAware(params),
      convert: (params) => this.#convert(params),
    };
  }

  get name(): string {
    return this.#link.name;
  }

  get backlog(): number {
    return this.#link.backlog();
  }

  #readOnly(database?: string): boolean {
    return this.#rights.readOnly || this.#server.isBackup(database);
  }

  /** Names of locks, for the remote's status column. */
  locksIn(state: "held" | "waiting" | "lost"): string[] {
    return [...this.#locks].filter(([, s]) => s === state).map(([name]) => name);
  }

  request(name: string, params: readonly Json[], id: Json): void {
    // A member of Object.prototype is no method.
    const method = Object.hasOwn(this.#methods, name) ? this.#methods[name] : undefined;
    if (!method || (name.startsWith("monitor_cond") && !this.#server.monitorCondEnabled)) {
      this.#send({ kind: "error", error: "unknown method", id });
      return;
    }
    try {
      const result = method(params, id);
      if (result instanceof Promise) {
        result.then(
          (json) => this.#answer(json, id),
          (error: unknown) => this.#refuse(error, id),
        );
      } else this.#answer(result, id);
    } catch (error) {
      this.#refuse(error, id);
    }
  }

  notification(name: string, params: readonly Json[]): void {
    if (name === "cancel" && params.length === 1) this.#transactions.get(key(params[0]!))?.cancel();
  }

  /** The session's connection is over. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const transaction of this.#transactions.values()) transaction.cancel();
    for (const monitor of this.#monitors.values()) monitor.cancel();
    for (const name of this.#locks.keys()) this.#server.locks.unlock(name, this);
    this.#transactions.clear();
    this.#monitors.clear();
    this.#locks.clear();
  }

  /**
   * A database goes away or changes its schema. A client that does not know of `_Server` is cut off, so that it looks anew;
   * another one loses its monitors and transactions of that database only.
   */
  databaseGone(database: ServedDatabase, reason: string): void {
    if (!this.#changeAware) {
      this.#link.disconnect(reason);
      return;
    }
    for (const [id, monitor] of this.#monitors) {
      if (monitor.database !== database) continue;
      monitor.cancel();
      this.#monitors.delete(id);
      this.#send({ kind: "notification", method: "monitor_canceled", params: [monitor.id] });
    }
    for (const transaction of this.#transactions.values()) {
      if (transaction.database === database) transaction.cancel();
    }
  }

  locked(name: string): void {
    this.#locks.set(name, "held");
    this.#send({ kind: "notification", method: "locked", params: [name] });
  }

  stolen(name: string): void {
    this.#locks.set(name, "lost");
    this.#send({ kind: "notification", method: "stolen", params: [name] });
  }

  #answer(result: Json | undefined, id: Json): void {
    if (result !== undefined) this.#send({ kind: "reply", result, id });
  }

  #refuse(error: unknown, id: Json): void {
    if (error instanceof Refusal) this.#send({ kind: "error", error: error.json, id });
    else if (error instanceof JsonRpcRefusal) this.#send({ kind: "error", error: error.error, id });
    else if (error instanceof OvsdbError) this.#send({ kind: "error", error: error.toJson(), id });
    else throw error;
  }

  #send(message: JsonRpcMessage): void {
    if (this.#closed) return;
    this.#link.send(message);
    this.#checkBacklog();
  }

  #checkBacklog(): void {
    const backlog = this.#link.backlog();
    if (backlog > this.#server.backlogLimit) this.#link.disconnect(`it is ${backlog} bytes behind`);
  }

  #database(method: string, params: readonly Json[]): ServedDatabase {
    const [name] = params;
    if (typeof name !== "string") throw syntaxError(`${method} request params must begin with <db-name>`, params);
    const database = this.#server.database(name);
    if (database && !database.isAvailable) {
      const why = "which is not yet available because it has not completed joining its cluster";
      throw new OvsdbError("database not available", `${method} request specifies database ${name} ${why}`);
    }
    if (database) return database;
    const details = `${method} request specifies unknown database ${name}`;
    throw new OvsdbError("unknown database", details, formatJson(params));
  }

  #transact(params: readonly Json[], id: Json): undefined {
    const database = this.#database("transact", params);
    const at = key(id);
    if (this.#transactions.has(at)) throw syntaxError("transact: duplicate request ID", params);
    const rights = {
      readOnly: this.#readOnly(database.name),
      role: this.#rights.role ?? "",
      clientId: this.#rights.clientId ?? "",
      ownsLock: (name: string) => this.#locks.get(name) === "held",
    };
    const transaction = database.submit(params.slice(1), rights, (result) => {
      this.#transactions.delete(at);
      if (result === "canceled") this.#send({ kind: "error", error: "canceled", id });
      else if ("refused" in result) this.#send({ kind: "error", error: result.refused, id });
      else this.#send({ kind: "reply", result, id });
    });
    if (transaction) this.#transactions.set(at, transaction);
    return undefined;
  }

  #monitor(version: MonitorVersion, params: readonly Json[]): Json {
    const database = this.#database(version, params);
    const [, id, requests, since] = params;
    const wanted = version === "monitor_cond_since" ? 4 : 3;
    if (params.length !== wanted || id === undefined || requests === undefined) {
      throw syntaxError("invalid parameters", params);
    }
    const at = key(id);
    if (this.#monitors.has(at)) throw syntaxError("duplicate monitor ID", id);
    const { monitor, initial } = database.monitor(version, id, requests, since, (message) => {
      if (this.#closed) return;
      this.#link.sendEncoded(message);
      this.#checkBacklog();
    });
    this.#monitors.set(at, monitor);
    return initial;
  }

  #changeCondition(params: readonly Json[]): Json {
    const [oldId, newId, requests] = params;
    if (oldId === undefined || newId === undefined || requests === undefined || params.length !== 3) {
      throw syntaxError("invalid parameters", params);
    }
    const monitor = this.#monitors.get(key(oldId));
    if (!monitor) throw syntaxError("unknown monitor session", oldId);
    if (key(newId) !== key(oldId) && this.#monitors.has(key(newId))) throw syntaxError("duplicate monitor ID", newId);
    monitor.changeCondition(newId, requests);
    this.#monitors.delete(key(oldId));
    this.#monitors.set(key(newId), monitor);
    return {};
  }

  #cancelMonitor(params: readonly Json[]): Json {
    const [id] = params;
    if (id === undefined || params.length !== 1) throw new Refusal("invalid parameters");
    const monitor = this.#monitors.get(key(id));
    if (!monitor) throw new Refusal("unknown monitor");
    monitor.cancel();
    this.#monitors.delete(key(id));
    return {};
  }

  #lockName(method: string, params: readonly Json[]): string {
    if (this.#readOnly()) throw new Refusal("lock and unlock methods not allowed, DB server is read only.");
    const [name] = params;
    if (params.length !== 1 || typeof name !== "string" || !isId(name)) {
      throw syntaxError(`${method} request params must be <id>`, params);
    }
    return name;
  }

  #lock(method: "lock" | "steal", params: readonly Json[]): Json {
    const name = this.#lockName(method, params);
    if (this.#locks.has(name)) throw syntaxError(`must issue "unlock" before new "${method}"`, params);
    if (method === "steal") this.#server.locks.steal(name, this);
    const locked = method === "steal" || this.#server.locks.lock(name, this);
    this.#locks.set(name, locked ? "held" : "waiting");
    return { locked };
  }

  #unlock(params: readonly Json[]): Json {
    const name = this.#lockName("unlock", params);
    if (!this.#locks.delete(name)) throw syntaxError('unlock: "unlock" without "lock" or "steal"', params);
    this.#server.locks.unlock(name, this);
    return {};
  }

  #setChangeAware(params: readonly Json[]): Json {
    const [aware] = params;
    if (params.length !== 1 || typeof aware !== "boolean") {
      throw syntaxError("set_db_change_aware: true or false parameter expected", params);
    }
    this.#changeAware = aware;
    return {};
  }

  async #convert(params: readonly Json[]): Promise<Json> {
    const database = this.#database("convert", params);
    const [, schema] = params;
    if (schema === undefined || params.length !== 2) throw syntaxError("invalid parameters", params);
    await this.#server.convert(database, schema);
    return {};
  }
}

/** Ids may be any JSON; two are the same when their sorted text is. */
function key(id: Json): string {
  if (typeof id === "number") return String(id);
  return formatJson(id, { sorted: true });
}
