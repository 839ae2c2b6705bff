import type { Files } from "#host/files.js";
import { OvsdbError } from "#ovsdb/error.js";
import { HostError, UserError } from "#util/errors.js";
import { JsonSyntaxError, parseJson } from "#util/json-parse.js";
import type { DatabaseServer } from "./database-server.js";
import { checkRemote } from "./db-reference.js";
import { reasonOf } from "./io-error.js";
import { type BackupConfig, type DatabaseConfig, type ServerConfig, serverConfigFromJson } from "./server-config.js";
import type { StandaloneDatabase } from "./standalone-database.js";

/** A database of the configuration in use, by its name in the file. */
interface Served {
  readonly config: DatabaseConfig;
  /** The name it is served by. */
  readonly name: string;
}

/**
 * A server that has the remotes and databases that a file says (`--config-file`). Reading the file again changes what is another: what
 * stayed is not touched, and where anything is wrong all stays as it was.
 */
export class ConfiguredServer {
  readonly #files: Files;
  readonly #server: DatabaseServer;
  readonly #path: string;
  #served: ReadonlyMap<string, Served> = new Map();

  /** `path` is absolute. */
  constructor(files: Files, server: DatabaseServer, path: string) {
    this.#files = files;
    this.#server = server;
    this.#path = path;
  }

  /** Reads the file and makes the server be as it says. Rejects with `UserError` or `OvsdbError`. */
  async load(): Promise<void> {
    const { remotes, databases } = this.#read();
    const opened = this.#open(databases);
    const served = new Map<string, Served>();
    try {
      for (const [key, config] of databases) {
        const name = config.model === "relay" ? key : (opened.get(key) ?? this.#kept(key, config))!.name;
        const other = [...served.values()].some((database) => database.name === name);
        if (other) throw new OvsdbError("ovsdb error", `${name}: duplicate database name`);
        served.set(key, { config, name });
      }
      this.#checkRemotes(remotes, served, opened);
    } catch (error) {
      for (const database of opened.values()) database.close();
      throw error;
    }
    this.#change(served, opened);
    await this.#server.setRemotes(remotes);
  }

  #read(): ServerConfig {
    const fail = (why: string): UserError => new UserError(`${this.#path}: ${why}`);
    try {
      return serverConfigFromJson(parseJson(this.#files.readText(this.#path)));
    } catch (error) {
      if (error instanceof HostError) throw fail(`cannot read configuration (${reasonOf(error)})`);
      if (error instanceof JsonSyntaxError || error instanceof UserError) throw fail(error.message);
      throw error;
    }
  }

  /** What is served already and needs not be opened or connected to anew. */
  #kept(key: string, config: DatabaseConfig): Served | undefined {
    const before = this.#served.get(key);
    if (!before || (before.config.model === "relay") !== (config.model === "relay")) return undefined;
    const [was, is] = [before.config, config];
    return was.model === "relay" && is.model === "relay" && was.source !== is.source ? undefined : before;
  }

  #open(databases: ServerConfig["databases"]): Map<string, StandaloneDatabase> {
    const opened = new Map<string, StandaloneDatabase>();
    try {
      for (const [key, config] of databases) {
        if (config.model !== "relay" && !this.#kept(key, config)) opened.set(key, this.#server.openFile(key));
      }
      return opened;
    } catch (error) {
      for (const database of opened.values()) database.close();
      throw error;
    }
  }

  #checkRemotes(
    remotes: ServerConfig["remotes"],
    served: ReadonlyMap<string, Served>,
    opened: ReadonlyMap<string, StandaloneDatabase>,
  ): void {
    const byName = new Map([...opened.values()].map((database) => [database.name, database]));
    const unknown = { schema: { name: "", version: "", cksum: "", tables: new Map() }, isAvailable: false };
    const find = (name: string) => {
      const wanted = [...served].find(([, database]) => database.name === name);
      if (!wanted) return undefined;
      return byName.get(name) ?? (this.#kept(wanted[0], wanted[1].config) ? this.#server.database(name) : unknown);
    };
    for (const spec of remotes.keys()) checkRemote(spec, find);
  }

  #change(served: ReadonlyMap<string, Served>, opened: ReadonlyMap<string, StandaloneDatabase>): void {
    const server = this.#server;
    const before = this.#served;
    const isNew = new Set([...served].filter(([key, { config }]) => !this.#kept(key, config)).map(([key]) => key));
    for (const [key, { name }] of before) if (!served.has(key) || isNew.has(key)) server.removeDatabase(name);
    for (const [key, { config, name }] of served) {
      const database = opened.get(key);
      if (config.model === "relay") {
        if (isNew.has(key)) server.addRelay(name, config.source, config.options);
        else server.adjustRelay(name, config.options);
      } else if (database) server.serve(key, database);
      const was = isNew.has(key) ? undefined : backupOf(before.get(key)?.config);
      const is = backupOf(config);
      if (!sameBackup(was, is)) server.setBackup(name, is);
    }
    this.#served = served;
  }
}

function backupOf(config: DatabaseConfig | undefined): BackupConfig | undefined {
  return config?.model === "active-backup" ? config : undefined;
}

function sameBackup(a: BackupConfig | undefined, b: BackupConfig | undefined): boolean {
  const text = (config: BackupConfig | undefined): string =>
    JSON.stringify(config && { ...config, excluded: [...config.excluded].sort() });
  return text(a) === text(b);
}
