import type { Host } from "#host/host.js";
import { changesOfUpdates, changesToContents } from "#ovsdb/replicated-changes.js";
import { JsonRpcRefusal } from "#runtime/jsonrpc.js";
import type { Log } from "#runtime/logger.js";
import type { Cancel } from "#util/clock.js";
import type { Json } from "#util/json.js";
import { newUuid } from "./new-uuid.js";
import { RelaySource, type RelaySourceSettings } from "./relay-source.js";
import { StandaloneDatabase } from "./standalone-database.js";

/** Milliseconds that a source may be away before clients are told so; as upstream has it. */
const gracePeriod = 30_000;

/** What a relay tells the server it belongs to. */
export interface RelayHandlers {
  /** The database has another schema, and nothing in it yet. */
  schemaChanged(isFirst: boolean): void;
  /** Clients can count on the contents, or cannot any longer. */
  connected(isConnected: boolean): void;
}

/**
 * A database of another server, served from a copy in memory (ovsdb(7) "Relay Service Model"): reads and monitors are answered from the
 * copy, and a transaction that would change something is passed on to the source, whose answer goes back to the client after the copy
 * has the change. While the source is away such transactions wait.
 */
export class Relay {
  readonly database: StandaloneDatabase;
  readonly source: RelaySource;
  readonly #host: Host;
  readonly #handlers: RelayHandlers;
  #grace: Cancel | undefined;
  #isConnected = false;

  constructor(host: Host, log: Log, settings: RelaySourceSettings, handlers: RelayHandlers) {
    this.#host = host;
    this.#handlers = handlers;
    const makeUuid = () => newUuid(host);
    const database = StandaloneDatabase.copy(host, log, settings.database, (operations, done) =>
      this.source.transact(operations, done),
    );
    this.database = database;
    this.source = new RelaySource(host, log, settings, {
      schema: (schema) => {
        const isFirst = !database.isAvailable;
        database.become(schema);
        handlers.schemaChanged(isFirst);
      },
      contents: (contents, form, transaction) => {
        database.takeUp((present) => changesToContents(present, contents, form, makeUuid), transaction);
      },
      updates: (updates, form, transaction) => {
        database.takeUp((present) => changesOfUpdates(present, updates, form, makeUuid), transaction);
      },
      following: (isFollowing) => this.#following(isFollowing),
    });
  }

  /** Gives the source's database another schema; the copy follows. Rejects with `JsonRpcRefusal`. */
  convert(schema: Json): Promise<void> {
    return new Promise((resolve, reject) => {
      this.source.convert(schema, (answer) => {
        if ("error" in answer) reject(new JsonRpcRefusal(answer.error));
        else resolve();
      });
    });
  }

  close(): void {
    this.#grace?.cancel();
    this.source.close();
    this.#grace?.cancel();
  }

  #following(isFollowing: boolean): void {
    this.#grace?.cancel();
    this.#grace = undefined;
    if (isFollowing) {
      this.#tell(true);
      this.database.resume();
    } else this.#grace = this.#host.clock.after(gracePeriod, () => this.#tell(false));
  }

  #tell(isConnected: boolean): void {
    if (isConnected === this.#isConnected) return;
    this.#isConnected = isConnected;
    this.#handlers.connected(isConnected);
  }
}
