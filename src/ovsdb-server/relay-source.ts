import type { Host } from "#host/host.js";
import type { ConnectOptions } from "#host/streams.js";
import { parseUuid, type Uuid, ZERO_UUID } from "#ovsdb/atom.js";
import { OvsdbError, syntaxError } from "#ovsdb/error.js";
import { isJsonObject } from "#ovsdb/json-members.js";
import { databaseRow, judgeServer } from "#ovsdb/replica/server-check.js";
import { ServerMonitor } from "#ovsdb/replica/server-monitor.js";
import type { UpdatesForm } from "#ovsdb/replicated-changes.js";
import type { DatabaseSchema } from "#ovsdb/schema.js";
import { schemaFromJson } from "#ovsdb/schema-json.js";
import { resolveStreamName } from "#runtime/dirs.js";
import { JsonRpcSession } from "#runtime/jsonrpc-session.js";
import type { Log, Logger } from "#runtime/logger.js";
import { shuffled } from "#runtime/replica-session-shuffle.js";
import { WireError } from "#util/errors.js";
import type { Json } from "#util/json.js";
import { formatJson } from "#util/json-text.js";
import type { SourceOptions } from "./database-spec.js";

export interface RelaySourceSettings {
  readonly database: string;
  /** Connection methods separated by commas, with `cid:UUID` among them where the source must be of that cluster. */
  readonly remotes: string;
  readonly options: SourceOptions;
  readonly runDirectory: string;
  /** Read again for each connection. */
  connect(): ConnectOptions;
}

/** What the source tells its relay. Each of these throws `OvsdbError` where it does not fit; then all is fetched anew. */
export interface RelayListener {
  /** The source's schema: the first, or another than before, with which all contents go. */
  schema(schema: DatabaseSchema): void;
  /** The source's whole contents, and the transaction that they are as of where the source says so. */
  contents(contents: Json, form: UpdatesForm, transaction: Uuid | undefined): void;
  updates(updates: Json, form: UpdatesForm, transaction: Uuid | undefined): void;
  /** The contents are the source's present ones from now on, or may not be any longer. */
  following(isFollowing: boolean): void;
}

/** What became of a request that was passed on: the source's result or error; `"canceled"` where the connection was lost meanwhile. */
export type SourceAnswer = { readonly result: Json } | { readonly error: Json };

type State = "offline" | "checking" | "absent" | "starting" | "following";
type MonitorMethod = "monitor_cond_since" | "monitor_cond" | "monitor";

const fallbacks: Readonly<Record<MonitorMethod, MonitorMethod | undefined>> = {
  monitor_cond_since: "monitor_cond",
  monitor_cond: "monitor",
  monitor: undefined,
};
const notifications: Readonly<Record<string, MonitorMethod>> = {
  update3: "monitor_cond_since",
  update2: "monitor_cond",
  update: "monitor",
};

/** Milliseconds of silence before a source is probed, as upstream has it. */
const defaultProbeInterval = 60_000;
const defaultMaxBackoff = 8000;

/** A relay's connection to the server whose database it relays, kept up over several remotes. */
export class RelaySource {
  readonly #settings: RelaySourceSettings;
  readonly #listener: RelayListener;
  readonly #log: Logger;
  readonly #rpc: JsonRpcSession;
  readonly #remotes: readonly string[];
  readonly #cluster: Uuid | undefined;
  readonly #server = new ServerMonitor();
  #state: State = "offline";
  #nextId = 0;
  #waiting = new Map<string, (answer: SourceAnswer) => void>();
  #monitorId: string | undefined;
  #method: MonitorMethod = "monitor_cond_since";
  #schemaText = "";
  #lastTransaction: Uuid = ZERO_UUID;
  #leastIndex: number | bigint = 0;

  constructor(host: Host, log: Log, settings: RelaySourceSettings, listener: RelayListener) {
    this.#settings = settings;
    this.#listener = listener;
    this.#log = log.module("relay");
    const methods = settings.remotes.split(",").map((method) => method.trim());
    const cluster = methods.find((method) => method.startsWith("cid:"));
    this.#cluster = cluster === undefined ? undefined : parseUuid(cluster.slice("cid:".length));
    const remotes = methods
      .filter((method) => !method.startsWith("cid:"))
      .map((method) => resolveStreamName(method, settings.runDirectory));
    this.#remotes = shuffled(remotes, (size) => host.random(size));
    const { probeInterval, maxBackoff } = settings.options;
    this.#rpc = JsonRpcSession.open(
      host,
      log,
      this.#remotes,
      {
        onConnected: () => this.#connected(),
        onDisconnected: () => this.#disconnected(),
        onNotification: (method, params) => this.#guarded(() => this.#notified(method, params)),
        // The ids are our own, so that answers come in their order among notifications.
        onStrayAnswer: (answer) => this.#answered(answer),
      },
      {
        maxBackoff: maxBackoff ?? defaultMaxBackoff,
        probeInterval: probeInterval ?? defaultProbeInterval,
        get connect() {
          return settings.connect();
        },
      },
    );
  }

  /** Whether transactions can be passed on. */
  get isFollowing(): boolean {
    return this.#state === "following";
  }

  /** Passes a transaction on. Undefined where there is no source to pass it to; else a function that forgets the answer. */
  transact(operations: readonly Json[], done: (answer: SourceAnswer) => void): (() => void) | undefined {
    if (!this.isFollowing) return undefined;
    const id = this.#request("transact", [this.#settings.database, ...operations], done);
    return () => void this.#waiting.delete(id);
  }

  /** Passes a change of the schema on; `"canceled"` is answered where there is no source. */
  convert(schema: Json, done: (answer: SourceAnswer) => void): void {
    if (this.isFollowing) this.#request("convert", [this.#settings.database, schema], done);
    else done({ error: "canceled" });
  }

  setProbeInterval(milliseconds: number): void {
    this.#rpc.setProbeInterval(milliseconds);
  }

  setMaxBackoff(milliseconds: number): void {
    this.#rpc.setMaxBackoff(milliseconds);
  }

  /** Takes other options; what they do not say is as it is by default. */
  adjust({ probeInterval, maxBackoff }: SourceOptions): void {
    this.setProbeInterval(probeInterval ?? defaultProbeInterval);
    this.setMaxBackoff(maxBackoff ?? defaultMaxBackoff);
  }

  close(): void {
    this.#rpc.close();
    this.#disconnected();
  }

  #connected(): void {
    this.#state = "checking";
    this.#request("set_db_change_aware", [true], () => {});
    this.#request("get_schema", ["_Server"], (answer) => {
      if (!("result" in answer)) this.#start();
      else {
        this.#server.start(answer.result, {
          database: this.#settings.database,
          request: (method, params, handler) => {
            this.#request(method, params, (got) =>
              handler("result" in got ? { kind: "reply", ...got } : { kind: "error", ...got }),
            );
          },
          judged: () => this.#judge(),
          unknown: () => this.#start(),
        });
      }
    });
  }

  #disconnected(): void {
    this.#leaveState("offline");
    this.#server.stop();
    const waiting = this.#waiting;
    this.#waiting = new Map();
    for (const done of waiting.values()) done({ error: "canceled" });
  }

  #leaveState(state: State): void {
    const was = this.isFollowing;
    this.#state = state;
    this.#monitorId = undefined;
    if (was) this.#listener.following(false);
  }

  #request(method: string, params: readonly Json[], done: (answer: SourceAnswer) => void): string {
    const id = `relay-${this.#nextId++}`;
    this.#waiting.set(id, done);
    this.#rpc.send({ kind: "request", method, params, id });
    return id;
  }

  #answered(answer: { readonly id: Json } & ({ readonly result: Json } | { readonly error: Json })): void {
    const id = String(answer.id);
    const done = this.#waiting.get(id);
    if (!done || !this.#waiting.delete(id)) return;
    this.#guarded(() => done("result" in answer ? { result: answer.result } : { error: answer.error }));
  }

  /** What a source sends may be malformed, or not fit what is here. */
  #guarded(body: () => void): void {
    try {
      body();
    } catch (error) {
      if (!(error instanceof WireError || error instanceof OvsdbError)) throw error;
      this.#lastTransaction = ZERO_UUID;
      this.#leave(`bad message from source: ${error.message}`);
    }
  }

  #leave(why: string, onlyForAnother = false): void {
    if (onlyForAnother && this.#remotes.length < 2) return;
    this.#log.info(`${this.#rpc.name}: ${this.#settings.database}: ${why}`);
    this.#leaveState("checking");
    this.#rpc.tryAnotherRemote();
  }

  #judge(): void {
    const { store } = this.#server;
    const { database } = this.#settings;
    const row = databaseRow(store, store.tables, database);
    const wishes = { database, leaderOnly: false, leastIndex: this.#leastIndex, cluster: this.#cluster };
    const verdict = judgeServer(row, wishes);
    if (verdict.kind === "unfit") this.#leave(`${verdict.why}; trying another server`);
    else if (verdict.kind === "absent") this.#absent();
    else {
      const index = row?.["index"] as number | bigint | undefined;
      if (index !== undefined && index > this.#leastIndex) this.#leastIndex = index;
      if (this.#state === "checking" || this.#state === "absent") this.#start();
    }
  }

  /** The source lacks the database, but will say when it has it. */
  #absent(): void {
    if (this.#state === "absent") return;
    this.#leaveState("absent");
    this.#leave("database is not on this server", true);
  }

  #start(): void {
    this.#leaveState("starting");
    this.#request("get_schema", [this.#settings.database], (answer) => {
      if (this.#state !== "starting") return;
      if ("result" in answer) this.#haveSchema(answer.result);
      else if (this.#server.running) this.#absent();
      else this.#leave(`get_schema failed: ${formatJson(answer.error)}`);
    });
  }

  #haveSchema(json: Json): void {
    const schema = schemaFromJson(json);
    const text = formatJson(json, { sorted: true });
    if (text !== this.#schemaText) {
      this.#log.dbg(`database ${this.#settings.database} schema changed.`);
      this.#lastTransaction = ZERO_UUID;
      this.#listener.schema(schema);
      this.#schemaText = text;
    }
    this.#monitor("monitor_cond_since", schema);
  }

  #monitor(method: MonitorMethod, schema: DatabaseSchema): void {
    const id = `relay-monitor-${this.#nextId++}`;
    this.#monitorId = id;
    this.#method = method;
    const requests = Object.fromEntries(
      [...schema.tables.values()].map(({ name, columnList }) => {
        return [name, [{ columns: columnList.slice(2).map((column) => column.name) }]];
      }),
    );
    const since = method === "monitor_cond_since" ? [this.#lastTransaction] : [];
    this.#request(method, [this.#settings.database, id, requests, ...since], (answer) => {
      if (this.#monitorId !== id) return;
      const fallback = fallbacks[method];
      if ("result" in answer) this.#haveContents(method, answer.result);
      else if (isUnknownMethod(answer.error) && fallback) this.#monitor(fallback, schema);
      else this.#leave(`${method} failed: ${formatJson(answer.error)}`);
    });
  }

  #haveContents(method: MonitorMethod, result: Json): void {
    if (method !== "monitor_cond_since") this.#listener.contents(result, formOf(method), undefined);
    else {
      if (!Array.isArray(result) || result.length !== 3) throw syntaxError("not a reply to monitor_cond_since");
      const [found, last, updates] = result as readonly Json[];
      const transaction = this.#reached(last!);
      if (found === true) this.#listener.updates(updates!, "updates2", transaction);
      else this.#listener.contents(updates!, "updates2", transaction);
    }
    this.#state = "following";
    this.#listener.following(true);
  }

  /** Notes up to which transaction the source has come. Sources without a history say it in zeros. */
  #reached(json: Json): Uuid | undefined {
    const id = typeof json === "string" ? parseUuid(json) : undefined;
    if (id === undefined) throw syntaxError("<last-txn-id> is not a UUID", json);
    this.#lastTransaction = id;
    return id === ZERO_UUID ? undefined : id;
  }

  #notified(method: string, params: readonly Json[]): void {
    if (this.#server.notified(method, params)) return;
    if (this.#monitorId === undefined || params[0] !== this.#monitorId) return;
    if (method === "monitor_canceled") {
      // The database goes or changes its schema. If it is still there, or there again, it is followed anew.
      this.#start();
      return;
    }
    if (!this.isFollowing || notifications[method] !== this.#method) return;
    const transaction = method === "update3" ? this.#reached(params[1] ?? null) : undefined;
    this.#listener.updates(params[method === "update3" ? 2 : 1] ?? null, formOf(this.#method), transaction);
  }
}

function formOf(method: MonitorMethod): UpdatesForm {
  return method === "monitor" ? "updates" : "updates2";
}

function isUnknownMethod(error: Json): boolean {
  return error === "unknown method" || (isJsonObject(error) && error["error"] === "unknown method");
}
