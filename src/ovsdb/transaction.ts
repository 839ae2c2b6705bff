import type { AccessControl } from "./access-control.js";
import type { Uuid } from "./atom.js";
import type { Draft } from "./draft.js";
import type { SymbolTable } from "./symbols.js";

/** What a transaction needs to know of the world. */
export interface TransactionContext {
  readonly newUuid: () => Uuid;
  /** Whether the client has the lock that `assert` names. */
  readonly holdsLock: (name: string) => boolean;
  /** Milliseconds since the transaction was first tried; `wait` gives up when it reaches its timeout. */
  readonly elapsed: number;
  /** Refuses operations that change anything. */
  readonly readOnly?: boolean;
  /** What the client's role allows, where roles apply. */
  readonly access?: AccessControl | undefined;
}

/** A transaction as operations see it. */
export interface Transaction {
  readonly draft: Draft;
  readonly symbols: SymbolTable;
  readonly context: TransactionContext;
  durable: boolean;
  readonly comments: string[];
}

/** Thrown by `wait` when it has to wait. */
export class Blocked {
  readonly timeout: number | undefined;
  constructor(timeout: number | undefined) {
    this.timeout = timeout;
  }
}
