import type { Uuid } from "./atom.js";
import { isScalar } from "./column-type.js";
import { type Clause, meetsAll } from "./condition.js";
import { type Database, type Table, uniqueKey } from "./database.js";
import type { Datum } from "./datum.js";
import { makeRow, type Row } from "./row.js";
import { type TableSchema, UUID_COLUMN } from "./schema.js";

/** What a transaction under way has done to a row. Both undefined: inserted and deleted again. */
export interface DraftRow {
  readonly table: TableSchema;
  readonly uuid: Uuid;
  readonly before: Row | undefined;
  after: Row | undefined;
}

/** A transaction under way: the database as it would be, without touching it. */
export class Draft {
  readonly database: Database;
  readonly newUuid: () => Uuid;
  readonly #changes = new Map<Table, Map<Uuid, DraftRow>>();

  constructor(database: Database, newUuid: () => Uuid) {
    this.database = database;
    this.newUuid = newUuid;
  }

  table(schema: TableSchema | string): Table {
    return this.database.table(typeof schema === "string" ? schema : schema.name);
  }

  /** The row as it is now, if there is one. */
  get(table: Table, uuid: Uuid): Row | undefined {
    const change = this.#changes.get(table)?.get(uuid);
    return change ? change.after : table.rows.get(uuid);
  }

  /** What was done to a row, if anything. */
  changeOf(table: Table, uuid: Uuid): DraftRow | undefined {
    return this.#changes.get(table)?.get(uuid);
  }

  /** All that was done to a table's rows. */
  changesOf(table: Table): Iterable<DraftRow> {
    return this.#changes.get(table)?.values() ?? [];
  }

  /** All that was done, table by table. */
  *changes(): Generator<DraftRow> {
    for (const changes of this.#changes.values()) yield* changes.values();
  }

  /** The tables in which something was done. */
  changedTables(): Iterable<Table> {
    return this.#changes.keys();
  }

  /** Whether a new row may have this UUID: not one that is there, or was there when the transaction began. */
  isFree(table: Table, uuid: Uuid): boolean {
    return !table.rows.has(uuid) && this.get(table, uuid) === undefined;
  }

  insert(table: Table, uuid: Uuid, data: readonly Datum[]): void {
    this.#put(table, uuid, makeRow(uuid, this.newUuid(), data));
  }

  modify(table: Table, row: Row, data: readonly Datum[]): void {
    this.#put(table, row.uuid, { uuid: row.uuid, data });
  }

  delete(table: Table, uuid: Uuid): void {
    this.#put(table, uuid, undefined);
  }

  #put(table: Table, uuid: Uuid, after: Row | undefined): void {
    let changes = this.#changes.get(table);
    if (!changes) {
      changes = new Map();
      this.#changes.set(table, changes);
    }
    const change = changes.get(uuid);
    if (change) change.after = after;
    else changes.set(uuid, { table: table.schema, uuid, before: table.rows.get(uuid), after });
  }

  /** The rows that meet a condition, found by UUID or unique index where the condition says one. */
  select(table: Table, condition: readonly Clause[]): Row[] {
    const uuid = namedUuid(condition);
    if (uuid !== undefined) return present(this.get(table, uuid)).filter((row) => meetsAll(row.data, condition));
    const found: Row[] = [];
    const changes = this.#changes.get(table);
    for (const row of candidates(table, condition)) {
      if (!changes?.has(row.uuid) && meetsAll(row.data, condition)) found.push(row);
    }
    for (const change of changes?.values() ?? []) {
      if (change.after && meetsAll(change.after.data, condition)) found.push(change.after);
    }
    return found;
  }
}

/** The only UUID that can meet a condition, if it says one. */
function namedUuid(condition: readonly Clause[]): Uuid | undefined {
  for (const clause of condition) {
    if (typeof clause === "boolean" || clause.column.index !== UUID_COLUMN) continue;
    if (clause.fn === "==" || clause.fn === "includes") return clause.argument.keys[0] as Uuid;
  }
  return undefined;
}

/** The rows of the database that can meet a condition: at most one if it gives the values of a unique index. */
function candidates(table: Table, condition: readonly Clause[]): Iterable<Row> {
  if (condition.includes(false)) return [];
  const { indexes } = table.schema;
  if (indexes.length === 0 || condition.length === 0) return table.rows.values();
  const given = givenValues(condition);
  for (let i = 0; i < indexes.length; i++) {
    const index = indexes[i]!;
    if (!index.every((column) => given[column.index] !== undefined)) continue;
    const uuid = table.uniques[i]!.get(uniqueKey(given, index));
    return uuid === undefined ? [] : present(table.rows.get(uuid));
  }
  return table.rows.values();
}

/** The values that a condition demands of columns, by column. */
function givenValues(condition: readonly Clause[]): Datum[] {
  const given: Datum[] = [];
  for (const clause of condition) {
    if (typeof clause === "boolean") continue;
    const { column, fn, argument } = clause;
    if (fn === "==" || (fn === "includes" && isScalar(column.type))) given[column.index] = argument;
  }
  return given;
}

function present(row: Row | undefined): Row[] {
  return row ? [row] : [];
}
