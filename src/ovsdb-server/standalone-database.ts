import type { Host } from "#host/host.js";
import type { ThreadHost } from "#host/threads.js";
import { AccessControl } from "#ovsdb/access-control.js";
import type { Uuid } from "#ovsdb/atom.js";
import type { ChangeSet } from "#ovsdb/change-set.js";
import { Database } from "#ovsdb/database.js";
import { OvsdbError } from "#ovsdb/error.js";
import { execute, type Outcome } from "#ovsdb/execute.js";
import type { Row } from "#ovsdb/row.js";
import type { DatabaseSchema } from "#ovsdb/schema.js";
import { schemaToJson } from "#ovsdb/schema-json.js";
import type { Log, Logger } from "#runtime/logger.js";
import type { Cancel } from "#util/clock.js";
import { BugError } from "#util/errors.js";
import type { Json } from "#util/json.js";
import { convertDatabase } from "./convert.js";
import { DatabaseFile } from "./database-file.js";
import { type DatabaseMonitor, MonitorSet } from "./monitor-set.js";
import { newUuid } from "./new-uuid.js";
import type { SourceAnswer } from "./relay-source.js";
import type {
  DatabaseSize,
  MonitorHandle,
  MonitorVersion,
  Notify,
  ServedDatabase,
  SubmittedTransaction,
  TransactionAnswer,
  TransactionRights,
} from "./served-database.js";
import { TableLogs } from "./table-logs.js";
import { TransactionHistory } from "./transaction-history.js";

export interface OpenOptions {
  /** What messages call the file. */
  readonly displayName: string;
  readonly columnDiffs: boolean;
  /** Where there are threads, one looks at the hashes of a large log while another reads it. */
  readonly threads?: ThreadHost | undefined;
}

type Answer = (result: TransactionAnswer) => void;

/**
 * Has a transaction carried out elsewhere. Undefined where that cannot be now; else a function by which the answer is no longer waited
 * for.
 */
export type Forward = (operations: readonly Json[], done: (answer: SourceAnswer) => void) => (() => void) | undefined;

/** A transaction that waits for a `wait` to come true, or for the disk. */
interface Waiting extends SubmittedTransaction {
  readonly operations: readonly Json[];
  readonly rights: TransactionRights;
  readonly since: number;
  answer: Answer | undefined;
  timer: Cancel | undefined;
  /** Set while it is on its way to where it is carried out. */
  recall: (() => void) | undefined;
}

const everything: TransactionRights = { readOnly: false, ownsLock: () => false };

/**
 * A database in memory and, unless it is built in, in a file. A transaction is checked, written to the file, applied, told to the
 * monitors and answered, in this order; a durable one is answered when it is on stable storage.
 */
export class StandaloneDatabase implements ServedDatabase {
  readonly #host: Host;
  readonly #log: Logger;
  readonly #file: DatabaseFile | undefined;
  /** Set for a copy of a database that another server has. */
  readonly #forward: Forward | undefined;
  readonly #waiting = new Set<Waiting>();
  /** Transactions on their way to the source. */
  readonly #forwarded = new Set<Waiting>();
  readonly #tableLogs: TableLogs;
  readonly #commitHandlers: ((tables: ReadonlySet<string>) => void)[] = [];
  readonly #history: TransactionHistory | undefined;
  readonly #monitors: MonitorSet;
  #database: Database;
  #schemaJson: Json;
  #isAvailable: boolean;
  #retrying = false;
  #retryAgain = false;

  private constructor(host: Host, log: Log, database: Database, file: DatabaseFile | undefined, forward?: Forward) {
    this.#host = host;
    this.#log = log.module("ovsdb_server");
    this.#database = database;
    this.#schemaJson = schemaToJson(database.schema);
    this.#file = file;
    this.#forward = forward;
    this.#isAvailable = forward === undefined;
    this.#tableLogs = new TableLogs(log.module("transaction").limited(60, 60));
    // What the server says of itself is nobody's to resume.
    this.#history = file || forward ? new TransactionHistory(() => newUuid(host)) : undefined;
    this.#monitors = new MonitorSet(this.#history);
  }

  /** Opens the file and reads it. A damaged end is logged and left out. Throws `OvsdbError` in upstream's words. */
  static open(host: Host, log: Log, path: string, options: OpenOptions): StandaloneDatabase {
    const { file, database } = DatabaseFile.open(host, path, {
      name: options.displayName,
      columnDiffs: options.columnDiffs,
      threads: options.threads,
      warn: (module, message) => log.module(module).warn(message),
      damaged: (message) => log.module("ovsdb_server").err(message),
    });
    return new StandaloneDatabase(host, log, database, file);
  }

  /** A built-in database, which only the server itself changes. */
  static inMemory(host: Host, log: Log, schema: DatabaseSchema): StandaloneDatabase {
    return new StandaloneDatabase(host, log, new Database(schema), undefined);
  }

  /** A copy of another server's database, empty until `become`; what would change it is carried out there. */
  static copy(host: Host, log: Log, name: string, forward: Forward): StandaloneDatabase {
    const schema = { name, version: "", cksum: "", tables: new Map() };
    return new StandaloneDatabase(host, log, new Database(schema), undefined, forward);
  }

  get isAvailable(): boolean {
    return this.#isAvailable;
  }

  /** Whether this is a copy of another server's database. */
  get isCopy(): boolean {
    return this.#forward !== undefined;
  }

  get name(): string {
    return this.#database.schema.name;
  }

  get schema(): DatabaseSchema {
    return this.#database.schema;
  }

  get schemaJson(): Json {
    return this.#schemaJson;
  }

  /** The rows of a table of the schema. */
  rows(table: string): Iterable<Row> {
    return this.#database.table(table).rows.values();
  }

  row(table: string, uuid: Uuid): Row | undefined {
    return this.#database.table(table).rows.get(uuid);
  }

  /** Calls back after every commit, with the names of the tables that changed. */
  onCommit(handler: (tables: ReadonlySet<string>) => void): void {
    this.#commitHandlers.push(handler);
  }

  // Transactions

  submit(operations: readonly Json[], rights: TransactionRights, answer: Answer): SubmittedTransaction | undefined {
    const waiting: Waiting = {
      database: this,
      operations,
      rights,
      since: this.#host.clock.now(),
      answer,
      timer: undefined,
      recall: undefined,
      cancel: () => {
        waiting.recall?.();
        this.#forwarded.delete(waiting);
        this.#waiting.delete(waiting);
        this.#finish(waiting, "canceled");
      },
    };
    if (!this.#attempt(waiting)) this.#waiting.add(waiting);
    return waiting.answer ? waiting : undefined;
  }

  /** Runs a transaction of the server's own, which must not wait. */
  execute(operations: readonly Json[]): readonly Json[] {
    let results: readonly Json[] | undefined;
    const { outcome, results: found } = this.#run(operations, everything, 0);
    if (outcome.kind === "commit") results = this.#commit(outcome, found).results;
    else if (outcome.kind === "failed") results = found;
    if (!results) throw new BugError("a transaction of the server's own waits");
    this.#retry();
    return results;
  }

  #run(operations: readonly Json[], rights: TransactionRights, elapsed: number): ReturnType<typeof execute> {
    return execute(this.#database, operations, {
      newUuid: () => newUuid(this.#host),
      holdsLock: rights.ownsLock,
      elapsed,
      readOnly: rights.readOnly,
      access: this.#access(rights),
    });
  }

  #access({ role = "", clientId = "" }: TransactionRights): AccessControl | undefined {
    if (!AccessControl.appliesTo(this.#database, role)) return undefined;
    return new AccessControl(this.#database, role, clientId);
  }

  /** Tries a transaction; false where it has to wait for the database to change or time to pass. */
  #attempt(waiting: Waiting): boolean {
    const elapsed = Math.floor(this.#host.clock.now() - waiting.since);
    const reserved = this.#file === undefined && this.#forward === undefined;
    const rights = reserved ? { ...waiting.rights, readOnly: true } : waiting.rights;
    const { results, outcome } = this.#run(waiting.operations, rights, elapsed);
    if (this.#forward && isForSource(results, outcome, waiting.operations.length)) return this.#pass(waiting);
    switch (outcome.kind) {
      case "blocked":
        this.#waitUntil(waiting, outcome.timeout);
        return false;
      case "failed":
        this.#finish(waiting, reserved && !waiting.rights.readOnly ? results.map((r) => this.#inReserved(r)) : results);
        return true;
      case "commit": {
        const committed = this.#commit(outcome, results);
        const { durable } = committed;
        if (!durable) this.#finish(waiting, committed.results);
        else {
          durable.then(
            () => this.#finish(waiting, committed.results),
            (error: unknown) => {
              this.#rewrite();
              this.#finish(waiting, [...committed.results, errorJson(error)]);
            },
          );
        }
        this.#retry();
        return true;
      }
    }
  }

  /** Passes a transaction on to the source, if there is one now. Its answer is the transaction's. */
  #pass(waiting: Waiting): boolean {
    waiting.timer?.cancel();
    waiting.recall = this.#forward?.(waiting.operations, (answer) => {
      this.#forwarded.delete(waiting);
      if ("error" in answer) this.#finish(waiting, { refused: answer.error });
      else this.#finish(waiting, Array.isArray(answer.result) ? (answer.result as readonly Json[]) : []);
    });
    if (!waiting.recall) return false;
    this.#forwarded.add(waiting);
    return true;
  }

  /** Why a client may not change a built-in database. */
  #inReserved(result: Json): Json {
    if (typeof result !== "object" || result === null || !("error" in result) || result["error"] !== "not allowed")
      return result;
    const details = String(result["details"]).replace(/when database.*/, `on table in reserved database ${this.name}`);
    return { ...result, details };
  }

  #waitUntil(waiting: Waiting, timeout: number | undefined): void {
    waiting.timer?.cancel();
    waiting.timer = undefined;
    if (timeout === undefined) return;
    const left = waiting.since + timeout - this.#host.clock.now();
    waiting.timer = this.#host.clock.after(Math.max(0, left), () => {
      if (this.#waiting.has(waiting) && this.#attempt(waiting)) this.#waiting.delete(waiting);
    });
  }

  #finish(waiting: Waiting, result: TransactionAnswer): void {
    const { answer } = waiting;
    waiting.answer = undefined;
    waiting.timer?.cancel();
    answer?.(result);
  }

  #commit(
    outcome: Outcome & { readonly kind: "commit" },
    results: readonly Json[],
  ): { readonly results: readonly Json[]; readonly durable?: Promise<void> | undefined } {
    const { changes, comment, durable } = outcome;
    if (changes.changes.length > 0) {
      try {
        this.#file?.append(changes, comment);
      } catch (error) {
        return { results: [...results, errorJson(error)] };
      }
      this.#apply(changes);
    }
    return { results, durable: durable ? this.#file?.sync() : undefined };
  }

  #apply(changes: ChangeSet, transaction?: Uuid): void {
    this.#database.apply(changes);
    this.#history?.add(changes, transaction);
    this.#tableLogs.tell(changes);
    this.#monitors.tell(changes);
    const tables = new Set(changes.changes.map((change) => change.table.name));
    for (const handler of this.#commitHandlers) handler(tables);
    this.#retryAgain = true;
  }

  /** Tries the waiting transactions again, and again after each one that changes something. */
  #retry(): void {
    if (this.#retrying) return;
    this.#retrying = true;
    try {
      while (this.#retryAgain) {
        this.#retryAgain = false;
        for (const waiting of [...this.#waiting]) {
          if (this.#waiting.has(waiting) && this.#attempt(waiting)) this.#waiting.delete(waiting);
        }
      }
    } finally {
      this.#retrying = false;
    }
  }

  // Copies

  /** The source has another schema: all contents go. Whoever monitors the database has to be told before. */
  become(schema: DatabaseSchema): void {
    this.#monitors.clear();
    this.#history?.clear();
    this.#database = new Database(schema);
    this.#schemaJson = schemaToJson(schema);
    this.#isAvailable = true;
  }

  /** The source has changed as `changesOf` finds; `transaction` is its id there, where it has one. */
  takeUp(changesOf: (present: Database) => ChangeSet, transaction: Uuid | undefined): void {
    const changes = changesOf(this.#database);
    if (changes.changes.length === 0) {
      if (transaction !== undefined) this.#history?.add(changes, transaction);
      return;
    }
    this.#apply(changes, transaction);
    this.#retry();
  }

  /** The source is there again: tries what waited for it. */
  resume(): void {
    this.#retryAgain = true;
    this.#retry();
  }

  // Monitors

  monitor(
    version: MonitorVersion,
    id: Json,
    requests: Json,
    since: Json | undefined,
    notify: Notify,
  ): { readonly monitor: MonitorHandle; readonly initial: Json } {
    const { monitor, initial } = this.#monitors.add(this.#database, version, id, requests, since, notify);
    return { monitor: handleOf(this, monitor), initial };
  }

  // Upkeep

  /** Rewrites the file without its history. */
  async compact(): Promise<void> {
    await this.#file?.compact(this.#database);
  }

  /**
   * After a failed fsync nobody knows what is on the disk, and a second fsync would not tell. A new file, written from memory,
   * makes the two agree again.
   */
  #rewrite(): void {
    this.compact().catch((error: unknown) =>
      this.#log.err(`${this.name}: rewriting failed (${(error as Error).message})`),
    );
  }

  /** Compacts where the file has grown by upstream's rule. */
  compactIfGrown(): void {
    if (!this.#file?.wantsCompaction()) return;
    this.#log.info(`compacting ${this.name} database online`);
    this.compact().then(
      () => {},
      (error: unknown) => this.#log.warn(`${this.name}: compacting failed (${(error as Error).message})`),
    );
  }

  /** Gives the database another schema and the file too. `before` is called when it is done but nobody has seen it yet. */
  async convert(schema: Json, before: () => void): Promise<void> {
    if (!this.#file) throw new OvsdbError("not allowed", `convert not allowed in reserved database ${this.name}`);
    await this.#file.idle();
    const database = convertDatabase(this.#database, schema, () => newUuid(this.#host));
    this.#file.replace(database, "converted by ovsdb-server");
    before();
    this.#monitors.clear();
    this.#history?.clear();
    this.#database = database;
    this.#schemaJson = schemaToJson(database.schema);
  }

  storageStatus(): string {
    return this.#file?.lastError ?? "ok";
  }

  setTableLog(table: string, on: boolean): void {
    this.#tableLogs.set(table, on);
  }

  tableLogs(): Record<string, boolean> {
    return this.#tableLogs.states(this.schema);
  }

  /** Counted on demand. */
  size(): DatabaseSize {
    let atoms = 0;
    let cells = 0;
    let weakRefs = 0;
    for (const table of this.#database.tables.values()) {
      cells += table.rows.size * table.schema.columnList.length;
      for (const row of table.rows.values()) {
        for (const datum of row.data) atoms += datum.keys.length * (datum.values ? 2 : 1);
      }
      for (const referrers of table.weakReferrers.values()) weakRefs += referrers.size;
    }
    return { atoms, cells, monitors: this.#monitors.size, triggers: this.#waiting.size, weakRefs };
  }

  close(): void {
    for (const waiting of [...this.#waiting, ...this.#forwarded]) waiting.cancel();
    this.#monitors.clear();
    this.#file?.close();
  }
}

/**
 * Whether the source is to judge a transaction: it would change or sync something there, or the copy found a fault only in all
 * operations together, such as a value that an index has twice, where the copy may be behind.
 */
function isForSource(results: readonly Json[], outcome: Outcome, operations: number): boolean {
  if (outcome.kind === "commit") return outcome.changes.changes.length > 0 || outcome.durable;
  return outcome.kind === "failed" && results.length > operations;
}

function errorJson(error: unknown): Json {
  if (error instanceof OvsdbError) return error.toJson();
  throw error;
}

function handleOf(database: ServedDatabase, monitor: DatabaseMonitor): MonitorHandle {
  return {
    database,
    get id() {
      return monitor.id;
    },
    changeCondition: (id, requests) => monitor.changeCondition(id, requests),
    cancel: () => monitor.cancel(),
  };
}
