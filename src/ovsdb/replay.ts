import type { Json } from "#util/json.js";
import { parseUuid, type Uuid } from "./atom.js";
import { unknownColumn } from "./condition.js";
import type { Database, Table } from "./database.js";
import { type Datum, scalar } from "./datum.js";
import { datumFromJson } from "./datum-json.js";
import { applyColumnDifference, differenceType } from "./difference.js";
import { OvsdbError, syntaxError } from "./error.js";
import { isJsonObject, type JsonObject } from "./json-members.js";
import { type CopyPart, isPlain, NotPlainError, PlainRecord } from "./plain-record.js";
import { defaultData, type Row } from "./row.js";
import { type ColumnSchema, UUID_COLUMN, VERSION_COLUMN } from "./schema.js";

/** A row that only the replay knows yet, so that it may be changed in place. */
interface ReplayedRow extends Row {
  readonly data: Datum[];
}

const none: readonly never[] = [];

/** What a record says of one row. */
interface Step {
  readonly table: Table;
  readonly uuid: Uuid;
  /** Undefined for a deletion. */
  readonly row: ReplayedRow | undefined;
  readonly isNew: boolean;
  readonly columns: readonly ColumnSchema[];
  readonly values: readonly Datum[];
}

/**
 * Fills an empty database from the records of its log, one after the other. A record tells all that followed from its transaction,
 * so nothing is checked but its form and the values' constraints; what upholds the constraints between rows (references, indexes)
 * is made once at the end. With `skipUnknown`, tables and columns that the schema lacks are passed over, as when a schema is
 * converted.
 */
export class Replay {
  readonly #database: Database;
  readonly #skipUnknown: boolean;
  /** How differences of a column are read. */
  readonly #differenceTypes = new Map<ColumnSchema, ReturnType<typeof differenceType>>();

  constructor(database: Database, skipUnknown = false) {
    this.#database = database;
    this.#skipUnknown = skipUnknown;
  }

  /** Carries out a record. Throws `OvsdbError` and leaves everything as it was where a part of it makes no sense. */
  apply(record: Json): void {
    if (!isJsonObject(record)) throw syntaxError("transaction record must be JSON object", record);
    const isDiff = record["_is_diff"] === true;
    const steps: Step[] = [];
    for (const name in record) {
      const rows = record[name]!;
      const table = this.#database.tables.get(name);
      if (!table) {
        if (this.#skipUnknown || isNote(name, rows)) continue;
        const { syntax } = syntaxError("", record);
        throw new OvsdbError("unknown table", `No table named ${name}.`, syntax);
      }
      if (!isJsonObject(rows)) throw syntaxError("object expected", rows);
      for (const text in rows) {
        // Most records are about rows that are there, which is quicker to see than that the text is a UUID.
        const uuid = table.rows.has(text as Uuid) ? (text as Uuid) : parseUuid(text);
        if (uuid === undefined) throw syntaxError(`"${text}" is not a valid UUID`, rows);
        steps.push(this.#step(table, uuid, rows[text]!, isDiff));
      }
    }
    for (const step of steps) carryOut(step);
  }

  /**
   * Carries out a record that is written as servers write it, without making JSON of it. False, with nothing done, where it is not, or
   * where something is wrong with it: `apply` knows better. `copy` gives parts of the text to keep.
   */
  applyPlain(text: string, copy: CopyPart): boolean {
    if (!isPlain(text)) return false;
    try {
      const steps = this.#plainSteps(new PlainRecord(text, copy));
      for (const step of steps) carryOut(step);
      return true;
    } catch (error) {
      if (error instanceof NotPlainError || error instanceof OvsdbError) return false;
      throw error;
    }
  }

  #plainSteps(record: PlainRecord): readonly Step[] {
    const steps: Step[] = [];
    const names = new Set<string>();
    let isDiff = false;
    record.members((name) => {
      if (names.has(name)) throw new NotPlainError("twice");
      names.add(name);
      const table = this.#database.tables.get(name);
      if (table) this.#plainRows(table, record, steps);
      else if (name === "_date" || name === "_comment") record.skipNote();
      else if (name === "_is_diff" && record.take("true")) isDiff = true;
      else throw new NotPlainError(name);
    });
    record.end();
    // Whether values or differences are told may be said behind them.
    return steps.map((step) => finished(step, isDiff));
  }

  #plainRows(table: Table, record: PlainRecord, steps: Step[]): void {
    const first = steps.length;
    record.members((name) => {
      const row = table.rows.get(name as Uuid) as ReplayedRow | undefined;
      const uuid = row ? row.uuid : parseUuid(name);
      // An upper-case UUID, and one that is there twice, are for the long way.
      if (uuid !== name) throw new NotPlainError("UUID");
      if (record.take("null")) {
        if (!row) throw new NotPlainError("no row");
        steps.push({ table, uuid, row: undefined, isNew: false, columns: none, values: none });
      } else steps.push(row ? plainModification(table, row, record) : plainRow(table, uuid, record));
    });
    if (steps.length - first > 1 && new Set(steps.slice(first).map(({ uuid }) => uuid)).size < steps.length - first) {
      throw new NotPlainError("twice");
    }
  }

  #step(table: Table, uuid: Uuid, json: Json, isDiff: boolean): Step {
    const row = table.rows.get(uuid) as ReplayedRow | undefined;
    if (json === null) {
      if (!row) throw syntaxError(`transaction deletes row ${uuid} that does not exist`);
      return { table, uuid, row: undefined, isNew: false, columns: none, values: none };
    }
    if (!isJsonObject(json)) throw syntaxError("row must be JSON object", json);
    if (row) return this.#modification(table, row, json, isDiff);
    const data = [...defaultData(table.schema)];
    data[UUID_COLUMN] = scalar(uuid);
    for (const name in json) {
      const column = this.#column(table, name, json);
      if (!column) continue;
      data[column.index] = datumFromJson(column.type, json[name]!);
    }
    return { table, uuid, row: { uuid, data }, isNew: true, columns: none, values: none };
  }

  #modification(table: Table, row: ReplayedRow, json: JsonObject, isDiff: boolean): Step {
    const columns: ColumnSchema[] = [];
    const values: Datum[] = [];
    for (const name in json) {
      const column = this.#column(table, name, json);
      if (!column) continue;
      columns.push(column);
      values.push(
        isDiff
          ? applyColumnDifference(
              column.type,
              row.data[column.index]!,
              datumFromJson(this.#differenceType(column), json[name]!),
            )
          : datumFromJson(column.type, json[name]!),
      );
    }
    return { table, uuid: row.uuid, row, isNew: false, columns, values };
  }

  #column(table: Table, name: string, json: JsonObject): ColumnSchema | undefined {
    const column = table.schema.columns.get(name);
    if (!column && !this.#skipUnknown) throw unknownColumn(name, table.schema, json);
    return column;
  }

  #differenceType(column: ColumnSchema): ReturnType<typeof differenceType> {
    let type = this.#differenceTypes.get(column);
    if (!type) {
      type = differenceType(column.type);
      this.#differenceTypes.set(column, type);
    }
    return type;
  }

  /** Makes the database fit for use. */
  finish(newUuid: () => Uuid): void {
    for (const { rows } of this.#database.tables.values()) {
      for (const row of rows.values()) (row as ReplayedRow).data[VERSION_COLUMN] = scalar(newUuid());
    }
    this.#database.reindex();
  }
}

/** A step whose values are whole ones. */
function finished(step: Step, isDiff: boolean): Step {
  const { row, isNew, columns, values } = step;
  if (!row || isNew) return step;
  if (!isDiff) {
    for (let i = 0; i < columns.length; i++) mustFit(columns[i]!, values[i]!);
    return step;
  }
  return {
    ...step,
    values: columns.map(({ type, index }, i) => {
      // A difference of one that must be there, or may, is the new value.
      if (type.max === 1) mustFit(columns[i]!, values[i]!);
      return applyColumnDifference(type, row.data[index]!, values[i]!);
    }),
  };
}

function plainModification(table: Table, row: ReplayedRow, record: PlainRecord): Step {
  const columns: ColumnSchema[] = [];
  const values: Datum[] = [];
  record.members((name) => {
    const column = plainColumn(table, name);
    if (columns.includes(column)) throw new NotPlainError("twice");
    columns.push(column);
    values.push(record.datum(column.type));
  });
  return { table, uuid: row.uuid, row, isNew: false, columns, values };
}

function plainRow(table: Table, uuid: Uuid, record: PlainRecord): Step {
  const defaults = defaultData(table.schema);
  const data = [...defaults];
  record.members((name) => {
    const column = plainColumn(table, name);
    if (data[column.index] !== defaults[column.index]) throw new NotPlainError("twice");
    const value = record.datum(column.type);
    mustFit(column, value);
    data[column.index] = value;
  });
  data[UUID_COLUMN] = scalar(uuid);
  return { table, uuid, row: { uuid, data }, isNew: true, columns: none, values: none };
}

/** A declared column; no log tells the others. */
function plainColumn(table: Table, name: string): ColumnSchema {
  const column = table.schema.columns.get(name);
  if (!column || column.index <= VERSION_COLUMN) throw new NotPlainError("column");
  return column;
}

function mustFit({ type: { min, max } }: ColumnSchema, { keys }: Datum): void {
  if (keys.length < min || keys.length > max) throw new NotPlainError("count");
}

function carryOut({ table, uuid, row, isNew, columns, values }: Step): void {
  if (!row) table.rows.delete(uuid);
  else if (isNew) table.rows.set(uuid, row);
  else for (let i = 0; i < columns.length; i++) row.data[columns[i]!.index] = values[i]!;
}

/** A member that tells of the record and is no table. */
function isNote(name: string, value: Json): boolean {
  switch (name) {
    case "_date":
      return typeof value === "number" || typeof value === "bigint";
    case "_comment":
      // Whatever it is, as upstream has it.
      return true;
    default:
      return name === "_is_diff" && typeof value === "boolean";
  }
}
