import type { Json } from "#util/json.js";
import { type Clause, conditionFromJson } from "./condition.js";
import { syntaxError } from "./error.js";
import { isJsonObject, JsonMembers } from "./json-members.js";
import { type ColumnSchema, type DatabaseSchema, type TableSchema, UUID_COLUMN } from "./schema.js";

/** Which kinds of news a client wants (RFC 7047 section 4.1.5 `<monitor-select>`). */
export interface MonitorSelect {
  readonly initial: boolean;
  readonly insert: boolean;
  readonly delete: boolean;
  readonly modify: boolean;
}

export interface MonitoredColumn {
  readonly column: ColumnSchema;
  readonly select: MonitorSelect;
}

/** What a client wants of one table. */
export interface MonitoredTable {
  readonly table: TableSchema;
  readonly columns: readonly MonitoredColumn[];
  /** What any of the columns is wanted for. */
  readonly select: MonitorSelect;
  /** Rows that meet some clause are shown; with no clauses, all are. */
  readonly condition: readonly Clause[];
}

/** What a client asked for in a `monitor` or `monitor_cond` request, by table name. */
export type MonitorSpec = ReadonlyMap<string, MonitoredTable>;

/**
 * Reads the requests of `monitor`, or of `monitor_cond` and `monitor_cond_since` if `conditional` (these may have `where`).
 * Throws `OvsdbError`.
 */
export function monitorSpecFromJson(schema: DatabaseSchema, json: Json, conditional: boolean): MonitorSpec {
  if (!isJsonObject(json)) throw syntaxError("monitor-requests must be object", json);
  const spec = new Map<string, MonitoredTable>();
  for (const [name, requests] of Object.entries(json)) {
    const table = schema.tables.get(name);
    if (!table) throw syntaxError(`no table named ${name}`);
    spec.set(name, tableFromJson(table, requests, conditional));
  }
  return spec;
}

function tableFromJson(table: TableSchema, json: Json, conditional: boolean): MonitoredTable {
  // A single request without its array is an old form that is still understood.
  const requests: readonly Json[] = Array.isArray(json) ? json : [json];
  const columns: MonitoredColumn[] = [];
  let select: MonitorSelect = { initial: false, insert: false, delete: false, modify: false };
  let condition: readonly Clause[] | undefined;
  for (const request of requests) {
    const members = new JsonMembers(request, `table ${table.name}`);
    const where = conditional ? (members.take("where", "array") as readonly Json[] | undefined) : undefined;
    const names = members.take("columns", "array") as readonly Json[] | undefined;
    const selectJson = members.take("select", "object");
    members.finish();
    const wanted = selectFromJson(table, selectJson);
    select = anyOf(select, wanted);
    for (const column of columnsFromJson(table, names)) {
      if (columns.some((other) => other.column === column)) {
        throw syntaxError(`column ${column.name} mentioned more than once`, names ?? request);
      }
      columns.push({ column, select: wanted });
    }
    // A table has one condition, that of the first request which has any.
    if (where) condition ??= conditionFromJson(table, where);
  }
  return { table, columns, select, condition: condition ?? [] };
}

function columnsFromJson(table: TableSchema, json: readonly Json[] | undefined): readonly ColumnSchema[] {
  if (json === undefined) return table.columnList.filter((column) => column.index !== UUID_COLUMN);
  const columns: ColumnSchema[] = [];
  for (const name of json) {
    if (typeof name !== "string") throw syntaxError("array of column names expected", json);
    const column = table.columns.get(name);
    if (!column) throw syntaxError(`${name} is not a valid column name`, json);
    if (columns.includes(column)) throw syntaxError(`column ${name} mentioned more than once`, json);
    columns.push(column);
  }
  return columns;
}

function selectFromJson(table: TableSchema, json: Json | undefined): MonitorSelect {
  if (json === undefined) return { initial: true, insert: true, delete: true, modify: true };
  const members = new JsonMembers(json, `table ${table.name} select`);
  const flag = (name: string): boolean => members.take(name, "boolean") !== false;
  const select = { initial: flag("initial"), insert: flag("insert"), delete: flag("delete"), modify: flag("modify") };
  members.finish();
  return select;
}

function anyOf(a: MonitorSelect, b: MonitorSelect): MonitorSelect {
  return {
    initial: a.initial || b.initial,
    insert: a.insert || b.insert,
    delete: a.delete || b.delete,
    modify: a.modify || b.modify,
  };
}

/** Reads the requests of `monitor_cond_change`: `spec` with new conditions for the tables they name. Throws `OvsdbError`. */
export function changeConditions(spec: MonitorSpec, json: Json, schema?: DatabaseSchema): MonitorSpec {
  if (!isJsonObject(json)) throw syntaxError("monitor-cond-change-requests must be object", json);
  const changed = new Map(spec);
  for (const [name, requests] of Object.entries(json)) {
    const monitored = spec.get(name);
    if (!monitored) {
      const where = schema?.tables.has(name) === false ? "" : " in monitor session";
      throw syntaxError(`no table named ${name}${where}`);
    }
    for (const request of (Array.isArray(requests) ? requests : [requests]) as readonly Json[]) {
      const members = new JsonMembers(request, `table ${name}`);
      const columns = members.take("columns", "array");
      const where = (members.take("where", "array") ?? []) as readonly Json[];
      members.finish();
      if (columns !== undefined) throw syntaxError("changing columns is unsupported", request);
      changed.set(name, { ...monitored, condition: conditionFromJson(monitored.table, where) });
    }
  }
  return changed;
}
