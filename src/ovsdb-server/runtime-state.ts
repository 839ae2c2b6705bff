import type { Files } from "#host/files.js";
import type { Json } from "#util/json.js";
import type { SyncOptions } from "./active-backup.js";
import type { DatabaseServer } from "./database-server.js";

/** What a server has been told to be by its command line and since. */
export interface RuntimeState {
  readonly databases: readonly string[];
  readonly remotes: readonly string[];
  readonly sync: SyncOptions;
}

/** The state of a running server. */
export function stateOf(server: DatabaseServer): RuntimeState {
  const { from, excluded, isBackup } = server.sync;
  return {
    databases: server.databaseSpecs(),
    remotes: server.remoteNames(),
    sync: { from, excluded, active: !isBackup },
  };
}

/**
 * Keeps the state of a server in a file, so that the one which `--monitor` starts after a crash is as the one before was, not as it
 * was once started.
 */
export class StateFile {
  readonly #files: Files;
  readonly #path: string;

  constructor(files: Files, path: string) {
    this.#files = files;
    this.#path = path;
  }

  write({ databases, remotes, sync }: RuntimeState): void {
    const excluded = [...sync.excluded].map(([database, tables]) => [database, [...tables]]);
    const state = { databases, remotes, sync: { ...sync, excluded } };
    this.#files.write(`${this.#path}.tmp`, JSON.stringify(state), 0o600);
    this.#files.rename(`${this.#path}.tmp`, this.#path);
  }

  /** What was written last; undefined where nothing was. */
  read(): RuntimeState | undefined {
    const text = this.#files.readTextIfExists(this.#path);
    if (text === undefined) return undefined;
    const { databases, remotes, sync } = JSON.parse(text) as { readonly [member: string]: Json };
    const { from, excluded, active } = sync as { readonly [member: string]: Json };
    const tables = (excluded as readonly [string, readonly string[]][]).map(
      ([database, names]) => [database, new Set(names)] as const,
    );
    return {
      databases: databases as readonly string[],
      remotes: remotes as readonly string[],
      sync: { from: from as string | undefined, excluded: new Map(tables), active: active === true },
    };
  }

  remove(): void {
    if (this.#files.exists(this.#path)) this.#files.remove(this.#path);
  }
}
