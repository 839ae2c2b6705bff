import type { Uuid } from "#ovsdb/atom.js";
import { type Datum, keep, setOf } from "#ovsdb/datum.js";
import { datumToJson, type UuidWriter } from "#ovsdb/datum-json.js";
import type { Json } from "#util/json.js";
import { CtlRow } from "./row.js";
import type { CtlSchema } from "./schema.js";
import type { Snapshot } from "./snapshot.js";

/** Stands for all tables. */
const anyTable = "*";

interface Insertion {
  readonly row: CtlRow;
  /** The user chose the UUID, and the server is to keep it. */
  readonly keepUuid: boolean;
}

/**
 * Changes put together on top of a snapshot, for one `transact` request. Commands read through it and see what earlier ones
 * wrote. Nothing is sent here.
 */
export class Transaction {
  readonly schema: CtlSchema;
  readonly #snapshot: Snapshot;
  readonly #newUuid: () => Uuid;
  readonly #rows = new Map<string, Map<string, CtlRow>>();
  readonly #insertions = new Map<string, Insertion>();
  /** Tables that have to be empty still when the transaction is carried out. */
  readonly #empty = new Set<string>();
  readonly #touched = new Map<string, number>();

  constructor(schema: CtlSchema, snapshot: Snapshot, newUuid: () => Uuid) {
    this.schema = schema;
    this.#snapshot = snapshot;
    this.#newUuid = newUuid;
  }

  /** Grows whenever a generic command has changed rows of one of the tables; views made of them before are out of date then. */
  generation(tables: readonly string[]): number {
    return [anyTable, ...tables].reduce((sum, table) => sum + (this.#touched.get(table) ?? 0), 0);
  }

  /** Says that a generic command has changed rows of a table, or has made or deleted some. */
  touch(table: string = anyTable): void {
    this.#touched.set(table, (this.#touched.get(table) ?? 0) + 1);
  }

  /** The rows of a table by the name in their `name` column, else by UUID. */
  rows(table: string): CtlRow[] {
    const rows = this.unsorted(table);
    const byName = this.schema.has(table) && rows.every((row) => row.base?.["name"] !== undefined || !row.base);
    const named = byName && this.schema.table(table).columns.has("name");
    const key = (row: CtlRow): string => (named ? row.text("name") + row.uuid : row.uuid);
    return rows.sort((a, b) => (key(a) < key(b) ? -1 : 1));
  }

  /** The same rows in no particular order. */
  unsorted(table: string): CtlRow[] {
    return [...this.#table(table).values()].filter((row) => !row.deleted);
  }

  row(table: string, uuid: string): CtlRow | undefined {
    const row = this.#table(table).get(uuid);
    return row === undefined || row.deleted ? undefined : row;
  }

  /** Rows that a column of references names; those that are gone are left out. */
  referenced(row: CtlRow, column: string, table: string): CtlRow[] {
    return row
      .get(column)
      .keys.map((uuid) => this.row(table, String(uuid)))
      .filter((r) => r !== undefined);
  }

  insert(table: string, uuid?: Uuid, keepUuid = false): CtlRow {
    const row = new CtlRow(this.schema.table(table), uuid ?? this.#newUuid(), undefined);
    this.#table(table).set(row.uuid, row);
    this.#insertions.set(row.uuid, { row, keepUuid });
    return row;
  }

  delete(row: CtlRow): void {
    row.deleted = true;
    this.#insertions.delete(row.uuid);
  }

  /** Makes the transaction fail, to be tried again, if the table has got a row. */
  verifyEmpty(table: string): void {
    this.#empty.add(table);
  }

  /** Whether there is anything to send. */
  get changed(): boolean {
    return (
      this.#insertions.size > 0 || this.#baseRows().some((row) => (row.deleted && row.table.isRoot) || row.changed)
    );
  }

  /** Sets a column of references. */
  setReferences(row: CtlRow, column: string, rows: readonly CtlRow[]): void {
    row.set(column, setOf(rows.map((r) => r.uuid)));
  }

  /** Puts a row among those that a column refers to. The column must not change meanwhile. */
  addReference(row: CtlRow, column: string, target: CtlRow): void {
    row.verify(column);
    row.set(column, setOf([...row.get(column).keys, target.uuid]));
  }

  removeReference(row: CtlRow, column: string, target: CtlRow): void {
    row.verify(column);
    row.set(
      column,
      keep(row.get(column), (uuid) => uuid !== target.uuid),
    );
  }

  /** The operations of RFC 7047, 5.2: what has to hold, then the changes. */
  operations(): Json[] {
    return [
      ...[...this.#empty].map((table) => ({ op: "wait", table, timeout: 0, where: [], until: "==", rows: [] })),
      ...this.#baseRows().flatMap((row) => this.#waits(row)),
      ...this.#baseRows().flatMap((row) => this.#changes(row)),
      ...[...this.#insertions.values()].map((insertion) => this.#insertion(insertion)),
    ];
  }

  /** The index in `operations()` of each insertion's operation, by the UUID its row has here. */
  insertionPlaces(): Map<string, number> {
    const start = this.operations().length - this.#insertions.size;
    return new Map([...this.#insertions.keys()].map((uuid, i) => [uuid, start + i]));
  }

  /** The `where` that picks one row. */
  where(row: CtlRow): Json {
    return [["_uuid", "==", this.#uuidJson(row.uuid)]];
  }

  #table(name: string): Map<string, CtlRow> {
    let rows = this.#rows.get(name);
    if (rows === undefined) {
      rows = new Map();
      if (this.schema.has(name)) {
        const table = this.schema.table(name);
        for (const [uuid, base] of this.#snapshot.rows(name)) rows.set(uuid, new CtlRow(table, uuid as Uuid, base));
      }
      this.#rows.set(name, rows);
    }
    return rows;
  }

  #baseRows(): CtlRow[] {
    return [...this.#rows.values()].flatMap((rows) => [...rows.values()].filter((row) => row.base !== undefined));
  }

  #waits(row: CtlRow): Json[] {
    const columns = [...row.verified].sort();
    const touched = row.changed && !row.deleted;
    // A row that is written to has to be there still: the server would change nothing and say nothing.
    if (columns.length === 0 && !touched) return [];
    const values = Object.fromEntries(columns.map((column) => [column, row.base?.[column] ?? null]));
    const expected = columns.length === 0 ? { _uuid: ["uuid", row.uuid] } : values;
    return [
      {
        op: "wait",
        table: row.table.name,
        timeout: 0,
        where: this.where(row),
        columns: columns.length === 0 ? ["_uuid"] : columns,
        until: "==",
        rows: [expected],
      },
    ];
  }

  #changes(row: CtlRow): Json[] {
    const table = row.table.name;
    const where = this.where(row);
    // Rows of other tables go by themselves when nothing refers to them any more.
    if (row.deleted) return row.table.isRoot ? [{ op: "delete", table, where }] : [];
    const operations: Json[] = [];
    if (row.written.size > 0) operations.push({ op: "update", table, where, row: this.#columns(row) });
    const mutations = [...row.added].flatMap(([column, datum]) => this.#mutations(row, column, datum));
    if (mutations.length > 0) operations.push({ op: "mutate", table, where, mutations });
    return operations;
  }

  #insertion({ row, keepUuid }: Insertion): Json {
    const name: { readonly [name: string]: Json } = keepUuid
      ? { uuid: row.uuid }
      : { "uuid-name": symbolName(row.uuid) };
    return { op: "insert", table: row.table.name, ...name, row: this.#columns(row) };
  }

  #columns(row: CtlRow): { [column: string]: Json } {
    const entries = [...row.written].map(([column, datum]) => [
      column,
      datumToJson(row.type(column), datum, this.#uuidJson),
    ]);
    return Object.fromEntries(entries);
  }

  /** Additions as mutations. A map's keys are removed first, since an insertion leaves pairs that are there as they are. */
  #mutations(row: CtlRow, column: string, datum: Datum): Json[] {
    const type = row.type(column);
    const elements = (d: Datum): Json => ["set", d.keys.map((key) => this.#atomJson(type.key.type, key))];
    if (type.value === undefined) return [[column, "insert", elements(datum)]];
    return [
      [column, "delete", elements(datum)],
      [column, "insert", datumToJson(type, datum, this.#uuidJson)],
    ];
  }

  #atomJson(type: string, atom: Json): Json {
    return type === "uuid" ? this.#uuidJson(atom as Uuid) : atom;
  }

  readonly #uuidJson: UuidWriter = (uuid) => {
    const insertion = this.#insertions.get(uuid);
    return insertion === undefined || insertion.keepUuid ? ["uuid", uuid] : ["named-uuid", symbolName(uuid)];
  };
}

/** The name by which an inserted row is called inside its transaction. */
function symbolName(uuid: Uuid): string {
  return `row${uuid.replaceAll("-", "_")}`;
}
