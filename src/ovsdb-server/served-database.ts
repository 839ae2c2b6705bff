import type { DatabaseSchema } from "#ovsdb/schema.js";
import type { Json } from "#util/json.js";

/** What the session that submits a transaction may do. */
export interface TransactionRights {
  readonly readOnly: boolean;
  /** The role of the connection, empty for none, and the client's id in its certificate. */
  readonly role?: string;
  readonly clientId?: string;
  ownsLock(name: string): boolean;
}

/** What a transaction is answered with: its results, or the error of another server that it was passed on to. */
export type TransactionAnswer = readonly Json[] | "canceled" | { readonly refused: Json };

/** A transaction that waits for its `wait` operations to come true, or for the disk. */
export interface SubmittedTransaction {
  readonly database: ServedDatabase;
  /** Gives up waiting; the answer is `"canceled"`. A transaction that is committed already is answered as such. */
  cancel(): void;
}

export type MonitorVersion = "monitor" | "monitor_cond" | "monitor_cond_since";

/** A monitor of one session. */
export interface MonitorHandle {
  readonly database: ServedDatabase;
  /** The id that its notifications carry. */
  readonly id: Json;
  /** Other conditions and another id; the rows that come or go by it are sent at once. Throws `OvsdbError`. */
  changeCondition(id: Json, requests: Json): void;
  cancel(): void;
}

/** Sends a notification, whose bytes other sessions may be sent too. */
export type Notify = (message: Uint8Array) => void;

/** Figures for `memory/show`. */
export interface DatabaseSize {
  readonly atoms: number;
  readonly cells: number;
  readonly monitors: number;
  readonly triggers: number;
  readonly weakRefs: number;
}

/** A database as sessions see it. */
export interface ServedDatabase {
  readonly name: string;
  /** False while it has no contents yet: they come from another server. */
  readonly isAvailable: boolean;
  readonly schema: DatabaseSchema;
  readonly schemaJson: Json;
  /**
   * Runs a transaction. `answer` is called once: now, when it need not wait, or later; in the first case nothing is returned. Updates of
   * monitors are sent before it is called.
   */
  submit(
    operations: readonly Json[],
    rights: TransactionRights,
    answer: (result: TransactionAnswer) => void,
  ): SubmittedTransaction | undefined;
  /** Begins a monitor; `initial` is what its request is answered with. Throws `OvsdbError`. */
  monitor(
    version: MonitorVersion,
    id: Json,
    requests: Json,
    since: Json | undefined,
    notify: Notify,
  ): { readonly monitor: MonitorHandle; readonly initial: Json };
}
