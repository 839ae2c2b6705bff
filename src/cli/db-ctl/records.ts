import { compareAtoms, isPartialUuid, parseUuid } from "#ovsdb/atom.js";
import type { TableSchema } from "#ovsdb/schema.js";
import { UserError } from "#util/errors.js";
import type { CtlRow } from "./row.js";
import type { Transaction } from "./transaction.js";

/**
 * A way to name a row besides its UUID: by a column of its own, or `via` another table's row that refers to it and has a
 * name.
 */
type RecordName =
  | { readonly column: string; readonly via?: undefined }
  | {
      readonly column?: undefined;
      readonly via: { readonly table: string; readonly name: string; readonly column: string };
    };

/** The names of rows by table. Tables of at most one row have the name `.` besides. */
export type RecordNames = Readonly<Record<string, readonly RecordName[]>>;

/** Digits of a UUID that are enough to name a row, where they are unique. */
const partialDigits = 4;

/** The row that `id` names, or `undefined`. Throws `UserError` where it names several. */
export function findRecord(txn: Transaction, names: RecordNames, table: TableSchema, id: string): CtlRow | undefined {
  const uuid = parseUuid(id);
  if (uuid !== undefined) {
    const row = txn.row(table.name, uuid);
    if (row !== undefined) return row;
  }
  if (id === "." && table.maxRows === 1) return txn.rows(table.name)[0];
  for (const name of names[table.name] ?? []) {
    const row = name.via === undefined ? byColumn(txn, table, name.column, id) : byReference(txn, table, name.via, id);
    if (row !== undefined) return row;
  }
  return isPartialUuid(id, partialDigits) ? byPartialUuid(txn, table, id) : undefined;
}

function byColumn(txn: Transaction, table: TableSchema, column: string, id: string): CtlRow | undefined {
  const type = table.columns.get(column)?.type.key.type;
  const wanted = type === "integer" ? (/^[+-]?\d+$/.test(id) ? Number(id) : undefined) : id;
  if (wanted === undefined) return undefined;
  const rows = txn.unsorted(table.name).filter((row) => row.one(column) === wanted);
  if (rows.length > 1) throw new UserError(`multiple rows in ${table.name} match "${id}"`);
  return rows[0];
}

function byReference(
  txn: Transaction,
  table: TableSchema,
  via: { readonly table: string; readonly name: string; readonly column: string },
  id: string,
): CtlRow | undefined {
  const holders = txn.unsorted(via.table).filter((row) => row.text(via.name) === id);
  if (holders.length > 1) throw new UserError(`multiple rows in ${via.table} match "${id}"`);
  const keys = holders[0]?.get(via.column).keys ?? [];
  // Several records of one holder have no name of their own.
  return keys.length === 1 ? txn.row(table.name, String(keys[0])) : undefined;
}

function byPartialUuid(txn: Transaction, table: TableSchema, id: string): CtlRow | undefined {
  const rows = txn.unsorted(table.name).filter((row) => row.uuid.startsWith(id.toLowerCase()));
  if (rows.length > 1) {
    const [first, second] = rows.map((row) => row.uuid).sort(compareAtoms);
    throw new UserError(
      `${table.name} contains 2 or more rows whose UUIDs begin with ${id}: at least ${first} and ${second}`,
    );
  }
  return rows[0];
}

/** As `findRecord`; throws `UserError` where there is no such row. */
export function needRecord(txn: Transaction, names: RecordNames, table: TableSchema, id: string): CtlRow {
  const row = findRecord(txn, names, table, id);
  if (row === undefined) throw new UserError(`no row "${id}" in table ${table.name}`);
  return row;
}

/** The lines of `--help` that say how rows may be named. */
export function describeRecordNames(
  names: RecordNames,
  tables: readonly string[],
  singletons: readonly string[],
): string {
  return tables
    .map((table) => {
      const ways = (names[table] ?? []).map((name) =>
        name.via === undefined
          ? `    by "${name.column}"\n`
          : `    via "${name.via.column}" of ${name.via.table} with matching "${name.via.name}"\n`,
      );
      return `  ${table}:\n    by UUID\n${singletons.includes(table) ? '    as "."\n' : ""}${ways.join("")}`;
    })
    .join("");
}
