import type { Host } from "#host/host.js";
import type { TlsSettings } from "#host/streams.js";
import { OvsdbError } from "#ovsdb/error.js";
import type { DatabaseSchema } from "#ovsdb/schema.js";
import { schemaFromJson } from "#ovsdb/schema-json.js";
import { resolveStreamName } from "#runtime/dirs.js";
import { ConnectionEnded, JsonRpcRefusal } from "#runtime/jsonrpc.js";
import { JsonRpcSession } from "#runtime/jsonrpc-session.js";
import type { Log, Logger } from "#runtime/logger.js";
import type { Json } from "#util/json.js";
import type { ExcludedTables } from "./excluded-tables.js";
import { operationsOfContents, operationsOfUpdates } from "./replica-changes.js";
import type { StandaloneDatabase } from "./standalone-database.js";

export interface ReplicationSettings {
  /** The active server, in the form of an active connection method. */
  readonly from: string;
  readonly excluded: ExcludedTables;
  /** Milliseconds of silence before the active server is probed; 0 for none. */
  readonly probeInterval: number;
  /** Milliseconds at most between attempts to connect; 8000 unless told otherwise. */
  readonly maxBackoff?: number | undefined;
  readonly runDirectory: string;
  readonly tls: TlsSettings | undefined;
  /** Our own id, by which a server that replicates from itself is found out. */
  readonly serverId: string;
}

/** A database that is replicated; updates that come before its contents have been taken up wait. */
interface Replicated {
  readonly database: StandaloneDatabase;
  readonly early: Json[];
  ready: boolean;
}

/**
 * The backup role (ovsdb(7) "Active-Backup Database Service Model"): keeps our databases equal to those of an active server. After every
 * connect the contents are compared and what differs is changed in one transaction; then each update is carried out as it comes.
 */
export class Replication {
  readonly settings: ReplicationSettings;
  readonly #log: Logger;
  readonly #errors: Logger;
  readonly #databases: () => Iterable<StandaloneDatabase>;
  readonly #failed: () => void;
  readonly #rpc: JsonRpcSession;
  #replicated = new Map<string, Replicated>();
  #generation = 0;

  /** `failed` is called once replication cannot go on, after which the object is closed. */
  constructor(
    host: Host,
    log: Log,
    settings: ReplicationSettings,
    databases: () => Iterable<StandaloneDatabase>,
    failed: () => void,
  ) {
    this.settings = settings;
    this.#log = log.module("replication");
    this.#errors = log.module("ovsdb_error");
    this.#databases = databases;
    this.#failed = failed;
    const { from, probeInterval, maxBackoff, runDirectory, tls } = settings;
    this.#rpc = JsonRpcSession.open(
      host,
      log,
      [resolveStreamName(from, runDirectory)],
      {
        onConnected: () => void this.#begin(++this.#generation),
        onDisconnected: () => {
          this.#generation++;
          this.#replicated = new Map();
        },
        onNotification: (method, params) => this.#notified(method, params),
      },
      { probeInterval, ...(maxBackoff === undefined ? {} : { maxBackoff }), ...(tls ? { connect: { tls } } : {}) },
    );
  }

  /** The databases that are being kept equal; none while there is no connection. */
  get replicating(): readonly string[] {
    return [...this.#replicated].filter(([, { ready }]) => ready).map(([name]) => name);
  }

  setProbeInterval(milliseconds: number): void {
    this.#rpc.setProbeInterval(milliseconds);
  }

  /** Our databases are other ones now: begins anew. */
  restart(): void {
    this.#rpc.forceReconnect();
  }

  close(): void {
    this.#generation++;
    this.#replicated = new Map();
    this.#rpc.close();
  }

  async #begin(generation: number): Promise<void> {
    const current = (): boolean => generation === this.#generation;
    try {
      const id = await this.#rpc.request("get_server_id", []);
      if (!current()) return;
      if (id === this.settings.serverId) {
        this.#fail("Server ID check failed: Self replicating is not allowed");
        return;
      }
      const names = await this.#rpc.request("list_dbs", []);
      const plans: { replicated: Replicated; requests: Json }[] = [];
      for (const database of this.#databases()) {
        if (!current()) return;
        if (!Array.isArray(names) || !names.includes(database.name)) continue;
        const schema = schemaFromJson(await this.#rpc.request("get_schema", [database.name]));
        if (this.#canReplicate(database.schema, schema)) {
          plans.push({
            replicated: { database, early: [], ready: false },
            requests: this.#requests(database.name, schema),
          });
        }
      }
      if (!current()) return;
      if (plans.length === 0) {
        this.#log.warn("Nothing to replicate.");
        this.#failed();
        return;
      }
      for (const { replicated } of plans) this.#replicated.set(replicated.database.name, replicated);
      for (const { replicated, requests } of plans) {
        const { name } = replicated.database;
        const contents = await this.#rpc.request("monitor", [name, name, requests]);
        if (!current()) return;
        this.#log.info("Monitor request received. Resetting the database");
        this.#reset(replicated, requests, contents);
      }
    } catch (error) {
      if (!current() || error instanceof ConnectionEnded) return;
      if (!(error instanceof OvsdbError) && !(error instanceof JsonRpcRefusal)) throw error;
      this.#fail(error.message);
    }
  }

  #fail(message: string): void {
    this.#errors.err(`unexpected ovsdb error: ${message}`);
    this.#failed();
  }

  /** All that the active server has must have a place here. */
  #canReplicate(local: DatabaseSchema, active: DatabaseSchema): boolean {
    if (local.version !== active.version || local.cksum !== active.cksum) {
      this.#log.info(`Schema version mismatch, checking if ${local.name} can still be replicated or not.`);
    }
    let can = true;
    for (const table of active.tables.values()) {
      if (this.#excludes(local.name, table.name)) continue;
      const own = local.tables.get(table.name);
      if (!own) {
        this.#log.info(`Table ${table.name} not present in the local db schema`);
        can = false;
        continue;
      }
      for (const column of table.columns.keys()) {
        if (own.columns.has(column)) continue;
        this.#log.info(`Column ${column} not present in the local db schema table ${table.name}.`);
        can = false;
      }
    }
    this.#log[can ? "dbg" : "info"](`${local.name} ${can ? "can" : "cannot"} be replicated.`);
    return can;
  }

  #excludes(database: string, table: string): boolean {
    return this.settings.excluded.get(database)?.has(table) ?? false;
  }

  #requests(database: string, schema: DatabaseSchema): { readonly [table: string]: Json } {
    const requests: { [table: string]: Json } = {};
    for (const { name, columnList } of schema.tables.values()) {
      if (this.#excludes(database, name)) continue;
      requests[name] = { columns: columnList.slice(2).map((column) => column.name) };
    }
    return requests;
  }

  #reset(replicated: Replicated, requests: Json, contents: Json): void {
    const { database } = replicated;
    const tables = new Map(
      Object.keys(requests as object).map((table) => [
        table,
        [...database.rows(table)].map(({ uuid }) => uuid as string),
      ]),
    );
    this.#run(database, operationsOfContents(database.schema, contents, tables, hasRow(database)));
    replicated.ready = true;
    for (const updates of replicated.early.splice(0)) this.#update(database, updates);
  }

  #notified(method: string, params: readonly Json[]): void {
    const [name, updates] = params;
    const replicated = typeof name === "string" ? this.#replicated.get(name) : undefined;
    if (method !== "update" || !replicated || updates === undefined) return;
    if (!replicated.ready) {
      replicated.early.push(updates);
      return;
    }
    try {
      this.#update(replicated.database, updates);
    } catch (error) {
      if (!(error instanceof OvsdbError)) throw error;
      this.#fail(error.message);
    }
  }

  #update(database: StandaloneDatabase, updates: Json): void {
    this.#run(database, operationsOfUpdates(database.schema, updates, hasRow(database)));
  }

  #run(database: StandaloneDatabase, operations: readonly Json[]): void {
    const failed = database
      .execute(operations)
      .find((result) => result !== null && Object.hasOwn(result as object, "error"));
    if (failed === undefined) return;
    const { error, details } = failed as { readonly error: string; readonly details?: string };
    throw new OvsdbError(error, details ?? "");
  }
}

function hasRow(database: StandaloneDatabase): (table: string, uuid: string) => boolean {
  return (table, uuid) => database.schema.tables.has(table) && database.row(table, uuid as never) !== undefined;
}
