import type { ColumnSchema, DatabaseSchema, TableSchema } from "#ovsdb/schema.js";
import { UserError } from "#util/errors.js";

/** The column that an option of the form `db:DB,TABLE,COLUMN` names. */
export interface DbReference {
  readonly database: string;
  readonly table: TableSchema;
  readonly column: ColumnSchema;
}

/** Whether an option's argument means a column rather than itself. */
export function isDbReference(text: string): boolean {
  return text.startsWith("db:");
}

/** The database that such a text names. */
export function databaseOf(text: string): string {
  return text.slice("db:".length).split(",", 1)[0] ?? "";
}

/** What a reference needs to know of a database: its contents may be still to come, from another server. */
interface Referenced {
  readonly schema: DatabaseSchema;
  readonly isAvailable: boolean;
}

/** Refuses a remote of the form `db:DB,TABLE,COLUMN` that names nothing. Throws `UserError`. */
export function checkRemote(text: string, find: (database: string) => Referenced | undefined): void {
  if (!isDbReference(text) || find(databaseOf(text))?.isAvailable === false) return;
  resolveDbReference(text, (name) => find(name)?.schema);
}

/**
 * Finds the column that `db:DB,TABLE,COLUMN` names among the schemas served. Throws `UserError` with upstream's text, which
 * ends in a newline.
 */
export function resolveDbReference(
  text: string,
  schemaOf: (database: string) => DatabaseSchema | undefined,
): DbReference {
  const fail = (what: string): UserError => new UserError(`"${text}": ${what}\n`);
  const parts = text.slice("db:".length).split(",");
  const [database, tableName, columnName] = parts;
  if (!database || !tableName || !columnName || parts.length !== 3) throw fail("invalid syntax");
  const schema = schemaOf(database);
  if (!schema) throw fail(`no database named ${database}`);
  const table = schema.tables.get(tableName);
  if (!table) throw fail(`no table named ${tableName}`);
  const column = table.columns.get(columnName);
  if (!column) throw fail(`table "${tableName}" has no column "${columnName}"`);
  return { database, table, column };
}

/** Refuses a column that holds no string or set of strings, as the file names of keys and certificates need one. */
export function requireStrings(text: string, { table, column }: DbReference): void {
  if (column.type.key.type === "string" && !column.type.value) return;
  throw new UserError(`"${text}": table "${table.name}" column "${column.name}" is not string or set of strings\n`);
}
