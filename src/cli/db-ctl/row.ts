import type { Atom, Uuid } from "#ovsdb/atom.js";
import { type ColumnType, defaultDatum } from "#ovsdb/column-type.js";
import { type Datum, EMPTY_MAP, EMPTY_SET, equalDatums, scalar, union } from "#ovsdb/datum.js";
import type { TableSchema } from "#ovsdb/schema.js";
import { BugError } from "#util/errors.js";
import type { Json } from "#util/json.js";
import { servedDatum } from "./served-datum.js";

type JsonObject = { readonly [name: string]: Json };

/** A row as a transaction sees it: what the database holds, and over it what the transaction has written so far. */
export class CtlRow {
  readonly table: TableSchema;
  /** Made up for a row that the transaction inserts, unless the user named it. */
  readonly uuid: Uuid;
  /** The row in the database, `undefined` for one that the transaction inserts. */
  readonly base: JsonObject | undefined;
  /** Columns with a new value. */
  readonly written: Map<string, Datum> = new Map<string, Datum>();
  /** Columns that get elements or pairs added to whatever they hold when the transaction is carried out. */
  readonly added: Map<string, Datum> = new Map<string, Datum>();
  /** Columns that must still hold what `base` says when the transaction is carried out. */
  readonly verified: Set<string> = new Set<string>();
  deleted = false;
  readonly #read = new Map<string, Datum>();

  constructor(table: TableSchema, uuid: Uuid, base: JsonObject | undefined) {
    this.table = table;
    this.uuid = uuid;
    this.base = base;
  }

  /** A column's value, the transaction's own changes included. */
  get(column: string): Datum {
    const written = this.written.get(column);
    if (written !== undefined) return written;
    const added = this.added.get(column);
    return added === undefined ? this.original(column) : putAll(this.original(column), added);
  }

  /** A column's value before the transaction: the database's, or a new row's default. */
  original(column: string): Datum {
    if (column === "_uuid") return scalar(this.uuid);
    let datum = this.#read.get(column);
    if (datum !== undefined) return datum;
    const type = this.type(column);
    if (this.base === undefined) datum = defaultDatum(type);
    else {
      const json = this.base[column];
      if (json === undefined) throw new BugError(`column ${column} of table ${this.table.name} was not fetched`);
      datum = servedDatum(json, type.value !== undefined);
    }
    this.#read.set(column, datum);
    return datum;
  }

  type(column: string): ColumnType {
    const schema = this.table.columns.get(column);
    if (schema === undefined) throw new BugError(`table ${this.table.name} has no column ${column}`);
    return schema.type;
  }

  /** Whether the server's schema has the column; older ones lack some. */
  has(column: string): boolean {
    return this.table.columns.has(column);
  }

  /** The only element of a column that has at most one, else `undefined`. */
  one(column: string): Atom | undefined {
    return this.get(column).keys[0];
  }

  /** A string column's text; empty where there is none. */
  text(column: string): string {
    return String(this.one(column) ?? "");
  }

  /** Gives a column a new value. Writing what the database holds is no change. */
  set(column: string, datum: Datum): void {
    this.added.delete(column);
    if (this.base !== undefined && equalDatums(datum, this.original(column))) this.written.delete(column);
    else this.written.set(column, datum);
  }

  /** Adds elements to a set, or pairs to a map where they replace pairs with the same key. */
  add(column: string, datum: Datum): void {
    if (this.base === undefined || this.written.has(column)) {
      this.set(column, putAll(this.get(column), datum));
      return;
    }
    const empty = this.type(column).value === undefined ? EMPTY_SET : EMPTY_MAP;
    const added = putAll(this.added.get(column) ?? empty, datum);
    if (equalDatums(putAll(this.original(column), added), this.original(column))) this.added.delete(column);
    else this.added.set(column, added);
  }

  /** Makes the transaction fail, to be tried again, if someone else changes this column before it is carried out. */
  verify(column: string): void {
    if (this.base !== undefined && column !== "_uuid") this.verified.add(column);
  }

  get changed(): boolean {
    return this.written.size > 0 || this.added.size > 0;
  }
}

/** Elements of both; of two pairs with one key, `over`'s. */
function putAll(under: Datum, over: Datum): Datum {
  return union(over, under);
}
