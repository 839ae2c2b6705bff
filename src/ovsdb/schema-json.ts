import type { Json } from "#util/json.js";
import { isId } from "./atom.js";
import type { BaseType } from "./base-type.js";
import { UNLIMITED } from "./column-type.js";
import { syntaxError } from "./error.js";
import { JsonMembers, type JsonObject } from "./json-members.js";
import { type ColumnSchema, type DatabaseSchema, makeTable, type TableParts, type TableSchema } from "./schema.js";
import { typeFromJson, typeToJson } from "./type-json.js";

/** Reads a `<database-schema>` (RFC 7047 section 3.2). Throws a "syntax error" in upstream's words. */
export function schemaFromJson(json: Json): DatabaseSchema {
  const members = new JsonMembers(json, "database schema");
  const name = members.need("name", "id") as string;
  const version = (members.take("version", "string") ?? "") as string;
  const cksum = (members.take("cksum", "string") ?? "") as string;
  const tableJson = members.need("tables", "object") as JsonObject;
  members.finish();
  if (version !== "" && !/^[0-9]+\.[0-9]+\.[0-9]+$/.test(version)) {
    throw syntaxError(`schema version "${version}" not in format x.y.z`, json);
  }
  const parts = Object.entries(tableJson).map(([tableName, table]) => {
    checkName(tableName, json);
    return tableFromJson(tableName, table);
  });
  // Schemas older than isRoot have it nowhere; all their tables are roots.
  const allRoots = !parts.some((table) => table.isRoot);
  const tables = new Map(parts.map((table) => [table.name, makeTable(allRoots ? { ...table, isRoot: true } : table)]));
  for (const table of tables.values()) for (const column of table.columnList) checkReferences(column, tables);
  return { name, version, cksum, tables };
}

function checkName(name: string, json: Json): void {
  if (name.startsWith("_")) throw syntaxError('names beginning with "_" are reserved', json);
  if (!isId(name)) throw syntaxError("name must be a valid id", json);
}

function checkReferences(column: ColumnSchema, tables: ReadonlyMap<string, TableSchema>): void {
  const check = (base: BaseType | undefined, part: string): void => {
    if (base?.refTable !== undefined && !tables.has(base.refTable)) {
      throw syntaxError(`column ${column.name} ${part} refers to undefined table ${base.refTable}`);
    }
  };
  check(column.type.key, "key");
  check(column.type.value, "value");
}

/** Reads a `<table-schema>` into its parts. */
function tableFromJson(name: string, json: Json): TableParts {
  const members = new JsonMembers(json, `table schema for table ${name}`);
  const columnJson = members.need("columns", "object") as JsonObject;
  const maxRows = members.take("maxRows", "integer");
  const isRoot = members.take("isRoot", "boolean");
  const indexes = members.take("indexes", "array") as readonly Json[] | undefined;
  members.finish();
  if (maxRows !== undefined && Number(maxRows) <= 0) throw syntaxError("maxRows must be at least 1", json);
  if (Object.keys(columnJson).length === 0) throw syntaxError("table must have at least one column", json);
  const columns = Object.entries(columnJson).map(([columnName, column]) => {
    checkName(columnName, json);
    return columnFromJson(columnName, column);
  });
  const parts: TableParts = {
    name,
    columns,
    maxRows: maxRows === undefined ? undefined : Math.min(Number(maxRows), UNLIMITED),
    isRoot: isRoot as boolean | undefined,
  };
  const known = makeTable(parts);
  return { ...parts, indexes: indexes?.map((index) => indexFromJson(known, index, json)) };
}

function columnFromJson(name: string, json: Json): TableParts["columns"][number] {
  const members = new JsonMembers(json, `schema for column ${name}`);
  const mutable = members.take("mutable", "boolean") as boolean | undefined;
  const ephemeral = members.take("ephemeral", "boolean") as boolean | undefined;
  const type = members.need("type", "string", "object");
  members.finish();
  return { name, type: typeFromJson(type), mutable, ephemeral };
}

function indexFromJson(table: TableSchema, json: Json, tableJson: Json): string[] {
  const columns = columnSetFromJson(table, json);
  if (columns.length === 0) throw syntaxError("index must have at least one column", tableJson);
  for (const column of columns) {
    if (column.ephemeral) {
      throw syntaxError(`ephemeral columns (such as ${column.name}) may not be indexed`, tableJson);
    }
  }
  return columns.map((column) => column.name);
}

/** Reads an array of distinct column names, as in indexes, `select` and monitor requests; undefined means all columns. */
export function columnSetFromJson(table: TableSchema, json: Json | undefined): readonly ColumnSchema[] {
  if (json === undefined) return table.columnList;
  if (!Array.isArray(json)) throw syntaxError("array of distinct column names expected", json);
  const columns: ColumnSchema[] = [];
  for (const name of json as readonly Json[]) {
    if (typeof name !== "string") throw syntaxError("array of distinct column names expected", json);
    const column = table.columns.get(name);
    if (!column) throw syntaxError(`${name} is not a valid column name`, json);
    columns.push(column);
  }
  if (new Set(columns).size !== columns.length) throw syntaxError("array of distinct column names expected", json);
  return columns;
}

/** Writes a schema; what holds by default is left out. */
export function schemaToJson(schema: DatabaseSchema): Json {
  const allRoots = [...schema.tables.values()].every((table) => table.isRoot);
  return {
    name: schema.name,
    ...(schema.version === "" ? {} : { version: schema.version }),
    ...(schema.cksum === "" ? {} : { cksum: schema.cksum }),
    tables: Object.fromEntries([...schema.tables.values()].map((table) => [table.name, tableToJson(table, allRoots)])),
  };
}

function tableToJson(table: TableSchema, allRoots: boolean): Json {
  return {
    columns: Object.fromEntries(table.columnList.slice(2).map((column) => [column.name, columnToJson(column)])),
    ...(table.isRoot && !allRoots ? { isRoot: true } : {}),
    ...(table.maxRows === UNLIMITED ? {} : { maxRows: table.maxRows }),
    ...(table.indexes.length === 0
      ? {}
      : { indexes: table.indexes.map((index) => index.map((column) => column.name)) }),
  };
}

function columnToJson(column: ColumnSchema): Json {
  return {
    type: typeToJson(column.type),
    ...(column.mutable ? {} : { mutable: false }),
    ...(column.ephemeral ? { ephemeral: true } : {}),
  };
}
