import { type ExcludedTables, formatExcludedTables } from "./excluded-tables.js";
import type { Replication, ReplicationSettings } from "./replication.js";

/** What the command line says of the server's role. */
export interface SyncOptions {
  /** The active server, as an active connection method. */
  readonly from: string | undefined;
  readonly excluded: ExcludedTables;
  /** Begins as active server although there is a `from`. */
  readonly active: boolean;
  readonly probeInterval?: number | undefined;
  readonly maxBackoff?: number | undefined;
}

/** Milliseconds of silence before the active server is probed, as upstream has it. */
const defaultProbeInterval = 60_000;

/** What is asked of the server whose role this is. */
export interface RoleContext {
  /** Begins to replicate; `failed` is to be called when that has come to an end by itself. */
  open(
    settings: Pick<ReplicationSettings, "from" | "excluded" | "probeInterval" | "maxBackoff">,
    failed: () => void,
  ): Replication;
  /** The role has changed: clients are to look anew. */
  changed(isBackup: boolean): void;
}

/** Whether the server is active, or a backup of another one. */
export class ActiveBackup {
  readonly #context: RoleContext;
  #from: string | undefined;
  #excluded: ExcludedTables;
  readonly #maxBackoff: number | undefined;
  #probeInterval: number;
  #replication: Replication | undefined;

  constructor(options: SyncOptions, context: RoleContext) {
    this.#context = context;
    this.#from = options.from;
    this.#excluded = options.excluded;
    this.#probeInterval = options.probeInterval ?? defaultProbeInterval;
    this.#maxBackoff = options.maxBackoff;
  }

  /** The active server, whether or not it is replicated from at present. */
  get from(): string | undefined {
    return this.#from;
  }

  get excluded(): ExcludedTables {
    return this.#excluded;
  }

  /** Clients may read only. */
  get isBackup(): boolean {
    return this.#replication !== undefined;
  }

  /** Takes the backup role. There must be a `from`. */
  connect(): void {
    this.#open();
    this.#context.changed(true);
  }

  /** Takes the active role. */
  disconnect(): void {
    this.close();
    this.#context.changed(false);
  }

  /** Counts from the next `connect` on. */
  setFrom(from: string): void {
    this.#from = from;
  }

  setExcluded(excluded: ExcludedTables): void {
    this.#excluded = excluded;
    if (this.isBackup) this.#open();
  }

  setProbeInterval(milliseconds: number): void {
    this.#probeInterval = milliseconds;
    this.#replication?.setProbeInterval(milliseconds);
  }

  /** The databases that are served have changed. */
  restart(): void {
    this.#replication?.restart();
  }

  /** What `ovsdb-server/sync-status` prints. */
  status(): string {
    if (!this.#replication) return "state: active\n";
    const { replicating, settings } = this.#replication;
    if (replicating.length === 0) return `state: backup\nconnecting: ${settings.from}\n`;
    const excluded = formatExcludedTables(settings.excluded);
    const lines = [`state: backup`, `replicating: ${settings.from}`, `database: ${replicating.join(", ")}`];
    if (excluded !== "") lines.push(`exclude: ${excluded}`);
    return `${lines.join("\n")}\n`;
  }

  close(): void {
    this.#replication?.close();
    this.#replication = undefined;
  }

  #open(): void {
    this.close();
    const [excluded, probeInterval, maxBackoff] = [this.#excluded, this.#probeInterval, this.#maxBackoff];
    const settings = { from: this.#from!, excluded, probeInterval, maxBackoff };
    const replication = this.#context.open(settings, () => {
      replication.close();
      if (this.#replication === replication) this.#replication = undefined;
    });
    this.#replication = replication;
  }
}
