import {
  type ColumnSchema,
  type DatabaseSchema,
  type TableSchema,
  UUID_COLUMN,
  VERSION_COLUMN,
} from "#ovsdb/schema.js";
import { UserError } from "#util/errors.js";
import type { Json } from "#util/json.js";
import { compareCodePoints } from "#util/json-text.js";

/** A table to monitor: what is asked of the server, and the columns to print in their order. */
export interface MonitoredTable {
  readonly table: TableSchema;
  readonly columns: readonly ColumnSchema[];
  /** The array of `<monitor-request>`s. */
  readonly requests: readonly Json[];
}

const kinds = ["initial", "insert", "delete", "modify"] as const;

/**
 * Reads the arguments behind `monitor`: a table or `ALL`, then groups of columns that may hold `!initial` and such. Throws `UserError`,
 * most with `server` in front.
 */
export function readMonitored(
  server: string,
  schema: DatabaseSchema,
  tableName: string,
  groups: readonly string[],
): readonly MonitoredTable[] {
  const table = schema.tables.get(tableName);
  if (table !== undefined) return [monitoredTable(server, schema, table, groups)];
  if (tableName !== "ALL") throw new UserError(`${server}: ${noTable(schema, tableName)}`);
  return [...schema.tables.values()]
    .sort((a, b) => compareCodePoints(a.name, b.name))
    .map((one) => monitoredTable(server, schema, one, groups));
}

export function noTable(schema: DatabaseSchema, name: string): string {
  return `${schema.name} does not have a table named "${name}"`;
}

/** One table by its groups of columns; each group gets `where` besides, if given. */
export function monitoredTable(
  server: string,
  schema: DatabaseSchema,
  table: TableSchema,
  groups: readonly string[],
  where?: Json,
): MonitoredTable {
  const columns: ColumnSchema[] = [];
  const requests = (groups.length === 0 ? [""] : groups).map((group): Json => {
    const words = group.split(",").filter((word) => word !== "");
    const unwanted = new Set(kinds.filter((kind) => words.includes(`!${kind}`)));
    const named = words
      .filter((word) => !kinds.some((kind) => word === `!${kind}`))
      .map((name) => {
        const column = table.columns.get(name);
        if (column !== undefined) return column;
        throw new UserError(
          `${server}: table "${table.name}" in ${schema.name} does not have a column named "${name}"`,
        );
      });
    const chosen = named.length > 0 ? named : allColumns(table);
    for (const column of chosen) {
      if (columns.includes(column)) throw new UserError(`${server}: column "${column.name}" mentioned multiple times`);
      columns.push(column);
    }
    return {
      ...(where === undefined ? {} : { where }),
      columns: chosen.map(({ name }) => name),
      ...(unwanted.size === 0 ? {} : { select: Object.fromEntries(kinds.map((kind) => [kind, !unwanted.has(kind)])) }),
    };
  });
  return { table, columns, requests };
}

/** All columns but for the UUID, by name, the version last. */
function allColumns(table: TableSchema): ColumnSchema[] {
  const plain = table.columnList.filter(({ index }) => index !== UUID_COLUMN && index !== VERSION_COLUMN);
  plain.sort((a, b) => compareCodePoints(a.name, b.name));
  return [...plain, ...table.columnList.filter(({ index }) => index === VERSION_COLUMN)];
}
