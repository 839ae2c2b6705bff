import { parseUuid, type Uuid, ZERO_UUID } from "#ovsdb/atom.js";
import type { ChangeSet } from "#ovsdb/change-set.js";
import type { Database } from "#ovsdb/database.js";
import { syntaxError } from "#ovsdb/error.js";
import { changeConditions, type MonitorSpec, monitorSpecFromJson } from "#ovsdb/monitor-spec.js";
import { initialUpdates, type TableUpdates, updatesOf } from "#ovsdb/monitor-update.js";
import { initialUpdates2, updates2Of, updates2OfConditions } from "#ovsdb/monitor-update2.js";
import type { Json } from "#util/json.js";
import { formatJson } from "#util/json-text.js";
import type { MonitorVersion, Notify } from "./served-database.js";
import type { TransactionHistory } from "./transaction-history.js";

/** One session's monitor of a database. */
export interface DatabaseMonitor {
  readonly id: Json;
  changeCondition(id: Json, requests: Json): void;
  cancel(): void;
}

interface Entry {
  id: Json;
  idText: string;
  spec: MonitorSpec;
  readonly version: MonitorVersion;
  readonly notify: Notify;
}

/** The monitors of one database. Without a history no client is told what it missed only. */
export class MonitorSet {
  readonly #history: TransactionHistory | undefined;
  readonly #entries = new Set<Entry>();
  /** Requests that have been read, so that clients who ask for the same share one reading and one computation per change. */
  readonly #specs = new Map<string, { readonly spec: MonitorSpec; users: number }>();

  constructor(history?: TransactionHistory) {
    this.#history = history;
  }

  get size(): number {
    return this.#entries.size;
  }

  add(
    database: Database,
    version: MonitorVersion,
    id: Json,
    requests: Json,
    since: Json | undefined,
    notify: Notify,
  ): { readonly monitor: DatabaseMonitor; readonly initial: Json } {
    const known = typeof since === "string" ? parseUuid(since) : undefined;
    if (version === "monitor_cond_since" && known === undefined) {
      throw syntaxError("last-txn-id must be UUID format.", since);
    }
    const key = `${version === "monitor" ? 1 : 2}${formatJson(requests)}`;
    const shared = this.#specs.get(key) ?? {
      spec: monitorSpecFromJson(database.schema, requests, version !== "monitor"),
      users: 0,
    };
    shared.users++;
    this.#specs.set(key, shared);
    const entry: Entry = { id, idText: formatJson(id), spec: shared.spec, version, notify };
    this.#entries.add(entry);
    const monitor: DatabaseMonitor = {
      get id() {
        return entry.id;
      },
      changeCondition: (newId, changes) => this.#changeCondition(database, entry, newId, changes),
      cancel: () => {
        if (!this.#entries.delete(entry)) return;
        if (--shared.users === 0) this.#specs.delete(key);
      },
    };
    return { monitor, initial: this.#initialReply(entry, database, known) };
  }

  /** Tells every monitor what it wants to know of a change that has been applied. */
  tell(changes: ChangeSet): void {
    if (this.#entries.size === 0) return;
    const told = new Map<MonitorSpec, Map<string, Uint8Array | undefined>>();
    for (const entry of this.#entries) {
      const { spec, version, idText } = entry;
      let messages = told.get(spec);
      if (!messages) {
        messages = new Map();
        told.set(spec, messages);
      }
      // Clients that asked for the same in the same way get the same bytes.
      const key = version + idText;
      let message = messages.get(key);
      if (message === undefined && !messages.has(key)) {
        message = notification(
          entry,
          this.#latest(),
          version === "monitor" ? updatesOf(spec, changes) : updates2Of(spec, changes),
        );
        messages.set(key, message);
      }
      if (message) entry.notify(message);
    }
  }

  #initialReply({ version, spec }: Entry, database: Database, since: Uuid | undefined): Json {
    if (version === "monitor") return initialUpdates(spec, database);
    if (version === "monitor_cond") return initialUpdates2(spec, database);
    const missed = since === undefined ? undefined : this.#history?.since(since);
    if (missed) return [true, this.#latest(), updates2Of(spec, missed) ?? {}];
    return [false, this.#latest(), initialUpdates2(spec, database)];
  }

  #latest(): Uuid {
    return this.#history?.latest ?? ZERO_UUID;
  }

  #changeCondition(database: Database, entry: Entry, id: Json, requests: Json): void {
    const spec = changeConditions(entry.spec, requests, database.schema);
    const updates = updates2OfConditions(entry.spec, spec, database);
    entry.id = id;
    entry.idText = formatJson(id);
    entry.spec = spec;
    const message = notification(entry, this.#latest(), updates);
    if (message) entry.notify(message);
  }

  /** Forgets all monitors; their sessions have been told. */
  clear(): void {
    this.#entries.clear();
    this.#specs.clear();
  }
}

const updateMethods = { monitor: "update", monitor_cond: "update2", monitor_cond_since: "update3" } as const;

/** The bytes of the message that tells a monitor of updates, if there are any. */
function notification(
  { idText, version }: Entry,
  latest: Uuid,
  updates: TableUpdates | undefined,
): Uint8Array | undefined {
  if (!updates) return undefined;
  const transaction = version === "monitor_cond_since" ? `"${latest}",` : "";
  const params = `[${idText},${transaction}${formatJson(updates)}]`;
  return Buffer.from(`{"id":null,"method":"${updateMethods[version]}","params":${params}}`);
}
