import type { Json } from "#util/json.js";
import type { ConfigRows } from "./rows.js";
import type { StatusTable } from "./status.js";

/** The database as the daemon sees it: rows to read, one way to write. */
export interface ConfigDatabase {
  /** The rows, once the first contents have arrived and this process holds the lock; undefined before. */
  rows(): ConfigRows | undefined;
  /** True for a row that still exists. */
  has(table: StatusTable, uuid: string): boolean;
  /** True for a column of the schema the server has, which may be older than ours. */
  hasColumn(table: string, column: string): boolean;
  /**
   * Called after every change of the rows and every change of `rows()` to and from undefined. `wanted` is false where only columns
   * changed that this daemon writes itself.
   */
  onChange(handler: (wanted: boolean) => void): void;
  /** Sends operations as one transaction; resolves with the results, rejects where the connection is lost. */
  transact(operations: readonly Json[]): Promise<readonly Json[]>;
}
