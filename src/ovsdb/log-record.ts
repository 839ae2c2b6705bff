import type { Json } from "#util/json.js";
import type { ChangeSet, RowChange } from "./change-set.js";
import { isDefaultDatum } from "./column-type.js";
import type { Database } from "./database.js";
import { symmetricDifference } from "./datum.js";
import { datumToExactJson } from "./datum-json.js";
import { columnDifference } from "./difference.js";
import { isDefault } from "./row.js";
import { RowCollector } from "./rows-by-table.js";

/** What accompanies the changes in a record of the log. */
export interface RecordNotes {
  /** Milliseconds since the Unix epoch. */
  readonly date: number;
  /** Left out if empty. */
  readonly comment: string;
}

/**
 * Writes a change set as a transaction record of a standalone database file (ovsdb(5)): only persistent columns, new rows
 * without their defaults, modified rows as differences (`_is_diff`), or as new values where not `diffs` or where a difference
 * could not be read by every server. Undefined if there is nothing to keep.
 */
export function changesToRecord(changeSet: ChangeSet, notes: RecordNotes, diffs = true): Json | undefined {
  const { changes } = changeSet;
  const asDiff = diffs && changes.every(hasReadableDifferences);
  const rows = new RowCollector();
  for (const change of changes) rows.add(change.table.name, change.uuid, changeToRecord(change, asDiff));
  const tables = rows.take();
  if (!tables) return undefined;
  return {
    _date: notes.date,
    ...tables,
    ...(asDiff ? { _is_diff: true } : {}),
    ...(notes.comment === "" ? {} : { _comment: notes.comment }),
  };
}

/**
 * Whether ovsdb-server 3.1.0 could read a modification's differences. It refuses one that has more elements than the column may
 * hold, and takes one from a default that is not empty for the new value, although it writes such differences itself.
 */
function hasReadableDifferences({ before, after, changed }: RowChange): boolean {
  if (!before || !after) return true;
  return changed.every(({ type, index }) => {
    if (type.max === 1) return true;
    const [was, is] = [before.data[index]!, after.data[index]!];
    if (type.min > 0 && isDefaultDatum(type, was)) return false;
    return was.keys.length + is.keys.length <= type.max || symmetricDifference(was, is).keys.length <= type.max;
  });
}

function changeToRecord({ table, before, after, changed }: RowChange, asDiff: boolean): Json | undefined {
  if (!after) return null;
  const row: { [column: string]: Json } = {};
  if (!before) {
    for (const column of table.columnList.slice(2)) {
      if (column.ephemeral || isDefault(column, after.data)) continue;
      row[column.name] = datumToExactJson(column.type, after.data[column.index]!);
    }
    return row;
  }
  for (const column of changed) {
    if (column.ephemeral) continue;
    const now = after.data[column.index]!;
    const told = asDiff ? columnDifference(column.type, before.data[column.index]!, now) : now;
    row[column.name] = datumToExactJson(column.type, told);
  }
  return Object.keys(row).length === 0 ? undefined : row;
}

/** A database's whole contents as one record, as a compacted file has it: no differences. */
export function contentsToRecord(database: Database, notes: RecordNotes): Json {
  const rows = new RowCollector();
  for (const table of database.tables.values()) {
    for (const { uuid, data } of table.rows.values()) {
      const change = { table: table.schema, uuid, before: undefined, after: { uuid, data }, changed: [] };
      rows.add(table.schema.name, uuid, changeToRecord(change, false));
    }
  }
  return { ...rows.take(), ...(notes.comment === "" ? {} : { _comment: notes.comment }), _date: notes.date };
}
