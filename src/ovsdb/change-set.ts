import type { Uuid } from "./atom.js";
import type { Row } from "./row.js";
import type { ColumnSchema, TableSchema } from "./schema.js";

/** What a transaction does to one row: `before` is undefined for an insertion, `after` for a deletion. */
export interface RowChange {
  readonly table: TableSchema;
  readonly uuid: Uuid;
  readonly before: Row | undefined;
  readonly after: Row | undefined;
  /** For a modification, the columns that differ (without `_version`). */
  readonly changed: readonly ColumnSchema[];
}

/** All that a checked transaction does. Empty if it changes nothing. */
export interface ChangeSet {
  readonly changes: readonly RowChange[];
  /** The state of the database it was made for. */
  readonly serial: number;
}
