import type { Uuid } from "#ovsdb/atom.js";
import type { ChangeSet, RowChange } from "#ovsdb/change-set.js";
import { Database } from "#ovsdb/database.js";
import { OvsdbError } from "#ovsdb/error.js";
import { execute } from "#ovsdb/execute.js";
import { changeConditions, type MonitorSpec, monitorSpecFromJson } from "#ovsdb/monitor-spec.js";
import { initialUpdates, updatesOf } from "#ovsdb/monitor-update.js";
import { initialUpdates2, updates2Of, updates2OfConditions } from "#ovsdb/monitor-update2.js";
import { changedColumns, type Row } from "#ovsdb/row.js";
import { schemaFromJson } from "#ovsdb/schema-json.js";
import type { Json } from "#util/json.js";

/** A message from the server, as a replica's engine takes it. */
export type ModelMessage =
  | { readonly kind: "reply"; readonly id: string; readonly result: Json }
  | { readonly kind: "error"; readonly id: string; readonly error: Json }
  | { readonly kind: "notification"; readonly method: string; readonly params: readonly Json[] };

export type ModelMethod = "monitor" | "monitor_cond" | "monitor_cond_since";

interface Monitor {
  readonly id: Json;
  readonly method: ModelMethod;
  spec: MonitorSpec;
}

type Contents = ReadonlyMap<string, ReadonlyMap<Uuid, Row>>;

/** What a server says of itself in `_Server`; left out, it has no `_Server`. */
export interface ModelRow {
  readonly model: "standalone" | "clustered" | "relay";
  readonly connected: boolean;
  readonly leader: boolean;
}

const modelUuid = (serial: number): Uuid => `0e000000-0000-4000-8000-${serial.toString(16).padStart(12, "0")}` as Uuid;
const versionUuid = (serial: number): Uuid =>
  `0f000000-0000-4000-8000-${serial.toString(16).padStart(12, "0")}` as Uuid;

/** One database that several connections share, with every state it ever had. */
export class ModelDatabase {
  readonly schemaJson: Json;
  readonly database: Database;
  readonly connections: Set<ModelConnection> = new Set();
  readonly history: Map<string, Contents> = new Map();
  lastTransaction: Uuid = modelUuid(0);
  #serial = 0;
  #rows = 0;

  constructor(schemaJson: Json) {
    this.schemaJson = schemaJson;
    this.database = new Database(schemaFromJson(schemaJson));
    this.history.set(this.lastTransaction, this.#contents());
  }

  /** Carries out a transaction and tells every monitor. */
  transact(operations: readonly Json[], holdsLock: (name: string) => boolean = () => false): readonly Json[] {
    const newUuid = (): Uuid => versionUuid(++this.#rows);
    const { results, outcome } = execute(this.database, operations, { newUuid, holdsLock, elapsed: 1e9 });
    if (outcome.kind !== "commit" || outcome.changes.changes.length === 0) return results;
    this.database.apply(outcome.changes);
    this.lastTransaction = modelUuid(++this.#serial);
    this.history.set(this.lastTransaction, this.#contents());
    for (const connection of this.connections) connection.tell(outcome.changes);
    return results;
  }

  /** What changed since a transaction. */
  since(contents: Contents): ChangeSet {
    const changes: RowChange[] = [];
    for (const [name, { schema: table, rows }] of this.database.tables) {
      const old = contents.get(name)!;
      for (const uuid of new Set([...old.keys(), ...rows.keys()])) {
        const before = old.get(uuid);
        const after = rows.get(uuid);
        if (before === after) continue;
        changes.push({
          table,
          uuid,
          before,
          after,
          changed: before && after ? changedColumns(table, before, after) : [],
        });
      }
    }
    return { changes, serial: this.database.serial };
  }

  #contents(): Contents {
    return new Map([...this.database.tables].map(([name, table]) => [name, new Map(table.rows)]));
  }
}

/** One client's connection to a model database. What is sent waits in `outbox`, so that a test decides when it arrives. */
export class ModelConnection {
  readonly outbox: ModelMessage[] = [];
  readonly requests: { readonly method: string; readonly params: readonly Json[] }[] = [];
  readonly #model: ModelDatabase;
  readonly #methods: ReadonlySet<string>;
  readonly #self: ModelRow | undefined;
  readonly #locks: Set<string>;
  readonly #monitors = new Map<Json, Monitor>();

  /** `best` is the newest monitor method that the server knows. `locks` are the names of the locks that this client will get. */
  constructor(model: ModelDatabase, best: ModelMethod, self?: ModelRow, locks: readonly string[] = []) {
    this.#model = model;
    const known: ModelMethod[] = ["monitor", "monitor_cond", "monitor_cond_since"];
    this.#methods = new Set(known.slice(0, known.indexOf(best) + 1));
    this.#self = self;
    this.#locks = new Set(locks);
    model.connections.add(this);
  }

  close(): void {
    this.#model.connections.delete(this);
  }

  request(method: string, params: readonly Json[], id: string): void {
    this.requests.push({ method, params });
    try {
      this.outbox.push({ kind: "reply", id, result: this.#answer(method, params) });
    } catch (error) {
      if (!(error instanceof OvsdbError)) throw error;
      this.outbox.push({ kind: "error", id, error: error.tag === "unknown method" ? error.tag : error.toJson() });
    }
  }

  /** Tells this client's monitors of a change. */
  tell(changes: ChangeSet): void {
    for (const { id, method, spec } of this.#monitors.values()) {
      const updates = method === "monitor" ? updatesOf(spec, changes) : updates2Of(spec, changes);
      if (updates) this.#notify(method, id, updates);
    }
  }

  /** Ends the monitors, as when the schema is converted. */
  cancelMonitors(): void {
    for (const id of this.#monitors.keys())
      this.outbox.push({ kind: "notification", method: "monitor_canceled", params: [id] });
    this.#monitors.clear();
  }

  #notify(method: ModelMethod, id: Json, updates: Json): void {
    const names = { monitor: "update", monitor_cond: "update2", monitor_cond_since: "update3" };
    const params = method === "monitor_cond_since" ? [id, this.#model.lastTransaction, updates] : [id, updates];
    this.outbox.push({ kind: "notification", method: names[method], params });
  }

  #answer(method: string, params: readonly Json[]): Json {
    switch (method) {
      case "set_db_change_aware":
        return {};
      case "get_schema":
        if (params[0] !== "_Server") return this.#model.schemaJson;
        if (!this.#self) throw new OvsdbError("unknown database", "no _Server");
        return serverSchema;
      case "lock":
        return { locked: this.#locks.has(String(params[0])) };
      case "unlock":
        return {};
      case "transact":
        return this.#model.transact(params.slice(1), (name) => this.#locks.has(name));
      case "monitor_cond_change":
        return this.#change(params);
    }
    if (!this.#methods.has(method)) throw new OvsdbError("unknown method");
    return this.#monitor(method as ModelMethod, params);
  }

  #monitor(method: ModelMethod, [name, id, requests, since]: readonly Json[]): Json {
    if (name === "_Server") {
      const row = { name: this.#model.database.schema.name, ...this.#self };
      const what = method === "monitor" ? { new: row } : { initial: row };
      return { Database: { "0a000000-0000-4000-8000-000000000000": what } };
    }
    const { database, history, lastTransaction } = this.#model;
    const spec = monitorSpecFromJson(database.schema, requests!, method !== "monitor");
    this.#monitors.set(id!, { id: id!, method, spec });
    if (method === "monitor") return initialUpdates(spec, database);
    if (method === "monitor_cond") return initialUpdates2(spec, database);
    const then = history.get(since as string);
    if (!then) return [false, lastTransaction, initialUpdates2(spec, database)];
    return [true, lastTransaction, updates2Of(spec, this.#model.since(then)) ?? {}];
  }

  #change([id, , requests]: readonly Json[]): Json {
    const monitor = this.#monitors.get(id!);
    if (!monitor) throw new OvsdbError("syntax error", "unknown monitor session");
    const spec = changeConditions(monitor.spec, requests!);
    const updates = updates2OfConditions(monitor.spec, spec, this.#model.database);
    monitor.spec = spec;
    if (updates) this.#notify(monitor.method, monitor.id, updates);
    return {};
  }
}

const serverSchema: Json = {
  name: "_Server",
  version: "1.0.0",
  tables: {
    Database: {
      columns: {
        name: { type: "string" },
        model: { type: "string" },
        connected: { type: "boolean" },
        leader: { type: "boolean" },
      },
    },
  },
};
