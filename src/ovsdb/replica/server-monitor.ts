import type { Json } from "#util/json.js";
import type { Uuid } from "../atom.js";
import { schemaFromJson } from "../schema-json.js";
import { serverDeclaration } from "../schemas/server.js";
import type { Answer } from "./effects.js";
import { replicaTables, servedColumns } from "./resolve.js";
import { UpdateReader } from "./row-update.js";
import { databaseRowColumns } from "./server-check.js";
import { ReplicaStore } from "./store.js";

const monitorId = "replica-server-monitor";

/** What the monitor of `_Server` needs of the engine. */
export interface ServerAsker {
  readonly database: string;
  request(method: string, params: readonly Json[], handler: (answer: Answer) => void): void;
  /** The row about the database has come, changed or gone. */
  judged(): void;
  /** The server tells nothing of its databases. */
  unknown(): void;
}

/** Follows what a server tells of its databases in `_Server`. */
export class ServerMonitor {
  readonly store: ReplicaStore = new ReplicaStore(replicaTables(serverDeclaration, { Database: databaseRowColumns }));
  #asker: ServerAsker | undefined;
  #reader: UpdateReader | undefined;
  #method: "monitor_cond" | "monitor" = "monitor_cond";

  /** Whether the server tells of its databases. */
  get running(): boolean {
    return this.#reader !== undefined;
  }

  /** Begins, with the schema of `_Server`. */
  start(schemaJson: Json, asker: ServerAsker): void {
    const served = servedColumns(this.store.tables, schemaFromJson(schemaJson));
    if (!served.tables.get("Database")?.has("name")) {
      asker.unknown();
      return;
    }
    this.#asker = asker;
    this.#reader = new UpdateReader(this.store.tables, served.tables);
    this.#monitor("monitor_cond", [...served.tables.get("Database")!.keys()]);
  }

  stop(): void {
    this.#asker = undefined;
    this.#reader = undefined;
    this.store.replace([]);
  }

  /** Takes a notification, if it is one of this monitor's. */
  notified(method: string, params: readonly Json[]): boolean {
    if (!this.#reader || params[0] !== monitorId) return false;
    const before = (table: string, uuid: Uuid) => this.store.entries(table).get(uuid)?.data;
    const updates = params[1] ?? null;
    const news = method === "update" ? this.#reader.updates(updates, before) : this.#reader.updates2(updates, before);
    if (this.store.apply(news)) this.#asker?.judged();
    return true;
  }

  #monitor(method: "monitor_cond" | "monitor", columns: readonly string[]): void {
    const asker = this.#asker;
    if (!asker) return;
    this.#method = method;
    const where = method === "monitor_cond" ? { where: [["name", "==", asker.database]] } : {};
    asker.request(method, ["_Server", monitorId, { Database: [{ columns, ...where }] }], (answer) => {
      const reader = this.#reader;
      if (!reader || this.#asker !== asker) return;
      if (answer.kind === "reply") {
        const none = (): undefined => undefined;
        const news = method === "monitor" ? reader.updates(answer.result, none) : reader.updates2(answer.result, none);
        this.store.replace(news);
        asker.judged();
      } else if (this.#method === "monitor_cond") this.#monitor("monitor", columns);
      else {
        this.stop();
        asker.unknown();
      }
    });
  }
}
