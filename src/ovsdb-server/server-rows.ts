import type { Host } from "#host/host.js";
import { declaredSchema } from "#ovsdb/declaration.js";
import { serverDeclaration } from "#ovsdb/schemas/server.js";
import type { Log } from "#runtime/logger.js";
import type { Json } from "#util/json.js";
import { StandaloneDatabase } from "./standalone-database.js";

/** The rows of `_Server`, in which the server tells of each database it serves (ovsdb-server(5)). */
export class ServerRows {
  readonly #database: StandaloneDatabase;

  constructor(database: StandaloneDatabase) {
    this.#database = database;
  }

  static createDatabase(host: Host, log: Log): StandaloneDatabase {
    return StandaloneDatabase.inMemory(host, log, declaredSchema(serverDeclaration, "3009684573 744"));
  }

  /** A database is served from now on. Its row is a new one each time, so that clients notice. */
  add(name: string, schema: string): void {
    const row = { name, model: "standalone", connected: true, leader: true, schema };
    this.#database.execute([{ op: "insert", table: "Database", row }]);
  }

  /** A database is relayed from now on, though nothing is known of it yet. */
  addRelay(name: string): void {
    this.#database.execute([{ op: "insert", table: "Database", row: { name, model: "relay" } }]);
  }

  /** Whether what a relay shows is what its source has. */
  setConnected(name: string, connected: boolean): void {
    this.#update(name, { connected });
  }

  setSchema(name: string, schema: string): void {
    this.#update(name, { schema });
  }

  #update(name: string, row: { readonly [column: string]: Json }): void {
    this.#database.execute([{ op: "update", table: "Database", where: [["name", "==", name]], row }]);
  }

  remove(name: string): void {
    this.#database.execute([{ op: "delete", table: "Database", where: [["name", "==", name]] }]);
  }
}
