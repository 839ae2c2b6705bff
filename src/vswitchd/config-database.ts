import type { Json } from "#util/json.js";
import type { ConfigRows } from "./rows.js";

/** The database as the daemon sees it: rows to read, one way to write. */
export interface ConfigDatabase {
  /** The rows, once the first contents have arrived and this process holds the lock; undefined before. */
  rows(): ConfigRows | undefined;
  /** True for an Interface, Port or Bridge row that still exists. */
  has(table: "Bridge" | "Port" | "Interface", uuid: string): boolean;
  /** Called after every change of the rows and every change of `rows()` to and from undefined. */
  onChange(handler: () => void): void;
  /** Sends operations as one transaction; resolves with the results, rejects where the connection is lost. */
  transact(operations: readonly Json[]): Promise<readonly Json[]>;
}
