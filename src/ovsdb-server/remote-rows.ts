import type { Atom, Uuid } from "#ovsdb/atom.js";
import type { Datum } from "#ovsdb/datum.js";
import type { Row } from "#ovsdb/row.js";
import type { TableSchema } from "#ovsdb/schema.js";
import type { Json } from "#util/json.js";
import { type DbReference, resolveDbReference } from "./db-reference.js";
import { defaultRemote, type RemoteSettings, type RemoteStatus } from "./remote.js";
import type { StandaloneDatabase } from "./standalone-database.js";

/** The columns of a table of remotes (Manager, for one) that matter here, where the table has them. */
export const remoteColumns = {
  read: ["target", "max_backoff", "inactivity_probe", "read_only", "role"],
  written: ["is_connected", "status"],
} as const;

type RemoteColumn = (typeof remoteColumns)["read" | "written"][number];

/** Reads the remotes that `db:DB,TABLE,COLUMN` stands for, and writes back what becomes of them. */
export class RemoteRows {
  readonly #find: (name: string) => StandaloneDatabase | undefined;

  constructor(find: (name: string) => StandaloneDatabase | undefined) {
    this.#find = find;
  }

  /** The remotes with their settings. Throws `UserError` where the reference names nothing that is there. */
  read(spec: string): Map<string, RemoteSettings> {
    const { reference, database } = this.#resolve(spec);
    const remotes = new Map<string, RemoteSettings>();
    const target = referencedTable(reference);
    for (const row of database.rows(reference.table.name)) {
      for (const atom of datumOf(row, reference.table, reference.column.name)?.keys ?? []) {
        if (reference.column.type.key.type === "string") {
          if (atom !== "") remotes.set(String(atom), defaultRemote);
        } else if (target !== undefined) {
          const table = database.schema.tables.get(target);
          const named = database.row(target, atom as Uuid);
          const name = table && named && one(named, table, "target", "string");
          if (typeof name === "string" && name !== "") remotes.set(name, settingsOf(named!, table!));
        }
      }
    }
    return remotes;
  }

  /** The tables whose contents matter to a reference. */
  tablesOf(spec: string): ReadonlySet<string> {
    try {
      const { reference } = this.#resolve(spec);
      const target = referencedTable(reference);
      return new Set(target === undefined ? [reference.table.name] : [reference.table.name, target]);
    } catch {
      return new Set();
    }
  }

  /** Writes `is_connected` and `status` of the rows that a reference names, where these columns are there and differ. */
  writeStatus(spec: string, statusOf: (target: string) => RemoteStatus | undefined): void {
    let found: { reference: DbReference; database: StandaloneDatabase };
    try {
      found = this.#resolve(spec);
    } catch {
      return;
    }
    const { reference, database } = found;
    // A copy's rows are the source's to write; it tells of its own connections there.
    if (database.isCopy) return;
    const target = referencedTable(reference);
    const table = target === undefined ? undefined : database.schema.tables.get(target);
    if (!table) return;
    const updates: Json[] = [];
    for (const referrer of database.rows(reference.table.name)) {
      for (const atom of datumOf(referrer, reference.table, reference.column.name)?.keys ?? []) {
        const row = database.row(table.name, atom as Uuid);
        const name = row && one(row, table, "target", "string");
        const status = typeof name === "string" ? statusOf(name) : undefined;
        const changed = status && changedColumns(row!, table, status);
        if (!changed) continue;
        const where = [["_uuid", "==", ["uuid", String(atom)]]];
        updates.push({ op: "update", table: table.name, where, row: changed });
      }
    }
    if (updates.length > 0) database.execute(updates);
  }

  #resolve(spec: string): { reference: DbReference; database: StandaloneDatabase } {
    const reference = resolveDbReference(spec, (name) => this.#find(name)?.schema);
    return { reference, database: this.#find(reference.database)! };
  }
}

/** The table that the column refers to, where it holds UUIDs. */
function referencedTable({ column }: DbReference): string | undefined {
  return column.type.value ? undefined : column.type.key.refTable;
}

function datumOf(row: Row, table: TableSchema, name: string): Datum | undefined {
  const column = table.columns.get(name);
  return column && row.data[column.index];
}

/** The value of a column of a type, if the table has it and it holds one. */
function one(row: Row, table: TableSchema, name: RemoteColumn, type: string): Atom | undefined {
  const column = table.columns.get(name);
  if (!column || column.type.value || column.type.max !== 1 || column.type.key.type !== type) return undefined;
  return row.data[column.index]?.keys[0];
}

function settingsOf(row: Row, table: TableSchema): RemoteSettings {
  const integer = (name: RemoteColumn): number | undefined => {
    const value = one(row, table, name, "integer");
    return value === undefined ? undefined : Number(value);
  };
  const role = one(row, table, "role", "string");
  return {
    ...(typeof role === "string" && role !== "" ? { role } : {}),
    maxBackoff: integer("max_backoff"),
    probeInterval: integer("inactivity_probe"),
    readOnly: one(row, table, "read_only", "boolean") === true,
  };
}

/** The columns of the row that do not say what the status says; undefined where all do. */
function changedColumns(
  row: Row,
  table: TableSchema,
  { isConnected, status }: RemoteStatus,
): Record<string, Json> | undefined {
  const changed: Record<string, Json> = {};
  if (one(row, table, "is_connected", "boolean") === !isConnected) changed["is_connected"] = isConnected;
  const column = table.columns.get("status");
  if (column?.type.key.type === "string" && column.type.value?.type === "string") {
    const now = datumOf(row, table, "status");
    const wanted = Object.entries(status).sort(([a], [b]) => (a < b ? -1 : 1));
    const same =
      now?.keys.length === wanted.length &&
      wanted.every(([key, value], i) => now.keys[i] === key && now.values?.[i] === value);
    if (!same) changed["status"] = ["map", wanted];
  }
  return Object.keys(changed).length === 0 ? undefined : changed;
}
