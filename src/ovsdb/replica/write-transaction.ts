import type { Uuid } from "../atom.js";
import { defaultDatum } from "../column-type.js";
import type { Datum } from "../datum.js";
import type { SchemaDeclaration } from "../declaration.js";
import type { DatabaseSchema } from "../schema.js";
import { datumOf, type InsertRow, keysOf, type UpdateRow, type WriteValue } from "./column-value.js";
import type { ColumnName, ColumnOf, Follow, FollowedColumn, FollowedRow, FollowedTable, TableName } from "./follow.js";
import { NewRow } from "./new-row.js";
import { adding, type ColumnWrite, removing, written } from "./pending-write.js";
import type { ReplicaStore } from "./store.js";

/** A row to be written to: one that exists, by its UUID, or one that the transaction inserts. */
export type Target<T extends string> = Uuid | NewRow<T>;

/** A column that holds exactly one integer. */
export type CounterColumn<S extends SchemaDeclaration, T extends TableName<S>> = {
  readonly [C in ColumnName<S, T>]: ColumnOf<S, T, C> extends {
    readonly one: "integer" | { readonly integer: unknown };
  }
    ? C
    : never;
}[ColumnName<S, T>];

/** A column that holds a set or a map. */
export type CollectionColumn<S extends SchemaDeclaration, T extends TableName<S>> = {
  readonly [C in ColumnName<S, T>]: ColumnOf<S, T, C> extends { readonly set: unknown } | { readonly map: unknown }
    ? C
    : never;
}[ColumnName<S, T>];

/** Elements of a set, or keys of a map, to be taken out. */
export type RemovedKeys<C> = C extends { readonly map: readonly [infer K, unknown] }
  ? WriteValue<{ readonly set: K }>
  : C extends { readonly set: unknown }
    ? WriteValue<C>
    : never;

/** Writes to one row that exists. */
export interface RowWrites {
  readonly table: string;
  readonly uuid: Uuid;
  readonly columns: Map<string, ColumnWrite>;
  readonly verified: Set<string>;
  deleted: boolean;
}

/** What a transaction is to do, before it is put into operations. */
export interface TransactionPlan {
  readonly inserted: readonly { readonly row: NewRow; readonly values: ReadonlyMap<string, Datum> }[];
  readonly writes: readonly RowWrites[];
  readonly increment:
    | { readonly table: string; readonly uuid: Uuid; readonly column: string; readonly by: number }
    | undefined;
  readonly comment: string;
  readonly durable: boolean;
}

/**
 * Writes to be made all at once or not at all. Rows of the replica are not changed by it: they change when the server says so. Columns
 * may be written that are not followed.
 */
export class WriteTransaction<S extends SchemaDeclaration, F extends Follow<S>> {
  readonly #schema: DatabaseSchema;
  readonly #store: ReplicaStore;
  readonly #nextSerial: () => number;
  readonly #inserted = new Map<NewRow, Map<string, Datum>>();
  readonly #writes = new Map<string, RowWrites>();
  #increment: TransactionPlan["increment"];
  readonly #comments: string[] = [];
  #aborted = false;
  /** The answer comes when the server has the transaction on stable storage. */
  durable = false;

  constructor(schema: DatabaseSchema, store: ReplicaStore, nextSerial: () => number) {
    this.#schema = schema;
    this.#store = store;
    this.#nextSerial = nextSerial;
  }

  /** Inserts a row. Columns not given have their defaults. What is returned stands for the row in this transaction. */
  insert<const T extends TableName<S>>(table: T, values: InsertRow<S["tables"][T]> = {}): NewRow<T> {
    const row = new NewRow(table, this.#nextSerial());
    const data = new Map<string, Datum>();
    this.#inserted.set(row, data);
    for (const [name, value] of Object.entries(values)) data.set(name, this.#datum(table, name, value));
    return row;
  }

  /** Sets columns of a row. */
  set<const T extends TableName<S>>(table: T, row: Target<T>, values: UpdateRow<S["tables"][T]>): void {
    for (const [name, value] of Object.entries(values)) {
      const datum = this.#datum(table, name, value);
      this.#write(table, row, name, () => ({ kind: "set", value: datum }));
    }
  }

  /** Puts elements into a set, or pairs into a map (replacing those with the same keys), whatever others do to the rest. */
  add<const T extends TableName<S>, const C extends CollectionColumn<S, T>>(
    table: T,
    row: Target<T>,
    column: C,
    values: WriteValue<ColumnOf<S, T, C>>,
  ): void {
    const { type } = this.#column(table, column);
    const datum = datumOf(type, values);
    this.#write(table, row, column, (write) => adding(type, write, datum));
  }

  /** Takes elements out of a set, or the pairs with some keys out of a map, whatever others do to the rest. */
  remove<const T extends TableName<S>, const C extends CollectionColumn<S, T>>(
    table: T,
    row: Target<T>,
    column: C,
    keys: RemovedKeys<ColumnOf<S, T, C>>,
  ): void {
    const { type } = this.#column(table, column);
    const datum = keysOf(type, keys as readonly unknown[]);
    this.#write(table, row, column, (write) => removing(type, write, datum));
  }

  /** Deletes a row. */
  delete<const T extends TableName<S>>(table: T, row: Target<T>): void {
    if (row instanceof NewRow) {
      this.#ownRow(row);
      this.#inserted.delete(row);
    } else this.#rowWrites(table, row).deleted = true;
  }

  /** Adds to a counter; the outcome has its new value. One counter for each transaction. */
  increment<const T extends TableName<S>>(table: T, uuid: Uuid, column: CounterColumn<S, T>, by = 1): void {
    if (this.#increment) throw new TypeError("a transaction increments one column");
    this.#column(table, column);
    this.#increment = { table, uuid, column, by };
  }

  /** The transaction comes to nothing (and the outcome is `tryAgain`) if a column is not as the replica has it now. */
  verify<const T extends FollowedTable<S, F>>(table: T, uuid: Uuid, ...columns: FollowedColumn<S, F, T>[]): void {
    const writes = this.#rowWrites(table, uuid);
    for (const column of columns) writes.verified.add(column);
  }

  /** A column's value, which is verified: what is written may rest on it. Undefined where there is no such row. */
  read<const T extends FollowedTable<S, F>, const C extends FollowedColumn<S, F, T>>(
    table: T,
    uuid: Uuid,
    column: C,
  ): FollowedRow<S, F, T>[C & keyof FollowedRow<S, F, T>] | undefined {
    const entry = this.#store.entries(table).get(uuid);
    if (!entry) return undefined;
    this.verify(table, uuid, column);
    // The declaration that gave the columns gave the type.
    return entry.row[column] as never;
  }

  /** Adds a line to the comment that goes into the server's log. */
  comment(text: string): void {
    this.#comments.push(text);
  }

  /** The transaction is not to be carried out after all. */
  abort(): void {
    this.#aborted = true;
  }

  get isAborted(): boolean {
    return this.#aborted;
  }

  /** What it is to do. */
  plan(): TransactionPlan {
    return {
      inserted: [...this.#inserted].map(([row, values]) => ({ row, values })),
      writes: [...this.#writes.values()],
      increment: this.#increment,
      comment: this.#comments.join("\n"),
      durable: this.durable,
    };
  }

  #column(table: string, name: string): { readonly type: Parameters<typeof datumOf>[0] } {
    const column = this.#schema.tables.get(table)?.columns.get(name);
    if (!column || name.startsWith("_")) throw new TypeError(`${table} has no column ${name}`);
    return column;
  }

  #datum(table: string, name: string, value: unknown): Datum {
    return datumOf(this.#column(table, name).type, value);
  }

  #write(
    table: string,
    row: Target<string>,
    name: string,
    change: (write: ColumnWrite | undefined) => ColumnWrite,
  ): void {
    if (row instanceof NewRow) {
      const values = this.#ownRow(row);
      const value = values.get(name) ?? defaultDatum(this.#column(table, name).type);
      values.set(name, written(change({ kind: "set", value }), value));
      return;
    }
    const { columns } = this.#rowWrites(table, row);
    columns.set(name, change(columns.get(name)));
  }

  #ownRow(row: NewRow): Map<string, Datum> {
    const values = this.#inserted.get(row);
    if (!values) throw new TypeError("a new row belongs to the transaction that inserts it");
    return values;
  }

  #rowWrites(table: string, uuid: Uuid): RowWrites {
    const key = `${table} ${uuid}`;
    let writes = this.#writes.get(key);
    if (!writes) {
      writes = { table, uuid, columns: new Map(), verified: new Set(), deleted: false };
      this.#writes.set(key, writes);
    }
    return writes;
  }
}
