import { WireError } from "#util/errors.js";
import type { Json } from "#util/json.js";
import { parseUuid, type Uuid } from "../atom.js";
import type { Datum } from "../datum.js";
import { datumFromJson } from "../datum-json.js";
import { applyColumnDifference } from "../difference.js";
import { isJsonObject, type JsonObject } from "../json-members.js";
import { looseType } from "./column-value.js";
import {
  fitted,
  type ReplicaColumn,
  type ReplicaTable,
  type ReplicaTables,
  type ServedColumns,
  servedDefault,
} from "./resolve.js";

/** What an update says of one row: its data, by `ReplicaColumn.index`, or undefined where it is gone. */
export interface RowNews {
  readonly table: string;
  readonly uuid: Uuid;
  readonly data: readonly Datum[] | undefined;
}

/** The data of a row before an update, where there is such a row. */
export type Before = (table: string, uuid: Uuid) => readonly Datum[] | undefined;

type Member = Readonly<Record<string, Json>>;
type ReadRow = (table: ReplicaTable, change: Member, before: readonly Datum[] | undefined) => RowNews["data"] | "same";

function object(json: Json | undefined, what: string): JsonObject {
  if (!isJsonObject(json)) throw new WireError(`${what} is not an object`);
  return json;
}

function* rowsOf(tables: ReplicaTables, updates: Json, before: Before, read: ReadRow): Generator<RowNews> {
  for (const [name, rows] of Object.entries(object(updates, "<table-updates>"))) {
    const table = tables.get(name);
    if (!table) throw new WireError(`update of table ${name}, which is not followed`);
    for (const [text, change] of Object.entries(object(rows, "<table-update>"))) {
      const uuid = parseUuid(text);
      if (uuid === undefined) throw new WireError(`${text} is not a UUID`);
      const data = read(table, object(change, "<row-update>"), before(name, uuid));
      if (data !== "same") yield { table: name, uuid, data };
    }
  }
}

/**
 * Reads the updates of the protocol's three kinds into the rows that result. Throws `WireError` or `OvsdbError` where they are
 * malformed or do not fit the rows that are there.
 */
export class UpdateReader {
  readonly #tables: ReplicaTables;
  readonly #served: ServedColumns["tables"];
  /** By table, then by `ReplicaColumn.index`: what a row has that says nothing of a column. Rows share them. */
  readonly #defaults: ReadonlyMap<string, readonly Datum[]>;

  constructor(tables: ReplicaTables, served: ServedColumns["tables"]) {
    this.#tables = tables;
    this.#served = served;
    const defaults = [...tables.values()].map(({ name, columns }) => {
      const types = served.get(name);
      const data = columns.map((column) => {
        const type = types?.get(column.name);
        return type ? servedDefault(column, type) : column.default;
      });
      return [name, data] as const;
    });
    this.#defaults = new Map(defaults);
  }

  /** `<table-updates>` (RFC 7047, 4.1.6). */
  updates(json: Json, before: Before): RowNews[] {
    return [
      ...rowsOf(this.#tables, json, before, (table, change) => {
        if (change["new"] !== undefined) return this.#whole(table, object(change["new"], "new"));
        return undefined;
      }),
    ];
  }

  /** `<table-updates2>` (ovsdb-server(7), 4.1.14). */
  updates2(json: Json, before: Before): RowNews[] {
    return [
      ...rowsOf(this.#tables, json, before, (table, change, old) => {
        const whole = change["initial"] ?? change["insert"];
        if (whole !== undefined) return this.#whole(table, object(whole, "insert"));
        if (Object.hasOwn(change, "delete")) return old ? undefined : "same";
        if (!old) throw new WireError(`modification of a row of ${table.name} that is not there`);
        return this.#modified(table, object(change["modify"], "modify"), old);
      }),
    ];
  }

  #whole(table: ReplicaTable, row: JsonObject): Datum[] {
    const served = this.#served.get(table.name);
    const defaults = this.#defaults.get(table.name)!;
    return table.columns.map((column) => {
      const json = served?.has(column.name) ? row[column.name] : undefined;
      return json === undefined ? defaults[column.index]! : fitted(column, readDatum(column, json));
    });
  }

  #modified(table: ReplicaTable, row: JsonObject, before: readonly Datum[]): Datum[] {
    const data = [...before];
    for (const [name, json] of Object.entries(row)) {
      const column = table.byName.get(name);
      const type = column && this.#served.get(table.name)?.get(name);
      if (!column || !type) throw new WireError(`update of column ${name}, which is not followed`);
      const changed = applyColumnDifference(type, before[column.index]!, readDatum(column, json));
      data[column.index] = fitted(column, changed);
    }
    return data;
  }
}

const looseTypes = new WeakMap<ReplicaColumn, ReturnType<typeof looseType>>();

function readDatum(column: ReplicaColumn, json: Json): Datum {
  let type = looseTypes.get(column);
  if (!type) {
    type = looseType(column.type);
    looseTypes.set(column, type);
  }
  return datumFromJson(type, json);
}
