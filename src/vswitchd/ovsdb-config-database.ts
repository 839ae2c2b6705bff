import type { Host } from "#host/host.js";
import type { ConnectOptions } from "#host/streams.js";
import { Replica } from "#ovsdb/replica/replica.js";
import { openVSwitchDeclaration } from "#ovsdb/schemas/open-vswitch/declaration.js";
import { ConnectionEnded } from "#runtime/jsonrpc.js";
import { JsonRpcSession } from "#runtime/jsonrpc-session.js";
import type { Log } from "#runtime/logger.js";
import { WireError } from "#util/errors.js";
import type { Json } from "#util/json.js";
import type { ConfigDatabase } from "./config-database.js";
import { type ConfigRows, followed, statusColumns } from "./rows.js";

const databaseName = "Open_vSwitch";
const monitorId = "ovs-vswitchd";
/** Only the holder of this lock drives the switches, so that two daemons on one database do not fight. */
const lockName = "ovs_vswitchd";

/** The Open_vSwitch database behind an OVSDB connection that is kept up, read through a replica, under the lock. */
export class OvsdbConfigDatabase implements ConfigDatabase {
  readonly #session: JsonRpcSession;
  readonly #log: Log;
  readonly #pid: number;
  readonly #replica = new Replica(openVSwitchDeclaration, followed);
  readonly #handlers: ((wanted: boolean) => void)[] = [];
  /** `TABLE.COLUMN` of the schema the server has. */
  #columns: ReadonlySet<string> = new Set();
  #filled = false;
  #locked = false;
  /** Updates that came in one piece with the reply to the monitor request, whose promise settles later. */
  #early: Json[] = [];

  /** `remotes` are connection names, tried in turn; `connect` holds the certificates for `ssl:`. */
  constructor(host: Host, log: Log, remotes: readonly string[], connect: ConnectOptions = {}) {
    this.#log = log;
    this.#pid = host.process.pid;
    const handlers = {
      onConnected: () => this.#connected(),
      onDisconnected: () => this.#disconnected(),
      onNotification: (method: string, params: readonly Json[]) => this.#notified(method, params),
    };
    this.#session = JsonRpcSession.open(host, log, remotes, handlers, { connect });
  }

  rows(): ConfigRows | undefined {
    if (!this.#filled || !this.#locked) return undefined;
    const [root] = this.#replica.rows("Open_vSwitch").values();
    const bridges = this.#replica.rows("Bridge");
    const ports = this.#replica.rows("Port");
    const interfaces = this.#replica.rows("Interface");
    return {
      root,
      bridge: (uuid) => bridges.get(uuid),
      port: (uuid) => ports.get(uuid),
      interface: (uuid) => interfaces.get(uuid),
    };
  }

  /** Rows in the replica, for `memory/show`. */
  cells(): number {
    const tables = Object.keys(followed) as (keyof typeof followed)[];
    return tables.reduce((sum, table) => sum + this.#replica.rows(table).size * followed[table].length, 0);
  }

  has(table: keyof typeof followed, uuid: string): boolean {
    return this.#replica.rows(table).has(uuid);
  }

  hasColumn(table: string, column: string): boolean {
    return this.#columns.has(`${table}.${column}`);
  }

  onChange(handler: (wanted: boolean) => void): void {
    this.#handlers.push(handler);
  }

  async transact(operations: readonly Json[]): Promise<readonly Json[]> {
    const results = await this.#session.request("transact", [databaseName, ...operations]);
    return Array.isArray(results) ? results : [];
  }

  close(): void {
    this.#session.close();
  }

  #changed(wanted = true): void {
    for (const handler of this.#handlers) handler(wanted);
  }

  #connected(): void {
    this.#start().catch((error: unknown) => {
      if (error instanceof ConnectionEnded) return;
      this.#log
        .module("ovsdb_idl")
        .warn(`${this.#session.name}: ${error instanceof Error ? error.message : String(error)}`);
    });
  }

  async #start(): Promise<void> {
    this.#early = [];
    this.#columns = columnsOf(await this.#session.request("get_schema", [databaseName]));
    const followed = this.#replica.request((table, column) => this.hasColumn(table, column));
    const lock = this.#session.request("lock", [lockName]);
    const contents = this.#session.request("monitor", [databaseName, monitorId, followed]);
    const [granted, initial] = await Promise.all([lock, contents]);
    this.#replica.replace(initial);
    for (const updates of this.#early) this.#replica.update(updates);
    this.#early = [];
    this.#filled = true;
    this.#locked = typeof granted === "object" && granted !== null && "locked" in granted && granted["locked"] === true;
    if (!this.#locked) {
      this.#log
        .module("bridge")
        .err(`another ovs-vswitchd process is running, disabling this process (pid ${this.#pid}) until it goes away`);
    }
    this.#changed();
  }

  #disconnected(): void {
    this.#filled = false;
    this.#locked = false;
    this.#changed();
  }

  #notified(method: string, params: readonly Json[]): void {
    switch (method) {
      case "update":
        if (params[0] === monitorId) this.#update(params[1] ?? null);
        break;
      case "locked":
        if (params[0] === lockName) this.#setLocked(true);
        break;
      case "stolen":
        if (params[0] === lockName) this.#setLocked(false);
        break;
    }
  }

  #setLocked(locked: boolean): void {
    if (this.#locked === locked) return;
    this.#locked = locked;
    this.#changed();
  }

  #update(updates: Json): void {
    if (!this.#filled) {
      this.#early.push(updates);
      return;
    }
    let changed: ReadonlySet<string>;
    try {
      changed = this.#replica.update(updates);
    } catch (error) {
      if (!(error instanceof WireError)) throw error;
      this.#log.module("ovsdb_idl").warn(`${this.#session.name}: bad update: ${error.message}`);
      this.#session.forceReconnect();
      return;
    }
    this.#changed([...changed].some((column) => !statusColumns.has(column)));
  }
}

/** The columns of a schema as `TABLE.COLUMN`. */
function columnsOf(schema: Json): ReadonlySet<string> {
  const names = new Set<string>();
  for (const [table, parts] of members(schema, "tables")) {
    for (const [column] of members(parts, "columns")) names.add(`${table}.${column}`);
  }
  return names;
}

/** The members of an object that is itself a member of an object; none where anything is missing. */
function members(json: Json, name: string): [string, Json][] {
  const inner = isObject(json) ? json[name] : undefined;
  return isObject(inner) ? Object.entries(inner) : [];
}

function isObject(json: Json | undefined): json is { readonly [name: string]: Json } {
  return typeof json === "object" && json !== null && !Array.isArray(json);
}
