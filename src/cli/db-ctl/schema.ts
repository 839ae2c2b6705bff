import { declaredTable, type SchemaDeclaration, type TableDeclaration } from "#ovsdb/declaration.js";
import { type ColumnSchema, makeTable, type TableSchema } from "#ovsdb/schema.js";
import { typeFromJson } from "#ovsdb/type-json.js";
import { UserError } from "#util/errors.js";
import type { Json } from "#util/json.js";

type JsonObject = { readonly [name: string]: Json };

/**
 * A database's schema, of which a table is only made when it is used: tools start often and look at little. It comes from our
 * own declaration, or from a server that is older than that.
 */
export class CtlSchema {
  readonly #names: readonly string[];
  readonly #make: (name: string) => TableSchema;
  readonly #made = new Map<string, TableSchema>();

  private constructor(names: readonly string[], make: (name: string) => TableSchema) {
    this.#names = [...names].sort();
    this.#make = make;
  }

  static declared(declaration: SchemaDeclaration): CtlSchema {
    const { tables } = declaration;
    return new CtlSchema(Object.keys(tables), (name) => declaredTable(name, tables[name] as TableDeclaration));
  }

  /** `json` is the result of `get_schema`, which the server has checked. */
  static served(json: Json): CtlSchema {
    const tables = (json as JsonObject)["tables"] as JsonObject;
    const anyRoot = Object.values(tables).some((table) => (table as JsonObject)["isRoot"] === true);
    return new CtlSchema(Object.keys(tables), (name) => servedTable(name, tables[name] as JsonObject, anyRoot));
  }

  has(table: string): boolean {
    return this.#names.includes(table);
  }

  /** The table of exactly that name. Throws `UserError` where there is none. */
  table(name: string): TableSchema {
    let table = this.#made.get(name);
    if (table === undefined) {
      if (!this.has(name)) throw new UserError(`unknown table "${name}"`);
      table = this.#make(name);
      this.#made.set(name, table);
    }
    return table;
  }

  /** The table that a person's word stands for: case, `-` and `_` are all one, unique abbreviations do. */
  findTable(word: string): TableSchema {
    const matches = bestMatches(this.#names, word);
    if (matches.length === 0) throw new UserError(`unknown table "${word}"`);
    if (matches.length > 1) throw new UserError(`"${word}" matches multiple table names: ${matches.join(", ")}`);
    return this.table(matches[0] ?? "");
  }
}

function servedTable(name: string, json: JsonObject, anyRoot: boolean): TableSchema {
  return makeTable({
    name,
    columns: Object.entries(json["columns"] as JsonObject).map(([column, spec]) => {
      const { type, mutable, ephemeral } = spec as JsonObject;
      return {
        name: column,
        type: typeFromJson(type ?? null),
        mutable: mutable as boolean | undefined,
        ephemeral: ephemeral as boolean | undefined,
      };
    }),
    // Schemas older than isRoot have it nowhere; all their tables are roots.
    isRoot: anyRoot ? json["isRoot"] === true : true,
    maxRows: json["maxRows"] as number | undefined,
  });
}

/** Names of a table's columns that tools show, in byte order. */
export function columnNames(table: TableSchema): string[] {
  return table.columnList
    .slice(2)
    .map((column) => column.name)
    .sort();
}

/** The column that a person's word stands for, found like a table. */
export function findColumn(table: TableSchema, word: string): ColumnSchema {
  const matches = bestMatches(columnNames(table), word);
  if (matches.length === 0) {
    throw new UserError(`${table.name} does not contain a column whose name matches "${word}"`);
  }
  if (matches.length > 1) {
    throw new UserError(
      `${table.name} contains more than one column whose name matches "${word}": ${matches.join(", ")}`,
    );
  }
  return table.columns.get(matches[0] ?? "") as ColumnSchema;
}

/** As `findColumn`, for places where `_uuid` is a column too. */
export function findColumnOrUuid(table: TableSchema, word: string): ColumnSchema {
  return word === "_uuid" ? (table.columnList[0] as ColumnSchema) : findColumn(table, word);
}

/** The names that fit a word best: the same, else the same but for case and `-` for `_`, else beginning with it. */
function bestMatches(names: readonly string[], word: string): string[] {
  if (names.includes(word)) return [word];
  const plain = (text: string): string => text.toLowerCase().replaceAll("-", "_");
  const wanted = plain(word);
  const same = names.filter((name) => plain(name) === wanted);
  return same.length > 0 ? same : names.filter((name) => plain(name).startsWith(wanted));
}
