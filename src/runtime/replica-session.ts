import type { Host } from "#host/host.js";
import type { ConnectOptions } from "#host/streams.js";
import type { SchemaDeclaration } from "#ovsdb/declaration.js";
import type { ChangeTracker } from "#ovsdb/replica/change-tracker.js";
import type { RowConditions } from "#ovsdb/replica/conditions.js";
import type { Effects } from "#ovsdb/replica/effects.js";
import type { Follow, FollowedTable, OnlyTablesOf } from "#ovsdb/replica/follow.js";
import type { LockState } from "#ovsdb/replica/lock-state.js";
import {
  ReplicaEngine,
  type ReplicaFigures,
  type ReplicaSettings,
  type ReplicaState,
} from "#ovsdb/replica/replica-engine.js";
import type { TableView } from "#ovsdb/replica/table-view.js";
import type { TransactionOutcome } from "#ovsdb/replica/transaction-outcome.js";
import type { WriteTransaction } from "#ovsdb/replica/write-transaction.js";
import type { ReconnectSettings } from "#protocols/reconnect.js";
import type { Cancel } from "#util/clock.js";
import type { Json } from "#util/json.js";
import { JsonRpcSession } from "./jsonrpc-session.js";
import type { Log } from "./logger.js";
import { shuffled } from "./replica-session-shuffle.js";

/** How a replica is kept, and over what kind of connection. */
export interface ReplicaSessionSettings<S extends SchemaDeclaration, F extends Follow<S>>
  extends ReplicaSettings<S, F>,
    ReconnectSettings {
  /** Certificates for `ssl:` remotes. */
  readonly connect?: ConnectOptions;
  /** Tries the remotes in the order given, instead of one drawn by lot. */
  readonly inOrder?: boolean;
}

/**
 * A copy of tables of an OVSDB database over a connection that is kept up, and a way to write to it. Works with any OVSDB server.
 * What may be followed and written, and by which types, is told by a schema declaration.
 */
export class ReplicaSession<S extends SchemaDeclaration, F extends Follow<S>> {
  readonly #engine: ReplicaEngine<S, F>;
  readonly #session: JsonRpcSession;
  readonly #log: Log;
  readonly #handlers = new Set<() => void>();
  #remotes: readonly string[];
  #closed = false;

  private constructor(
    host: Host,
    log: Log,
    remotes: readonly string[],
    engine: ReplicaEngine<S, F>,
    settings: ReplicaSessionSettings<S, F>,
  ) {
    this.#engine = engine;
    this.#log = log;
    this.#remotes = settings.inOrder ? remotes : shuffled(remotes, (size) => host.random(size));
    this.#session = JsonRpcSession.open(
      host,
      log,
      this.#remotes,
      {
        onConnected: () => this.#carryOut(engine.connected()),
        onDisconnected: () => this.#carryOut(engine.disconnected()),
        onNotification: (method, params) => this.#carryOut(engine.notified(method, params)),
        // The engine's ids are its own, so that answers come in their order among notifications.
        onStrayAnswer: (answer) => this.#carryOut(engine.answered(answer.id, answer)),
      },
      // A unix socket's peer cannot vanish unnoticed, so it is not probed, as upstream has it.
      remotes.some((remote) => /^p?(tcp|ssl):/.test(remote)) ? settings : { probeInterval: 0, ...settings },
    );
  }

  /** Begins to follow the tables and columns that `follow` names, from one of the remotes. */
  static open<const S extends SchemaDeclaration, const F extends Follow<S>>(
    host: Host,
    log: Log,
    remotes: readonly string[],
    declaration: S,
    follow: F & OnlyTablesOf<S, F>,
    settings: ReplicaSessionSettings<S, F> = {},
  ): ReplicaSession<S, F> {
    return new ReplicaSession(host, log, remotes, new ReplicaEngine<S, F>(declaration, follow, settings), settings);
  }

  get state(): ReplicaState {
    return this.#engine.state;
  }

  /** Whether the rows are the database's present ones. They stay readable while they are not. */
  get isCurrent(): boolean {
    return this.#engine.state === "current";
  }

  get lockState(): LockState {
    return this.#engine.lockState;
  }

  /** Tables and columns that are followed but that the server lacks. */
  get missing(): readonly string[] {
    return this.#engine.missing;
  }

  /** Whether the present server's schema has a column, followed or not. */
  serves(table: string, column: string): boolean {
    return this.#engine.serves(table, column);
  }

  get conditionsInForce(): boolean {
    return this.#engine.conditionsInForce;
  }

  get figures(): ReplicaFigures {
    return this.#engine.figures;
  }

  /** The remote as it is called in logs. */
  get name(): string {
    return this.#session.name;
  }

  /** A table's rows. */
  table<T extends FollowedTable<S, F>>(name: T): TableView<S, F, T> {
    return this.#engine.table(name);
  }

  /** Watches for changes of some tables, or of all. `sinceNow` leaves out rows that are there already. */
  track(tables?: readonly FollowedTable<S, F>[], sinceNow = false): ChangeTracker<S, F> {
    return this.#engine.track(tables, sinceNow);
  }

  /** Calls `handler` after rows, the state, the lock or the conditions in force have changed. */
  onChange(handler: () => void): Cancel {
    this.#handlers.add(handler);
    return { cancel: () => this.#handlers.delete(handler) };
  }

  /** Resolves when `holds` does, now or after a change; rejects when the session is closed before. */
  when(holds: () => boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      const look = (): void => {
        if (!this.#closed && !holds()) return;
        watch.cancel();
        if (this.#closed) reject(new Error("the replica was closed"));
        else resolve();
      };
      const watch = this.onChange(look);
      look();
    });
  }

  /** Resolves when the rows are the database's present ones. */
  whenCurrent(): Promise<void> {
    return this.when(() => this.isCurrent);
  }

  /** Follows other rows from now on, of the tables named; resolves when the replica has them. */
  setConditions(where: RowConditions<S, F>): Promise<void> {
    this.#carryOut(this.#engine.setConditions(where));
    return this.when(() => this.conditionsInForce);
  }

  /** Wants a lock, or none any more; `lockState` tells when it is held. `steal` takes it from who has it. */
  setLock(name: string | undefined, steal = false): void {
    this.#carryOut(this.#engine.setLock(name, steal));
  }

  /** A transaction to be filled and given to `commit`. */
  transaction(): WriteTransaction<S, F> {
    return this.#engine.transaction();
  }

  /** Puts a transaction to the server. Rejects only if it names new rows of another transaction. */
  commit(
    transaction: WriteTransaction<S, F>,
    options: { readonly dryRun?: boolean } = {},
  ): Promise<TransactionOutcome> {
    return new Promise((resolve) => {
      this.#carryOut(this.#engine.submit(transaction, resolve, options.dryRun));
    });
  }

  /**
   * Fills a transaction by `write` and commits it, again and again while others are faster (`tryAgain`). Where the connection was lost in
   * the middle, it may have been carried out and is not tried again.
   */
  async write(
    write: (transaction: WriteTransaction<S, F>) => void,
    options: { readonly attempts?: number } = {},
  ): Promise<TransactionOutcome> {
    for (let attempt = 1; ; attempt++) {
      await this.whenCurrent();
      const transaction = this.transaction();
      write(transaction);
      const outcome = await this.commit(transaction);
      if (outcome.status !== "tryAgain" || outcome.uncertain || attempt >= (options.attempts ?? 1000)) return outcome;
    }
  }

  /**
   * Sends operations (RFC 7047, 5.2) as one transaction, for what `WriteTransaction` does not do. Resolves with their results, as the
   * server gives them; rejects where there is no connection, or it is lost.
   */
  async transact(operations: readonly Json[]): Promise<readonly Json[]> {
    const results = await this.#session.request("transact", [this.#engine.database, ...operations]);
    return Array.isArray(results) ? results : [];
  }

  /** Changes where to connect to. */
  setRemotes(remotes: readonly string[]): void {
    this.#remotes = remotes;
    this.#session.setRemotes(remotes);
  }

  /** Drops the connection and makes a new one, to the next remote. */
  reconnect(): void {
    this.#session.forceReconnect();
  }

  /** Ends it. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#session.close();
    this.#carryOut(this.#engine.disconnected());
    // Who waits for something is told, also where there was no connection to end.
    this.#tell();
    this.#handlers.clear();
  }

  #carryOut(effects: Effects): void {
    for (const request of effects.send) this.#session.send(request);
    const log = this.#log.module("ovsdb_idl");
    for (const complaint of effects.complaints) log.warn(complaint);
    const { leave } = effects;
    if (leave && !(leave.onlyForAnother && this.#remotes.length < 2)) {
      log.info(`${this.#session.name}: ${leave.why}`);
      this.#session.tryAnotherRemote();
    }
    if (effects.changed) this.#tell();
  }

  #tell(): void {
    for (const handler of [...this.#handlers]) handler();
  }
}
