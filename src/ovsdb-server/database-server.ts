import type { Host } from "#host/host.js";
import type { ConnectOptions } from "#host/streams.js";
import type { ThreadHost } from "#host/threads.js";
import { OvsdbError } from "#ovsdb/error.js";
import { schemaToJson } from "#ovsdb/schema-json.js";
import type { Log, Logger } from "#runtime/logger.js";
import type { Cancel } from "#util/clock.js";
import { UserError } from "#util/errors.js";
import type { Json } from "#util/json.js";
import { formatJson } from "#util/json-text.js";
import { ActiveBackup, type SyncOptions } from "./active-backup.js";
import type { ClientSession, SessionServer } from "./client-session.js";
import { parseDatabaseSpec, type SourceOptions } from "./database-spec.js";
import { checkRemote, databaseOf, isDbReference } from "./db-reference.js";
import { Locks } from "./locks.js";
import { newUuid } from "./new-uuid.js";
import { Relay } from "./relay.js";
import { defaultRemote, type RemoteSettings, withDefaults } from "./remote.js";
import { RemoteRows } from "./remote-rows.js";
import { Remotes } from "./remotes.js";
import { Replication } from "./replication.js";
import type { ServedDatabase } from "./served-database.js";
import type { BackupConfig } from "./server-config.js";
import { ServerRows } from "./server-rows.js";
import { StandaloneDatabase } from "./standalone-database.js";
import { TlsFiles, type TlsOptions } from "./tls-files.js";

export interface ServerOptions {
  /** Below which relative socket names lie. */
  readonly runDirectory: string;
  readonly tls: TlsOptions;
  /** Whether the log tells differences of columns rather than their new values. */
  readonly columnDiffs: boolean;
  /** Used to read large databases faster. */
  readonly threads?: ThreadHost;
  /** Bytes that may wait for a slow client before it is cut off; 256 MiB unless told otherwise. */
  readonly backlogLimit?: number;
  /** The role in an active-backup pair; `startSync` takes it up. */
  readonly sync?: SyncOptions;
}

/** Milliseconds between updates of the columns that tell of remotes. */
const statusInterval = 2500;

/** Milliseconds between looks at the files of keys and certificates. */
const tlsInterval = 1000;

/** Several databases, served on several remotes: what `ovsdb-server` is, apart from being a daemon. */
export class DatabaseServer implements SessionServer {
  readonly id: string;
  readonly locks: Locks = new Locks();
  readonly backlogLimit: number;
  readonly #host: Host;
  readonly #log: Log;
  readonly #options: ServerOptions;
  readonly #databases = new Map<string, StandaloneDatabase>();
  readonly #paths = new Map<string, string>();
  readonly #relays = new Map<string, Relay>();
  #relayProbeInterval: number | undefined;
  readonly #server: StandaloneDatabase;
  readonly #serverRows: ServerRows;
  #specs: ReadonlyMap<string, RemoteSettings> = new Map();
  readonly #backups = new Map<string, ActiveBackup>();
  readonly #remoteWarnings: Logger;
  readonly #remotes: Remotes;
  readonly #rows: RemoteRows;
  readonly #tls: TlsFiles;
  readonly sync: ActiveBackup;
  monitorCondEnabled = true;
  #statusTimer: Cancel | undefined;
  #tlsTimer: Cancel | undefined;
  #configuring: Promise<void> = Promise.resolve();
  #reconfigureAsked = false;
  #compactTimer: Cancel | undefined;
  #closed = false;

  constructor(host: Host, log: Log, options: ServerOptions) {
    this.#host = host;
    this.#log = log;
    this.#options = options;
    this.#remoteWarnings = log.module("ovsdb_server").limited(1, 1);
    this.backlogLimit = options.backlogLimit ?? 256 * 1024 * 1024;
    this.id = newUuid(host);
    this.#server = ServerRows.createDatabase(host, log);
    this.#serverRows = new ServerRows(this.#server);
    this.#databases.set("_Server", this.#server);
    this.#serverRows.add("_Server", formatJson(schemaToJson(this.#server.schema), { sorted: true }));
    this.#tls = new TlsFiles(
      host.files,
      options.tls,
      (name) => this.#databases.get(name),
      (path) => {
        log.module("stream_ssl").info(`successfully bootstrapped CA cert to ${path}`);
        this.#remotes.renewTls();
      },
    );
    this.#rows = new RemoteRows((name) => this.#databases.get(name));
    this.#remotes = new Remotes({
      host,
      log,
      server: this,
      runDirectory: options.runDirectory,
      tls: () => this.#tls.settings(),
    });
    this.sync = this.#newBackup(options.sync ?? { from: undefined, excluded: new Map(), active: true }, () => true);
  }

  /** The role of the databases that `includes` tells. */
  #newBackup(options: SyncOptions, includes: (database: string) => boolean): ActiveBackup {
    const replicated = (): StandaloneDatabase[] =>
      [...this.#databases.values()].filter(({ name, isCopy }) => !name.startsWith("_") && !isCopy && includes(name));
    const { runDirectory } = this.#options;
    return new ActiveBackup(options, {
      open: (settings, failed) => {
        const all = { ...settings, runDirectory, tls: this.#tls.settings(), serverId: this.id };
        return new Replication(this.#host, this.#log, all, replicated, failed);
      },
      changed: (isBackup) =>
        this.reconnect(`${isBackup ? "connecting to" : "disconnecting from"} the active ovsdb-server`),
    });
  }

  /** Gives a database a role of its own, or none. */
  setBackup(name: string, config: BackupConfig | undefined): void {
    const before = this.#backups.get(name);
    const wasBackup = before?.isBackup ?? false;
    before?.close();
    this.#backups.delete(name);
    if (config) {
      const excluded = new Map([[name, config.excluded]]);
      const sync = { from: config.source, excluded, active: !config.backup, ...config.options };
      const backup = this.#newBackup(sync, (database) => database === name);
      this.#backups.set(name, backup);
      if (config.backup) backup.connect();
    }
    if (wasBackup && !config?.backup) this.reconnect("disconnecting from the active ovsdb-server");
  }

  /** What `ovsdb-server/sync-status` prints: of the server, or of each database that has a role of its own. */
  syncStatus(): string {
    if (this.#backups.size === 0) return this.sync.status();
    return [...this.#backups.values()].map((backup) => backup.status()).join("");
  }

  /** With `--sync-from` and without `--active`, begins as a backup. */
  startSync(): void {
    const { sync } = this.#options;
    if (sync?.from !== undefined && !sync.active) this.sync.connect();
  }

  /** Clients may only read a database, or any: the contents are those of another server. */
  isBackup(name?: string): boolean {
    return this.sync.isBackup || (name !== undefined && (this.#backups.get(name)?.isBackup ?? false));
  }

  database(name: string): ServedDatabase | undefined {
    return this.#databases.get(name);
  }

  databaseNames(): readonly string[] {
    return [...this.#databases.keys()].sort();
  }

  /** Serves a database: of a file, or one that is relayed (`relay:NAME:REMOTES`). Throws `OvsdbError` in upstream's words. */
  addDatabase(text: string): void {
    const spec = parseDatabaseSpec(text);
    if (spec.kind === "file") this.#addFile(spec.path);
    else this.addRelay(spec.name, spec.remotes, { probeInterval: this.#relayProbeInterval });
  }

  /** Relays a database of another server. Throws `OvsdbError`. */
  addRelay(name: string, remotes: string, options: SourceOptions): void {
    if (this.#databases.has(name)) throw new OvsdbError("ovsdb error", `${name}: duplicate database name`);
    if (name.startsWith("_")) throw new OvsdbError("ovsdb error", `${name}: names beginning with "_" are reserved`);
    const { runDirectory } = this.#options;
    const connect = (): ConnectOptions => ({ tls: this.#tls.settings() });
    const settings = { database: name, remotes, options, runDirectory, connect };
    const relay = new Relay(this.#host, this.#log, settings, {
      schemaChanged: (isFirst) => {
        this.#gone(relay.database, `database ${name} ${isFirst ? "connected to storage" : "schema changed"}`);
        this.#serverRows.setSchema(name, this.#schemaText(relay.database));
        this.#configureSoon();
      },
      connected: (isConnected) => this.#serverRows.setConnected(name, isConnected),
    });
    this.#log.module("relay").dbg(`added database: ${name}, ${remotes}`);
    this.#relays.set(name, relay);
    this.#databases.set(name, relay.database);
    this.#paths.set(name, `relay:${name}:${remotes}`);
    relay.database.onCommit((tables) => this.#committed(relay.database, tables));
    this.#serverRows.addRelay(name);
    this.#watchTls();
    this.#configureSoon();
  }

  /** Counts for all relays there are, and those that come. */
  setRelayProbeInterval(milliseconds: number): void {
    this.#relayProbeInterval = milliseconds;
    for (const { source } of this.#relays.values()) source.setProbeInterval(milliseconds);
  }

  /** Takes other options for the connection to a relay's source. */
  adjustRelay(name: string, options: SourceOptions): void {
    this.#relays.get(name)?.source.adjust(options);
  }

  #addFile(path: string): void {
    this.serve(path, this.openFile(path));
  }

  /** Opens and reads the database of a file, without serving it yet. Throws `OvsdbError` in upstream's words. */
  openFile(path: string): StandaloneDatabase {
    const absolute = path.startsWith("/") ? path : `${this.#host.process.cwd}/${path}`;
    if ([...this.#paths.values()].includes(absolute)) throw new OvsdbError("ovsdb error", `${path}: already open`);
    return StandaloneDatabase.open(this.#host, this.#log, absolute, {
      displayName: path,
      columnDiffs: this.#options.columnDiffs,
      threads: this.#options.threads,
    });
  }

  /** Serves a database that was opened. Throws `OvsdbError`, and closes it, where there is one of its name. */
  serve(path: string, database: StandaloneDatabase): void {
    if (this.#databases.has(database.name)) {
      database.close();
      throw new OvsdbError("ovsdb error", `${database.name}: duplicate database name`);
    }
    this.#databases.set(database.name, database);
    this.#paths.set(database.name, path.startsWith("/") ? path : `${this.#host.process.cwd}/${path}`);
    database.onCommit((tables) => this.#committed(database, tables));
    this.#serverRows.add(database.name, this.#schemaText(database));
    this.sync.restart();
    this.#configureSoon();
    this.#compactLater();
  }

  /** The databases as they were named when they were added, files by absolute paths. */
  databaseSpecs(): readonly string[] {
    return [...this.#paths.values()];
  }

  /** Whether the file of that name is served already. */
  serves(path: string): boolean {
    const absolute = path.startsWith("/") || path.startsWith("relay:") ? path : `${this.#host.process.cwd}/${path}`;
    return [...this.#paths.values()].includes(absolute);
  }

  removeDatabase(name: string): void {
    const database = this.#databases.get(name);
    if (!database) throw new UserError("Failed to find the database.");
    if (name.startsWith("_")) throw new UserError("Cannot remove reserved database.");
    this.#databases.delete(name);
    this.#paths.delete(name);
    this.#gone(database, `removing ${name} database by user request`);
    this.#serverRows.remove(name);
    database.close();
    this.#relays.get(name)?.close();
    this.#relays.delete(name);
    this.#backups.get(name)?.close();
    this.#backups.delete(name);
    this.sync.restart();
    this.#configureSoon();
  }

  #gone(database: ServedDatabase, reason: string): void {
    this.#remotes.eachSession((session) => session.databaseGone(database, reason));
  }

  #schemaText(database: ServedDatabase): string {
    return formatJson(database.schemaJson, { sorted: true });
  }

  async convert(database: ServedDatabase, schema: Json): Promise<void> {
    const relay = this.#relays.get(database.name);
    if (relay) return relay.convert(schema);
    const standalone = this.#databases.get(database.name);
    if (!standalone) throw new OvsdbError("unknown database", database.name);
    await standalone.convert(schema, () => {
      this.#gone(standalone, `committed ${standalone.name} database schema conversion`);
    });
    this.#serverRows.setSchema(standalone.name, this.#schemaText(standalone));
    this.#configureSoon();
  }

  // Remotes

  /** The remotes that were asked for by name, sorted. */
  remoteNames(): readonly string[] {
    return [...this.#specs.keys()].sort();
  }

  /** Adds a remote; resolves when it has tried to listen. Throws `UserError` where a `db:` form names nothing. */
  async addRemote(spec: string): Promise<void> {
    checkRemote(spec, (name) => this.#databases.get(name));
    await this.setRemotes(new Map([...this.#specs, [spec, defaultRemote]]));
  }

  /** Has these remotes and no others; resolves when it has tried to listen. */
  async setRemotes(specs: ReadonlyMap<string, RemoteSettings>): Promise<void> {
    this.#specs = specs;
    await this.#configure();
  }

  async removeRemote(spec: string): Promise<void> {
    if (!this.#specs.has(spec)) throw new UserError("no such remote");
    await this.setRemotes(new Map([...this.#specs].filter(([name]) => name !== spec)));
  }

  /** Drops all connections, so that clients look anew. */
  reconnect(reason: string): void {
    this.#remotes.reconnect(reason);
  }

  /** Files of keys and certificates are replaced as they expire: the new ones count without a restart. */
  #watchTls(): void {
    if (this.#tlsTimer || !this.#tls.used) return;
    this.#tlsTimer = this.#host.clock.after(tlsInterval, () => {
      this.#tlsTimer = undefined;
      if (this.#closed) return;
      if (this.#tls.changed()) this.#remotes.renewTls();
      this.#watchTls();
    });
  }

  /** Throws `UserError` where a `db:` form of keys or certificates names nothing fit. */
  checkTls(): void {
    this.#tls.check();
  }

  #wanted(): Map<string, RemoteSettings> {
    const wanted = new Map<string, RemoteSettings>();
    for (const [spec, settings] of this.#specs) if (!isDbReference(spec)) wanted.set(spec, settings);
    for (const [spec, base] of this.#specs) {
      if (!isDbReference(spec) || this.#databases.get(databaseOf(spec))?.isAvailable === false) continue;
      try {
        for (const [target, settings] of this.#rows.read(spec)) {
          if (!wanted.has(target)) wanted.set(target, withDefaults(settings, base));
        }
      } catch (error) {
        if (!(error instanceof UserError)) throw error;
        this.#remoteWarnings.warn(error.message.trimEnd());
      }
    }
    return wanted;
  }

  #configure(): Promise<void> {
    this.#reconfigureAsked = false;
    if (this.#tls.changed()) this.#remotes.renewTls();
    this.#watchTls();
    this.#configuring = this.#configuring.then(() =>
      this.#closed ? undefined : this.#remotes.configure(this.#wanted()),
    );
    this.#statusLater();
    return this.#configuring;
  }

  #configureSoon(): void {
    if (this.#reconfigureAsked || this.#specs.size === 0) return;
    this.#reconfigureAsked = true;
    this.#host.clock.after(0, () => {
      if (!this.#closed) void this.#configure();
    });
  }

  #committed(database: StandaloneDatabase, tables: ReadonlySet<string>): void {
    const interesting = [...this.#specs.keys(), ...this.#tls.references()].some((spec) => {
      if (!isDbReference(spec) || !spec.startsWith(`db:${database.name},`)) return false;
      return [...this.#rows.tablesOf(spec)].some((table) => tables.has(table));
    });
    if (interesting) this.#configureSoon();
    this.#compactLater();
  }

  #statusLater(): void {
    if (this.#statusTimer || ![...this.#specs.keys()].some(isDbReference)) return;
    this.#statusTimer = this.#host.clock.after(statusInterval, () => {
      this.#statusTimer = undefined;
      if (this.#closed) return;
      for (const spec of this.#specs.keys()) {
        if (isDbReference(spec) && !this.isBackup(databaseOf(spec)))
          this.#rows.writeStatus(spec, (target) => this.#remotes.status(target));
      }
      this.#statusLater();
    });
  }

  // Upkeep

  /** Compacts one database, or all. */
  async compact(name: string | undefined): Promise<void> {
    if (name !== undefined) {
      const database = this.#databases.get(name);
      if (!database) throw new UserError("no database by that name");
      if (name.startsWith("_")) throw new UserError("cannot compact built-in databases");
      return this.#compact(database);
    }
    for (const database of this.#databases.values()) if (!database.name.startsWith("_")) await this.#compact(database);
  }

  async #compact(database: StandaloneDatabase): Promise<void> {
    this.#log.module("ovsdb_server").info(`compacting ${database.name} database by user request`);
    await database.compact();
  }

  /** Looks, some time after a commit, whether a log has grown so that it should be compacted. */
  #compactLater(): void {
    if (this.#compactTimer) return;
    this.#compactTimer = this.#host.clock.after(1000, () => {
      this.#compactTimer = undefined;
      for (const database of this.#databases.values()) if (!this.#closed) database.compactIfGrown();
    });
  }

  setMemoryTrim(state: string): void {
    if (state !== "on" && state !== "off") throw new UserError("invalid argument");
    this.#log
      .module("ovsdb_server")
      .info(`memory trimming after compaction ${state === "on" ? "enabled" : "disabled"}.`);
  }

  /** Clients are made to use the old monitor methods, which is of use to test them only. */
  disableMonitorCond(): void {
    this.monitorCondEnabled = false;
    this.reconnect("user ran ovsdb-server/disable-monitor-cond");
  }

  storageStatus(name: string): string {
    const database = this.#databases.get(name);
    if (!database) throw new UserError("Failed to find the database.");
    return `status: ${database.storageStatus()}\n`;
  }

  setTableLog(reference: string, state: string): void {
    const [name, tableName, more] = reference.split(":");
    if (name === undefined || tableName === undefined || more !== undefined) {
      throw new UserError("invalid DB:TABLE argument");
    }
    const database = this.#databases.get(name);
    if (!database) throw new UserError("no such database");
    if (!database.schema.tables.has(tableName)) throw new UserError("no such table");
    if (state !== "on" && state !== "off") throw new UserError("invalid command argument");
    database.setTableLog(tableName, state === "on");
  }

  tableLogs(): Record<string, Record<string, boolean>> {
    return Object.fromEntries(this.databaseNames().map((name) => [name, this.#databases.get(name)?.tableLogs() ?? {}]));
  }

  /** What `memory/show` prints. */
  memory(): Record<string, number> {
    const sum = { atoms: 0, cells: 0, monitors: 0, "n-weak-refs": 0 };
    let triggers = 0;
    for (const database of this.#databases.values()) {
      const size = database.size();
      sum.atoms += size.atoms;
      sum.cells += size.cells;
      sum.monitors += size.monitors;
      sum["n-weak-refs"] += size.weakRefs;
      triggers += size.triggers;
    }
    const sessions = this.#remotes.sessionCount();
    let backlog = 0;
    this.#remotes.eachSession((session: ClientSession) => {
      backlog += session.backlog;
    });
    return {
      ...sum,
      ...(sessions > 0 ? { sessions } : {}),
      ...(triggers > 0 ? { triggers } : {}),
      ...(backlog > 0 ? { backlog } : {}),
    };
  }

  /** Ends everything: connections, files. */
  close(): void {
    this.#closed = true;
    this.#statusTimer?.cancel();
    this.#tlsTimer?.cancel();
    this.#compactTimer?.cancel();
    this.sync.close();
    for (const backup of this.#backups.values()) backup.close();
    this.#remotes.close();
    for (const relay of this.#relays.values()) relay.close();
    for (const database of this.#databases.values()) database.close();
  }
}
