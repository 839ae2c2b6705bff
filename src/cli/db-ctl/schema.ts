import { type ColumnSchema, makeTable, type TableParts, type TableSchema } from "#ovsdb/schema.js";
import { typeFromJson } from "#ovsdb/type-json.js";
import { UserError } from "#util/errors.js";
import type { Json } from "#util/json.js";

type JsonObject = { readonly [name: string]: Json };

/**
 * A database's schema as its server tells it, so that tools fit older and newer servers alike. A table is only read when it is
 * used: tools start often and look at little.
 */
export class CtlSchema {
  readonly name: string;
  readonly version: string;
  readonly #tables: JsonObject;
  readonly #built = new Map<string, TableSchema>();
  #anyRoot: boolean | undefined;

  /** `json` is the result of `get_schema`. */
  constructor(json: Json) {
    const schema = json as JsonObject;
    this.name = String(schema["name"]);
    this.version = String(schema["version"] ?? "");
    this.#tables = schema["tables"] as JsonObject;
  }

  /** Names of all tables in byte order. */
  tableNames(): string[] {
    return Object.keys(this.#tables).sort();
  }

  has(table: string): boolean {
    return Object.hasOwn(this.#tables, table);
  }

  /** The table of exactly that name. Throws `UserError` where the server has none. */
  table(name: string): TableSchema {
    let table = this.#built.get(name);
    if (table === undefined) {
      if (!this.has(name)) throw new UserError(`unknown table "${name}"`);
      table = makeTable(this.#parts(name));
      this.#built.set(name, table);
    }
    return table;
  }

  /** The table that a person's word stands for: case, `-` and `_` are all one, unique abbreviations do. */
  findTable(word: string): TableSchema {
    const scores = this.tableNames().map((name) => ({ name, score: likeness(name, word) }));
    const best = Math.max(...scores.map((s) => s.score));
    if (best === 0) throw new UserError(`unknown table "${word}"`);
    const matches = scores.filter((s) => s.score === best);
    if (matches.length > 1) {
      throw new UserError(`"${word}" matches multiple table names: ${matches.map((m) => m.name).join(", ")}`);
    }
    return this.table(matches[0]?.name ?? "");
  }

  #parts(name: string): TableParts {
    const json = this.#tables[name] as JsonObject;
    this.#anyRoot ??= Object.values(this.#tables).some((table) => (table as JsonObject)["isRoot"] === true);
    return {
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
      isRoot: this.#anyRoot ? json["isRoot"] === true : true,
      maxRows: json["maxRows"] as number | undefined,
    };
  }
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
  const columns = columnNames(table);
  const scores = columns.map((name) => ({ name, score: likeness(name, word) }));
  const best = Math.max(...scores.map((s) => s.score));
  if (best === 0) throw new UserError(`${table.name} does not contain a column whose name matches "${word}"`);
  const matches = scores.filter((s) => s.score === best);
  if (matches.length > 1) {
    const names = matches.map((m) => m.name).join(", ");
    throw new UserError(`${table.name} contains more than one column whose name matches "${word}": ${names}`);
  }
  return table.columns.get(matches[0]?.name ?? "") as ColumnSchema;
}

/** As `findColumn`, for places where `_uuid` is a column too. */
export function findColumnOrUuid(table: TableSchema, word: string): ColumnSchema {
  return word === "_uuid" ? (table.columnList[0] as ColumnSchema) : findColumn(table, word);
}

/** 0: no match; 1: `word` begins `name`; 2: the same but for case and `-` for `_`; 3: the same. */
function likeness(name: string, word: string): number {
  if (name === word) return 3;
  const plain = (text: string): string => text.toLowerCase().replaceAll("-", "_");
  if (plain(name) === plain(word)) return 2;
  return plain(name).startsWith(plain(word)) ? 1 : 0;
}
