import { WireError } from "#util/errors.js";
import type { Json } from "#util/json.js";
import { formatJson } from "#util/json-text.js";
import { ZERO_UUID } from "../atom.js";
import { declaredSchema, type SchemaDeclaration } from "../declaration.js";
import { OvsdbError } from "../error.js";
import { isJsonObject } from "../json-members.js";
import type { DatabaseSchema } from "../schema.js";
import { schemaFromJson } from "../schema-json.js";
import { ChangeTracker } from "./change-tracker.js";
import { conditionsToJson, type RowConditions, type WhereByTable } from "./conditions.js";
import { type Answer, EffectCollector, type Effects } from "./effects.js";
import type { Follow, FollowedTable } from "./follow.js";
import { type LockState, ReplicaLock } from "./lock-state.js";
import { MonitorConditions } from "./monitor-conditions.js";
import { replicaTables, type ServedColumns, servedColumns } from "./resolve.js";
import { type RowNews, UpdateReader } from "./row-update.js";
import { databaseRow, judgeServer } from "./server-check.js";
import { ServerMonitor } from "./server-monitor.js";
import { ReplicaStore } from "./store.js";
import { TableView } from "./table-view.js";
import { outcomeOf, type TransactionOutcome } from "./transaction-outcome.js";
import { transactionRequest } from "./transaction-request.js";
import { WriteTransaction } from "./write-transaction.js";

/** How a replica is kept. */
export interface ReplicaSettings<S extends SchemaDeclaration, F extends Follow<S>> {
  /** The database; the declaration's name unless said otherwise. */
  readonly database?: string;
  /** Which rows to follow at first, where not all. */
  readonly where?: RowConditions<S, F>;
  /** Follows only the leader of a cluster. */
  readonly leaderOnly?: boolean;
  /** A lock that is asked for with each connection, and without which nothing is written. */
  readonly lock?: string;
}

/** A replica's state: no connection; looking at the server; the server lacks the database; asking for contents; up to date. */
export type ReplicaState = "offline" | "checking" | "absent" | "starting" | "current";

type MonitorMethod = "monitor_cond_since" | "monitor_cond" | "monitor";
const fallback: Readonly<Record<MonitorMethod, MonitorMethod | undefined>> = {
  monitor_cond_since: "monitor_cond",
  monitor_cond: "monitor",
  monitor: undefined,
};
const notificationOf: Readonly<Record<MonitorMethod, string>> = {
  monitor_cond_since: "update3",
  monitor_cond: "update2",
  monitor: "update",
};

/** Figures of a replica, for those who look after it. */
export interface ReplicaFigures {
  /** The method by which the present server is followed. */
  readonly method: MonitorMethod | undefined;
  /** How often the whole contents came, and how often only what was missed. */
  readonly downloads: number;
  readonly resumptions: number;
  /** The transaction up to which the replica has come; all zeros where the server does not say. */
  readonly lastTransaction: string;
}

interface Following {
  readonly id: string;
  readonly method: MonitorMethod;
  readonly served: ServedColumns;
  readonly reader: UpdateReader;
  readonly server: DatabaseSchema;
}

/**
 * Keeps a copy of tables of a database, and puts transactions to it: messages and events in, messages and changes out. It does no I/O
 * and reads no clock; a session hands it what arrives and does what the returned `Effects` say.
 *
 * Rows stay readable while there is no connection. With the next one, only what was missed is fetched, where the server can tell.
 */
export class ReplicaEngine<const S extends SchemaDeclaration, const F extends Follow<S>> {
  readonly #declaration: S;
  readonly #database: string;
  readonly #schema: DatabaseSchema;
  readonly #store: ReplicaStore;
  readonly #views = new Map<string, unknown>();
  readonly #effects = new EffectCollector();
  readonly #conditions: MonitorConditions;
  readonly #lock = new ReplicaLock();
  readonly #server = new ServerMonitor();
  readonly #leaderOnly: boolean;
  #state: ReplicaState = "offline";
  #pending = new Map<string, (answer: Answer) => void>();
  #nextRequest = 0;
  #nextMonitor = 0;
  #nextRow = 0;
  #following: Following | undefined;
  #lastTransaction: string = ZERO_UUID;
  #lastRequests = "";
  #missing: readonly string[] = [];
  #downloads = 0;
  #resumptions = 0;
  #leastIndex: number | bigint = 0;
  readonly #unanswered = new Set<(outcome: TransactionOutcome) => void>();

  constructor(declaration: S, follow: F, settings: ReplicaSettings<S, F> = {}) {
    this.#declaration = declaration;
    this.#database = settings.database ?? declaration.name;
    this.#schema = declaredSchema(declaration);
    this.#store = new ReplicaStore(replicaTables(declaration, follow));
    this.#conditions = new MonitorConditions(this.#where(settings.where ?? {}));
    this.#leaderOnly = settings.leaderOnly ?? false;
    this.#lock.want(settings.lock, false, undefined);
  }

  get state(): ReplicaState {
    return this.#state;
  }

  get lockState(): LockState {
    return this.#lock.state;
  }

  /** Tables and columns that are followed but that the server lacks; their rows are none, their values the defaults. */
  get missing(): readonly string[] {
    return this.#missing;
  }

  /** Whether the present server's schema has a column, followed or not. */
  serves(table: string, column: string): boolean {
    return this.#following?.server.tables.get(table)?.columns.has(column) ?? false;
  }

  /** The name of the database. */
  get database(): string {
    return this.#database;
  }

  /** Whether the rows here are those that the conditions last asked for select. */
  get conditionsInForce(): boolean {
    return this.#state === "current" && this.#conditions.settled;
  }

  get figures(): ReplicaFigures {
    return {
      method: this.#following?.method,
      downloads: this.#downloads,
      resumptions: this.#resumptions,
      lastTransaction: this.#lastTransaction,
    };
  }

  /** A table as it is now, and as it will be. */
  table<T extends FollowedTable<S, F>>(name: T): TableView<S, F, T> {
    let view = this.#views.get(name) as TableView<S, F, T> | undefined;
    if (!view) {
      view = new TableView(this.#store, name);
      this.#views.set(name, view);
    }
    return view;
  }

  /** Watches for changes of some tables, or of all. `sinceNow` leaves out rows that are there already. */
  track(tables?: readonly FollowedTable<S, F>[], sinceNow = false): ChangeTracker<S, F> {
    return new ChangeTracker(this.#store, tables ?? [...this.#store.tables.keys()], sinceNow);
  }

  /** A transaction to be filled. */
  transaction(): WriteTransaction<S, F> {
    return new WriteTransaction(this.#schema, this.#store, () => this.#nextRow++);
  }

  /** A connection stands. */
  connected(): Effects {
    this.#state = "checking";
    this.#request("set_db_change_aware", [true], () => {});
    this.#lock.connected((method, params, done) => this.#askLock(method, params, done));
    this.#request("get_schema", ["_Server"], (answer) => {
      if (answer.kind === "reply") this.#server.start(answer.result, this.#serverAsker());
      else this.#start();
    });
    this.#effects.changed();
    return this.#effects.take();
  }

  /** The connection is over. Transactions on their way may have been carried out or not. */
  disconnected(): Effects {
    if (this.#state === "offline") return this.#effects.take();
    this.#state = "offline";
    this.#pending = new Map();
    this.#following = undefined;
    this.#server.stop();
    this.#lock.disconnected();
    if (this.#conditions.lost()) this.#lastTransaction = ZERO_UUID;
    for (const answer of [...this.#unanswered]) answer({ status: "tryAgain", uncertain: true });
    this.#effects.changed();
    return this.#effects.take();
  }

  /** The answer to a request of `send`. */
  answered(id: Json, answer: Answer): Effects {
    const handler = typeof id === "string" ? this.#pending.get(id) : undefined;
    if (handler) {
      this.#pending.delete(id as string);
      this.#guarded(() => handler(answer));
    }
    return this.#effects.take();
  }

  /** A notification that came. */
  notified(method: string, params: readonly Json[]): Effects {
    this.#guarded(() => this.#notified(method, params));
    return this.#effects.take();
  }

  /** Follows other rows from now on, of the tables named. */
  setConditions(where: RowConditions<S, F>): Effects {
    this.#conditions.want(this.#where(where));
    this.#changeConditions();
    return this.#effects.take();
  }

  /** Wants a lock, or none any more. `steal` takes it from who has it. */
  setLock(name: string | undefined, steal = false): Effects {
    const ask = (method: string, params: readonly Json[], done: (result: Json | undefined) => void): void =>
      this.#askLock(method, params, done);
    this.#lock.want(name, steal, this.#state === "offline" ? undefined : ask);
    this.#effects.changed();
    return this.#effects.take();
  }

  /**
   * Puts a transaction to the server. `done` is called once, perhaps before this returns. With `dryRun` the server only looks
   * whether each operation could be carried out.
   */
  submit(transaction: WriteTransaction<S, F>, done: (outcome: TransactionOutcome) => void, dryRun = false): Effects {
    this.#submit(transaction, done, dryRun);
    return this.#effects.take();
  }

  #where(conditions: RowConditions<S, F>): WhereByTable {
    return conditionsToJson(this.#declaration, conditions as Parameters<typeof conditionsToJson>[1]);
  }

  #request(method: string, params: readonly Json[], handler: (answer: Answer) => void): void {
    const id = `replica-${this.#nextRequest++}`;
    this.#pending.set(id, handler);
    this.#effects.send({ kind: "request", method, params, id });
  }

  #askLock(method: string, params: readonly Json[], done: (result: Json | undefined) => void): void {
    this.#request(method, params, (answer) => {
      if (answer.kind === "error") this.#effects.complain(`${method} failed: ${formatJson(answer.error)}`);
      done(answer.kind === "reply" ? answer.result : undefined);
      this.#effects.changed();
    });
  }

  /** What a server sends may be malformed, or not fit what is here: then all is fetched anew. */
  #guarded(body: () => void): void {
    try {
      body();
    } catch (error) {
      if (!(error instanceof WireError || error instanceof OvsdbError)) throw error;
      this.#lastTransaction = ZERO_UUID;
      this.#following = undefined;
      this.#effects.leave(`bad message from server: ${error.message}`);
    }
  }

  #serverAsker(): Parameters<ServerMonitor["start"]>[1] {
    return {
      database: this.#database,
      request: (method, params, handler) => this.#request(method, params, handler),
      judged: () => this.#judge(),
      unknown: () => this.#start(),
    };
  }

  #judge(): void {
    const row = databaseRow(this.#server.store, this.#server.store.tables, this.#database);
    const wishes = { database: this.#database, leaderOnly: this.#leaderOnly, leastIndex: this.#leastIndex };
    const verdict = judgeServer(row, wishes);
    switch (verdict.kind) {
      case "unfit":
        this.#effects.leave(`${this.#database}: ${verdict.why}; trying another server`);
        return;
      case "absent":
        this.#absent();
        return;
    }
    const index = row?.["index"] as number | bigint | undefined;
    if (index !== undefined && index > this.#leastIndex) this.#leastIndex = index;
    if (this.#state === "checking" || this.#state === "absent") this.#start();
  }

  /** The server lacks the database, but will say when it has it. */
  #absent(): void {
    if (this.#state === "absent") return;
    this.#state = "absent";
    this.#following = undefined;
    this.#effects.changed();
    this.#effects.leave(`${this.#database}: database is not on this server`, true);
  }

  /** Asks for the schema, then for the contents. */
  #start(): void {
    this.#state = "starting";
    this.#following = undefined;
    // A change of conditions that has not been answered yet comes after the end of its monitor, and is refused.
    this.#conditions.lost();
    this.#effects.changed();
    this.#request("get_schema", [this.#database], (answer) => {
      if (this.#state !== "starting") return;
      if (answer.kind === "reply") this.#haveSchema(schemaFromJson(answer.result));
      else if (this.#server.running) this.#absent();
      else this.#effects.leave(`${this.#database}: ${errorText(answer.error)}`);
    });
  }

  #haveSchema(server: DatabaseSchema): void {
    const served = servedColumns(this.#store.tables, server);
    this.#missing = served.missing;
    const requests = formatJson(this.#requests(served, false));
    if (requests !== this.#lastRequests) {
      // What was not followed before cannot be had by asking for what was missed.
      this.#lastTransaction = ZERO_UUID;
      for (const name of served.missing) {
        this.#effects.complain(`${this.#database} database lacks ${name}, which is read as if it had its default`);
      }
    }
    this.#lastRequests = requests;
    this.#monitor("monitor_cond_since", served, server);
  }

  #requests(served: ServedColumns, conditional: boolean): { readonly [table: string]: Json } {
    const requests: { [table: string]: Json } = {};
    for (const [table, columns] of served.tables) {
      const where = conditional ? this.#conditions.where(table) : undefined;
      requests[table] = [{ columns: [...columns.keys()], ...(where ? { where } : {}) }];
    }
    return requests;
  }

  #monitor(method: MonitorMethod, served: ServedColumns, server: DatabaseSchema): void {
    if (this.#lastTransaction === ZERO_UUID || method !== "monitor_cond_since") this.#conditions.restart();
    const id = `replica-monitor-${this.#nextMonitor++}`;
    const requests = this.#requests(served, method !== "monitor");
    const since = method === "monitor_cond_since" ? [this.#lastTransaction] : [];
    const following = { id, method, served, server, reader: new UpdateReader(this.#store.tables, served.tables) };
    this.#following = following;
    this.#request(method, [this.#database, id, requests, ...since], (answer) => {
      if (this.#following !== following) return;
      if (answer.kind === "reply") this.#haveContents(following, answer.result);
      else if (isUnknownMethod(answer.error) && fallback[method]) this.#monitor(fallback[method], served, server);
      else {
        this.#following = undefined;
        this.#effects.leave(`${this.#database}: ${method} failed: ${errorText(answer.error)}`);
      }
    });
  }

  #haveContents({ method, reader }: Following, result: Json): void {
    if (method !== "monitor_cond_since") {
      this.#replace(method === "monitor" ? reader.updates(result, noRow) : reader.updates2(result, noRow));
    } else {
      if (!Array.isArray(result) || result.length !== 3) throw new WireError("not a reply to monitor_cond_since");
      const [found, last, updates] = result as readonly Json[];
      if (found === true) {
        this.#store.apply(reader.updates2(updates!, (table, uuid) => this.#dataOf(table, uuid)));
        this.#resumptions++;
      } else this.#replace(reader.updates2(updates!, noRow));
      this.#lastTransaction = String(last);
    }
    this.#state = "current";
    this.#effects.changed();
    this.#changeConditions();
  }

  #replace(contents: readonly RowNews[]): void {
    this.#store.replace(contents);
    this.#downloads++;
    if (this.#following?.method !== "monitor_cond_since") this.#lastTransaction = ZERO_UUID;
  }

  #dataOf(table: string, uuid: RowNews["uuid"]): RowNews["data"] {
    return this.#store.entries(table).get(uuid)?.data;
  }

  #notified(method: string, params: readonly Json[]): void {
    if (method === "locked" || method === "stolen") {
      if (this.#lock.notified(method, params[0])) this.#effects.changed();
    } else if (method === "monitor_canceled") {
      // The database goes or changes its schema. If it is still there, or there again, it is followed anew.
      if (params[0] === this.#following?.id) this.#start();
    } else if (!this.#server.notified(method, params)) this.#updated(method, params);
  }

  #updated(method: string, params: readonly Json[]): void {
    const following = this.#following;
    if (!following || params[0] !== following.id || method !== notificationOf[following.method]) return;
    const before = (table: string, uuid: RowNews["uuid"]): RowNews["data"] => this.#dataOf(table, uuid);
    const { reader } = following;
    let changed: boolean;
    if (method === "update3") {
      changed = this.#store.apply(reader.updates2(params[2] ?? null, before));
      this.#lastTransaction = String(params[1]);
    } else if (method === "update2") changed = this.#store.apply(reader.updates2(params[1] ?? null, before));
    else changed = this.#store.apply(reader.updates(params[1] ?? null, before));
    if (changed) this.#effects.changed();
  }

  #changeConditions(): void {
    const following = this.#following;
    if (this.#state !== "current" || !following) return;
    if (following.method === "monitor") {
      // Such a server shows all rows, whatever is asked.
      this.#conditions.restart();
      return;
    }
    const change = this.#conditions.next(following.served);
    if (!change) return;
    this.#request("monitor_cond_change", [following.id, following.id, change], (answer) => {
      if (this.#following !== following) return;
      if (answer.kind === "error") {
        this.#lastTransaction = ZERO_UUID;
        this.#effects.leave(`${this.#database}: monitor_cond_change failed: ${errorText(answer.error)}`);
        return;
      }
      this.#conditions.acknowledged();
      this.#effects.changed();
      this.#changeConditions();
    });
  }

  #submit(transaction: WriteTransaction<S, F>, done: (outcome: TransactionOutcome) => void, dryRun: boolean): void {
    const server = this.#following?.server;
    const early = this.#earlyOutcome(transaction);
    if (early || !server) {
      done(early ?? tryAgain);
      return;
    }
    const request = transactionRequest(transaction.plan(), {
      schema: this.#schema,
      server,
      store: this.#store,
      lock: this.#lock.name,
      settled: this.#unanswered.size === 0,
      dryRun,
    });
    if (!request) {
      done({ status: "unchanged" });
      return;
    }
    const finish = (outcome: TransactionOutcome): void => {
      if (this.#unanswered.delete(finish)) done(outcome);
    };
    this.#unanswered.add(finish);
    this.#request("transact", [this.#database, ...request.operations], (answer) => {
      if (answer.kind === "reply") finish(outcomeOf(request.roles, request.omitted, answer.result));
      else finish(refused(answer.error));
    });
  }

  #earlyOutcome(transaction: WriteTransaction<S, F>): TransactionOutcome | undefined {
    if (transaction.isAborted) return { status: "aborted" };
    if (this.#state !== "current") return tryAgain;
    if (this.#lock.name !== undefined && this.#lock.state !== "held") return { status: "notLocked" };
    return undefined;
  }
}

const tryAgain: TransactionOutcome = { status: "tryAgain", uncertain: false };
const noRow = (): undefined => undefined;

function errorText(error: Json): string {
  if (!isJsonObject(error)) return typeof error === "string" ? error : formatJson(error);
  const { error: tag, details } = error;
  return [tag, details].filter((text) => typeof text === "string").join(": ");
}

function isUnknownMethod(error: Json): boolean {
  return error === "unknown method" || (isJsonObject(error) && error["error"] === "unknown method");
}

function refused(error: Json): TransactionOutcome {
  if (!isJsonObject(error)) return { status: "error", error: errorText(error), details: "" };
  const { error: tag, details } = error;
  return { status: "error", error: String(tag), details: typeof details === "string" ? details : "" };
}
