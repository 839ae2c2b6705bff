import { type Uuid, ZERO_UUID } from "./atom.js";
import type { ChangeSet, RowChange } from "./change-set.js";
import { type Table, type UniqueKey, uniqueKey } from "./database.js";
import { keep, scalar } from "./datum.js";
import { formatDatum } from "./datum-text.js";
import type { Draft, DraftRow } from "./draft.js";
import { constraintViolation, OvsdbError } from "./error.js";
import { eachStrongRef, eachStrongRefChange, namedIn, referencesOf } from "./references.js";
import { changedColumns, type Row } from "./row.js";
import { type ColumnSchema, VERSION_COLUMN } from "./schema.js";

/**
 * Ends a transaction: drops what changes nothing, checks strong references, collects rows that nothing refers to, prunes
 * weak references, checks table sizes and unique indexes. Throws `OvsdbError`; the database is untouched either way.
 */
export function settle(draft: Draft): ChangeSet {
  const counts = new ReferenceCounts(draft);
  counts.begin();
  counts.checkDeleted();
  counts.collectGarbage();
  for (const table of draft.changedTables()) checkSize(draft, table);
  while (pruneWeakRefs(draft, counts)) counts.collectGarbage();
  for (const table of draft.changedTables()) checkUniques(draft, table);
  return { changes: finalChanges(draft), serial: draft.database.serial };
}

function isNoChange(change: DraftRow): boolean {
  if (change.before === change.after) return true;
  if (!change.before || !change.after) return false;
  return changedColumns(change.table, change.before, change.after).length === 0;
}

function finalChanges(draft: Draft): RowChange[] {
  const changes: RowChange[] = [];
  for (const { table, uuid, before, after } of draft.changes()) {
    if (before === after) continue;
    const changed = before && after ? changedColumns(table, before, after) : [];
    if (before && after) {
      if (changed.length === 0) continue;
      const data = [...after.data];
      data[VERSION_COLUMN] = scalar(draft.newUuid());
      changes.push({ table, uuid, before, after: { uuid, data }, changed });
    } else {
      changes.push({ table, uuid, before, after, changed });
    }
  }
  return changes;
}

/** How the strong references to each row change, and the deletions that follow. */
class ReferenceCounts {
  readonly #draft: Draft;
  readonly #delta = new Map<Table, Map<Uuid, number>>();
  /** Rows whose count may have come to zero. */
  #suspects: [Table, Uuid][] = [];

  constructor(draft: Draft) {
    this.#draft = draft;
  }

  /** Takes up all changes made so far. */
  begin(): void {
    for (const change of this.#draft.changes()) {
      const { table, uuid: row, before, after } = change;
      if (isNoChange(change)) continue;
      eachStrongRefChange(table, before, after, (targetName, uuid, by, column) => {
        const target = this.#draft.table(targetName);
        if (by > 0 && !target.rows.has(uuid) && !this.#draft.get(target, uuid)) {
          throw new OvsdbError(
            "referential integrity violation",
            `Table ${table.name} column ${column.name} row ${row} references nonexistent row ${uuid} in table ${targetName}.`,
          );
        }
        this.#add(target, uuid, by);
        if (by < 0) this.#suspect(target, uuid);
      });
      if (!before && after) this.#suspect(this.#draft.table(table), row);
    }
  }

  #suspect(table: Table, uuid: Uuid): void {
    if (!table.schema.isRoot) this.#suspects.push([table, uuid]);
  }

  /** Takes back what a version of a row refers to. */
  drop(tableName: string, row: Row): void {
    eachStrongRef(this.#draft.table(tableName).schema, row, (targetName, uuid) => {
      const target = this.#draft.table(targetName);
      this.#add(target, uuid, -1);
      this.#suspect(target, uuid);
    });
  }

  /** Takes up what a version of a row refers to, all of which is known to exist. */
  retake(tableName: string, row: Row): void {
    eachStrongRef(this.#draft.table(tableName).schema, row, (targetName, uuid) => {
      this.#add(this.#draft.table(targetName), uuid, 1);
    });
  }

  #add(table: Table, uuid: Uuid, by: number): void {
    const delta = this.#delta.get(table);
    if (delta) delta.set(uuid, (delta.get(uuid) ?? 0) + by);
    else this.#delta.set(table, new Map([[uuid, by]]));
  }

  #count(table: Table, uuid: Uuid): number {
    return (table.strongRefs.get(uuid) ?? 0) + (this.#delta.get(table)?.get(uuid) ?? 0);
  }

  checkDeleted(): void {
    for (const { table, uuid, before, after } of this.#draft.changes()) {
      if (!before || after) continue;
      const count = this.#count(this.#draft.table(table), uuid);
      if (count > 0) {
        throw new OvsdbError(
          "referential integrity violation",
          `cannot delete ${table.name} row ${uuid} because of ${count} remaining reference(s)`,
        );
      }
    }
  }

  /** Deletes rows of non-root tables that nothing refers to any more, and what only they referred to, and so on. */
  collectGarbage(): void {
    for (let suspect = this.#suspects.pop(); suspect; suspect = this.#suspects.pop()) {
      const [table, uuid] = suspect;
      const row = this.#draft.get(table, uuid);
      if (!row || this.#count(table, uuid) > 0) continue;
      this.#draft.delete(table, uuid);
      this.drop(table.schema.name, row);
    }
  }
}

function checkSize(draft: Draft, table: Table): void {
  let size = table.rows.size;
  let grown = false;
  for (const { before, after } of draft.changesOf(table)) {
    if (!before && after) {
      size++;
      grown = true;
    } else if (before && !after) size--;
  }
  const { name, maxRows } = table.schema;
  if (!grown || size <= maxRows) return;
  throw constraintViolation(
    `transaction causes "${name}" table to contain ${size} rows, greater than the schema-defined limit of ${maxRows} row(s)`,
  );
}

/** Removes weak references to rows that are not there. Tells whether strong references went with them. */
function pruneWeakRefs(draft: Draft, counts: ReferenceCounts): boolean {
  let strongGone = false;
  for (const [table, uuid] of rowsWithDeadWeakRefs(draft)) {
    const row = draft.get(table, uuid);
    if (!row) continue;
    const pruned = pruneRow(draft, table, row);
    if (pruned === row) continue;
    draft.modify(table, row, pruned.data);
    if (referencesOf(table.schema).strong.length === 0) continue;
    counts.drop(table.schema.name, row);
    counts.retake(table.schema.name, pruned);
    strongGone = true;
  }
  return strongGone;
}

function rowsWithDeadWeakRefs(draft: Draft): [Table, Uuid][] {
  const rows: [Table, Uuid][] = [];
  for (const change of draft.changes()) {
    const table = draft.table(change.table);
    if (change.after) {
      if (referencesOf(change.table).weak.length > 0 && !isNoChange(change)) rows.push([table, change.uuid]);
    } else if (change.before) {
      for (const [referrer, schema] of table.weakReferrers.get(change.uuid) ?? []) {
        rows.push([draft.table(schema), referrer]);
      }
    }
  }
  return rows;
}

function pruneRow(draft: Draft, table: Table, row: Row): Row {
  let data = row.data;
  for (const reference of referencesOf(table.schema).weak) {
    const target = draft.table(reference.target);
    const named = namedIn({ uuid: row.uuid, data }, reference);
    const dead = named.filter((uuid) => !draft.get(target, uuid));
    if (dead.length === 0) continue;
    const { column, part } = reference;
    const datum = data[column.index]!;
    const kept = keep(datum, (_, i) => !dead.includes(datum[part]![i] as Uuid));
    if (kept.keys.length < column.type.min) throw emptyWeakRef(draft, table, row.uuid, column, dead);
    data = data.with(column.index, kept);
  }
  return data === row.data ? row : { uuid: row.uuid, data };
}

function emptyWeakRef(draft: Draft, table: Table, uuid: Uuid, column: ColumnSchema, dead: readonly Uuid[]): OvsdbError {
  const isNew = draft.changeOf(table, uuid)?.before === undefined && !table.rows.has(uuid);
  const row = `column "${column.name}" in "${table.schema.name}" row ${uuid}${isNew ? " (inserted within this transaction)" : ""}`;
  return constraintViolation(
    dead.includes(ZERO_UUID)
      ? `Weak reference ${row} contained all-zeros UUID (probably as the default value for this column) but deleting this value caused a constraint volation because this column is not allowed to be empty.`
      : `Deletion of ${dead.length} weak reference(s) to deleted (or never-existing) rows from ${row} caused this column to become empty, but constraints on this column disallow an empty column.`,
  );
}

function checkUniques(draft: Draft, table: Table): void {
  table.schema.indexes.forEach((index, i) => {
    const seen = new Map<UniqueKey, Row>();
    for (const { before, after } of draft.changesOf(table)) {
      if (!after) continue;
      const key = uniqueKey(after.data, index);
      const twin = seen.get(key);
      if (twin) {
        const insertedFirst = !before && draft.changeOf(table, twin.uuid)?.before;
        throw duplicateIndex(draft, table, index, insertedFirst ? [after, twin] : [twin, after]);
      }
      const holder = unchangedHolder(draft, table, table.uniques[i]!.get(key), after.uuid);
      if (holder) throw duplicateIndex(draft, table, index, [after, holder]);
      seen.set(key, after);
    }
  });
}

/** The row that has an index value in the database, unless this transaction does something to it. */
function unchangedHolder(draft: Draft, table: Table, holder: Uuid | undefined, self: Uuid): Row | undefined {
  if (holder === undefined || holder === self || draft.changeOf(table, holder)) return undefined;
  return table.rows.get(holder);
}

function duplicateIndex(
  draft: Draft,
  table: Table,
  index: readonly ColumnSchema[],
  [first, second]: readonly [Row, Row],
): OvsdbError {
  const values = indexValues(first, index);
  const names = conjunction(index.map((column) => `"${column.name}"`));
  return constraintViolation(
    `Transaction causes multiple rows in "${table.schema.name}" table to have identical values (${values}) for index on column${index.length > 1 ? "s" : ""} ${names}.  First row, with UUID ${first.uuid}, ${history(draft, table, first, index)}  Second row, with UUID ${second.uuid}, ${history(draft, table, second, index)}`,
  );
}

function history(draft: Draft, table: Table, row: Row, index: readonly ColumnSchema[]): string {
  const change = draft.changeOf(table, row.uuid);
  if (!change) return "existed in the database before this transaction and was not modified by the transaction.";
  if (!change.before) return "was inserted by this transaction.";
  if (uniqueKey(change.before.data, index) === uniqueKey(row.data, index)) {
    return "existed in the database before this transaction, which modified some of the row's columns but not any columns in this index.";
  }
  return `had the following index values before the transaction: ${indexValues(change.before, index)}.`;
}

function indexValues(row: Row, index: readonly ColumnSchema[]): string {
  return conjunction(index.map((column) => formatDatum(column.type, row.data[column.index]!)));
}

function conjunction(words: readonly string[]): string {
  if (words.length <= 2) return words.join(" and ");
  return `${words.slice(0, -1).join(", ")}, and ${words.at(-1)}`;
}
