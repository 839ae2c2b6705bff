import type { Uuid } from "./atom.js";
import type { Database } from "./database.js";
import { type Datum, equalDatums, valueAt } from "./datum.js";
import { OvsdbError } from "./error.js";
import type { Row } from "./row.js";
import type { ColumnSchema, TableSchema } from "./schema.js";

/** What a row of the permission table allows. */
interface Permission {
  /** `COLUMN` or `COLUMN:KEY`, one of which must hold the client's id; the empty one allows everybody. */
  readonly authorization: readonly string[];
  readonly insertDelete: boolean;
  /** `COLUMN` or `COLUMN:KEY` that may be changed. */
  readonly update: readonly string[];
}

/**
 * Role-based access control (ovsdb-server(7) sections 3.2 and 4.1.3): what the tables `RBAC_Role` and its permissions allow a client that
 * has a role. They are looked at as they were before the transaction. All methods throw "permission error".
 */
export class AccessControl {
  readonly #database: Database;
  readonly #role: string;
  readonly #id: string;
  readonly #shownId: string;

  /** `id` is the common name of the client's certificate, empty where it has none; `shownId` is what errors call it. */
  constructor(database: Database, role: string, id: string, shownId: string = id) {
    this.#database = database;
    this.#role = role;
    this.#id = id;
    this.#shownId = shownId;
  }

  /** Whether roles mean anything in a database. */
  static appliesTo(database: Database, role: string): boolean {
    return role !== "" && database.tables.has("RBAC_Role");
  }

  insert(table: TableSchema, data: readonly Datum[]): void {
    const permission = this.#permission(table.name);
    const may = permission?.insertDelete && this.#isAuthorized(permission, table, data);
    if (!may) throw this.#denied(`row insertion into table "${table.name}"`);
  }

  delete(table: TableSchema, rows: readonly Row[]): void {
    const permission = this.#permission(table.name);
    const may =
      permission && rows.every((row) => permission.insertDelete && this.#isAuthorized(permission, table, row.data));
    if (!may) throw this.#denied(`row deletion from table "${table.name}"`);
  }

  /** Allows operations on rows that there is a permission for at all; for `what` see the operations. */
  change(
    what: "modification of" | "mutate operation on",
    table: TableSchema,
    columns: Iterable<ColumnSchema>,
    changes: readonly { readonly before: Row; readonly after: readonly Datum[] }[],
  ): void {
    const permission = this.#permission(table.name);
    const named = [...columns];
    const may =
      permission &&
      changes.every(
        ({ before, after }) =>
          this.#isAuthorized(permission, table, before.data) &&
          named.every((column) => mayUpdate(permission, column, before.data[column.index]!, after[column.index]!)),
      );
    if (!may) throw this.#denied(`${what} table "${table.name}"`);
  }

  #denied(what: string): OvsdbError {
    const details = `RBAC rules for client "${this.#shownId}" role "${this.#role}" prohibit ${what}.`;
    return new OvsdbError("permission error", details);
  }

  #permission(table: string): Permission | undefined {
    const roles = this.#database.table("RBAC_Role");
    const name = roles.schema.columns.get("name");
    const permissions = roles.schema.columns.get("permissions");
    const target = permissions?.type.value?.refTable;
    if (!name || !permissions || target === undefined) return undefined;
    for (const { data } of roles.rows.values()) {
      if (data[name.index]!.keys[0] !== this.#role) continue;
      const uuid = valueAt(data[permissions.index]!, table);
      const row = uuid === undefined ? undefined : this.#database.table(target).rows.get(uuid as Uuid);
      return row && permissionOf(this.#database.table(target).schema, row);
    }
    return undefined;
  }

  #isAuthorized({ authorization }: Permission, table: TableSchema, data: readonly Datum[]): boolean {
    return authorization.some((text) => {
      if (text === "") return true;
      if (this.#id === "") return false;
      const { name, key } = split(text);
      const column = table.columns.get(name);
      const datum = column && data[column.index]!;
      if (!datum) return false;
      if (key !== undefined) return valueAt(datum, key) === this.#id;
      return !column.type.value && datum.keys.length === 1 && datum.keys[0] === this.#id;
    });
  }
}

function permissionOf(table: TableSchema, { data }: Row): Permission {
  const keys = (name: string): readonly unknown[] => {
    const column = table.columns.get(name);
    return column ? data[column.index]!.keys : [];
  };
  return {
    authorization: keys("authorization") as readonly string[],
    insertDelete: keys("insert_delete")[0] === true,
    update: keys("update") as readonly string[],
  };
}

function split(text: string): { readonly name: string; readonly key: string | undefined } {
  const colon = text.indexOf(":");
  return colon < 0 ? { name: text, key: undefined } : { name: text.slice(0, colon), key: text.slice(colon + 1) };
}

/** Whether a change of one column is allowed: of all of it, or of the keys of a map that are named. */
function mayUpdate({ update }: Permission, column: ColumnSchema, before: Datum, after: Datum): boolean {
  if (update.includes(column.name)) return true;
  const named = update.map(split).filter(({ name, key }) => name === column.name && key !== undefined);
  if (named.length === 0 || !column.type.value) return false;
  if (equalDatums(before, after)) return true;
  const allowed = new Set<unknown>(named.map(({ key }) => key));
  return [...before.keys, ...after.keys].every(
    (key) => allowed.has(key) || valueAt(before, key) === valueAt(after, key),
  );
}
